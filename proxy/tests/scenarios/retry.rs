//! Failed attempts that are followed by others.

mod budget;
mod deadline;
mod elsewhere;
mod posts;
mod status;
