//! What differs between two configurations: things that come, go and change, field by field.
//!
//! Both are laid out as tables of fields in words (`diff/fields.rs` and the files beside it), keyed as in the configuration
//! file, so that a difference can be shown with the two values and found in the two files. It looks at no request: what a
//! difference does to traffic is the shell's `cli/diff/replay.rs`.

mod fields;
mod route;
mod telemetry;
mod upstream;

use std::collections::BTreeMap;

use super::{Auth, Gateway, Limit, Listener, Redis, Route, Telemetry, Upstream};
use crate::route::precedence;
use fields::Field;

/// A whole configuration, as it is compared. Endpoints are as written, since addresses of names are not configured.
#[derive(Clone, Debug)]
pub struct Whole<'a> {
    /// The `[gateway]` table.
    pub gateway: &'a Gateway,
    /// The listeners, in the order of the file.
    pub listeners: &'a [Listener],
    /// The routes, in the order of the file.
    pub routes: &'a [Route],
    /// The upstreams by id; their endpoints are not looked at.
    pub upstreams: Vec<&'a Upstream>,
    /// For each upstream its endpoints as written, with their weights.
    pub endpoints: Vec<Vec<(String, u32)>>,
    /// The limits by id.
    pub limits: &'a [Limit],
    /// The `[auth]` tables by id.
    pub auth: &'a [Auth],
    /// The `[redis]` table.
    pub redis: Option<&'a Redis>,
    /// The `[telemetry]` table.
    pub telemetry: &'a Telemetry,
}

/// A kind of table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `[gateway]`.
    Gateway,
    /// A listener.
    Listener,
    /// A route.
    Route,
    /// An upstream.
    Upstream,
    /// A limit.
    Limit,
    /// Whose tokens are believed.
    Auth,
    /// `[redis]`.
    Redis,
    /// `[telemetry]`.
    Telemetry,
}

impl Table {
    /// The word for one of it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Table::Gateway => "gateway",
            Table::Listener => "listener",
            Table::Route => "route",
            Table::Upstream => "upstream",
            Table::Limit => "limit",
            Table::Auth => "auth",
            Table::Redis => "redis",
            Table::Telemetry => "telemetry",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// In what kind of table.
    pub table: Table,
    /// In which; empty where there is only one.
    pub name: Box<str>,
    /// What differs.
    pub what: What,
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The old one does not have it.
    Added,
    /// The new one does not have it.
    Removed,
    /// A field has another value, in words; `None` where it is not there. A secret is `(set)` on both sides.
    Field {
        /// The key, as a path within the table.
        key: String,
        /// What it was.
        old: Option<String>,
        /// What it is.
        new: Option<String>,
    },
    /// Routes that both have are tried in another order; those that keep their places at both ends are left out.
    Order {
        /// The names as they were tried.
        old: Vec<Box<str>>,
        /// The names as they are.
        new: Vec<Box<str>>,
    },
}

/// Tables by kind and name.
type Sheet = BTreeMap<(Table, Box<str>), Vec<Field>>;

/// All differences: by table, names in alphabetic order, fields in the order of the documentation.
#[must_use]
pub fn diff(old: &Whole<'_>, new: &Whole<'_>) -> Vec<Change> {
    let (before, after) = (fields::sheet(old), fields::sheet(new));
    let mut changes = Vec::new();
    let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let (table, name) = key;
        let mut note = |what| changes.push(Change { table: *table, name: name.clone(), what });
        match (before.get(key), after.get(key)) {
            (Some(old), Some(new)) => compare(old, new).into_iter().for_each(note),
            (Some(_), None) => note(What::Removed),
            (None, _) => note(What::Added),
        }
    }
    changes.extend(order(old.routes, new.routes));
    changes
}

/// The fields of one table that differ.
fn compare(old: &[Field], new: &[Field]) -> Vec<What> {
    let find = |list: &[Field], key: &str| list.iter().find(|field| field.key == key).cloned();
    let gone = old.iter().filter(|field| find(new, &field.key).is_none());
    let keys: Vec<&str> = new.iter().chain(gone).map(|field| &*field.key).collect();
    let differing = keys.into_iter().filter_map(|key| {
        let (before, after) = (find(old, key), find(new, key));
        (before != after).then(|| What::Field {
            key: key.to_owned(),
            old: before.map(|field| field.shown),
            new: after.map(|field| field.shown),
        })
    });
    differing.collect()
}

/// Whether routes that both have are tried in another order.
fn order(old: &[Route], new: &[Route]) -> Option<Change> {
    let names = |routes: &[Route], others: &[Route]| -> Vec<Box<str>> {
        let shared = |route: &Route| others.iter().any(|other| other.name == route.name);
        let order = precedence::in_order(routes).into_iter().map(|(_, route)| route);
        order.filter(|route| shared(route)).map(|route| route.name.clone()).collect()
    };
    let (mut old, mut new) = (names(old, new), names(new, old));
    let front = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    old.drain(..front);
    new.drain(..front);
    let back = old.iter().rev().zip(new.iter().rev()).take_while(|(one, other)| one == other).count();
    old.truncate(old.len() - back);
    new.truncate(new.len() - back);
    let what = What::Order { old, new };
    let moved = !matches!(&what, What::Order { old, .. } if old.is_empty());
    moved.then_some(Change { table: Table::Route, name: "".into(), what })
}

#[cfg(test)]
mod tests;
