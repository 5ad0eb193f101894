//! Which route a request takes, and what the route changes on the way.

mod header_edits;
mod host_method_and_header;
mod none;
mod path_precedence;
mod prefixes;
mod split;
