//! Which route a request takes: exact paths before the longest prefix of whole segments before regular expressions;
//! then the route with more of methods, headers and host; then the order of the file.
//!
//! A route matches or it does not: when the routes of the best path do not match the rest of the request, the search
//! goes on with the next best path. Nothing here forwards anything. `matcher.rs` judges one route, `precedence.rs` orders
//! them, `table.rs` and `group.rs` find quickly, `explain.rs` finds slowly and says why.

pub mod explain;
mod group;
pub mod matcher;
pub mod precedence;
pub mod table;

pub use explain::{Finding, explain, unreachable};
pub use matcher::{HostPattern, Matcher, PathMatch, Rule};
pub use table::{RequestView, RouteTable};
