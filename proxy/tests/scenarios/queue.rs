//! What waits while an upstream has as much as it may.

mod adaptive;
mod client_leaves;
mod full;
mod in_order;
mod too_late;
mod workers;
