//! The list of products: what may be asked of it, and where a page ends.
//!
//! Never touches the database: `list/query.rs` only writes the query. Where to read on: `list/filter.rs` for the
//! parameters, `list/sort.rs` for the orders, `list/cursor.rs` for how one page follows another.

mod cursor;
mod filter;
mod parameters;
mod query;
mod sort;

pub(crate) use self::filter::{Described, Filter};
pub(crate) use self::query::Query;
