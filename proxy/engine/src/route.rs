//! Which route a request takes: exact paths before the longest prefix of whole segments before regular expressions;
//! then the route with more of methods, headers and host; then the order of the file.
pub mod matcher;
pub mod table;

pub use matcher::{HostPattern, Matcher, PathMatch};
pub use table::{RequestView, RouteTable};
