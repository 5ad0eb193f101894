//! What differs between two files, each difference with its places in both.

use serde::Serialize;
use supplex_engine::config::Upstream;
use supplex_engine::config::diff::{Change, Table, What, Whole, diff};

use crate::config::Blueprint;

/// One difference.
#[derive(Debug, Serialize)]
pub(super) struct Difference {
    table: &'static str,
    /// Empty where there is only one such table.
    name: String,
    #[serde(flatten)]
    kind: Kind,
}

/// Places are as in `config.toml:12:3`, with ` (default)` for what is not in the file.
#[derive(Debug, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
enum Kind {
    Added { new_at: String },
    Removed { old_at: String },
    Field { key: String, old: Option<String>, new: Option<String>, old_at: String, new_at: String },
    Order { old: Vec<String>, new: Vec<String> },
}

/// All differences.
pub(super) fn differences(old: &Blueprint, new: &Blueprint) -> Vec<Difference> {
    let changes = diff(&whole(old), &whole(new));
    changes.into_iter().map(|change| locate(old, new, change)).collect()
}

fn whole(blueprint: &Blueprint) -> Whole<'_> {
    let upstreams: Vec<&Upstream> = blueprint.upstreams.iter().map(|upstream| &upstream.settings).collect();
    let written = blueprint.upstreams.iter().map(|upstream| {
        upstream.endpoints.iter().map(|endpoint| (endpoint.target.to_string(), endpoint.weight)).collect()
    });
    Whole {
        gateway: &blueprint.gateway,
        listeners: &blueprint.listeners,
        routes: &blueprint.routes,
        endpoints: written.collect(),
        upstreams,
        limits: &blueprint.limits,
        auth: &blueprint.auth,
        redis: blueprint.redis.as_ref(),
        telemetry: &blueprint.telemetry,
    }
}

fn locate(old: &Blueprint, new: &Blueprint, change: Change) -> Difference {
    let Change { table, name, what } = change;
    let at = |blueprint: &Blueprint, key: &str| blueprint.places.of(&path(blueprint, table, &name, key));
    let kind = match what {
        What::Added => Kind::Added { new_at: at(new, "") },
        What::Removed => Kind::Removed { old_at: at(old, "") },
        What::Field { key, old: before, new: after } => {
            Kind::Field { old: before, new: after, old_at: at(old, &key), new_at: at(new, &key), key }
        }
        What::Order { old, new } => {
            let owned = |names: Vec<Box<str>>| names.into_iter().map(String::from).collect();
            Kind::Order { old: owned(old), new: owned(new) }
        }
    };
    Difference { table: table.word(), name: name.into(), kind }
}

/// The path of a key of a table in a file.
fn path(blueprint: &Blueprint, table: Table, name: &str, key: &str) -> String {
    let position = |index: Option<usize>| index.map_or(String::new(), |index| format!(".{index}"));
    let table = match table {
        Table::Gateway | Table::Redis | Table::Telemetry => table.word().to_owned(),
        Table::Listener => {
            format!("listeners{}", position(blueprint.listeners.iter().position(|listener| *listener.name == *name)))
        }
        Table::Route => format!("routes{}", position(blueprint.routes.iter().position(|route| *route.name == *name))),
        Table::Upstream => format!("upstreams.{name}"),
        Table::Limit => format!("limits.{name}"),
        Table::Auth => format!("auth.{name}"),
    };
    if key.is_empty() { table } else { format!("{table}.{key}") }
}

/// The differences for people, those of one table together.
pub(super) fn text(differences: &[Difference]) -> String {
    let mut text = String::new();
    let mut last = None;
    for Difference { table, name, kind } in differences {
        let title = if name.is_empty() { (*table).to_owned() } else { format!("{table} `{name}`") };
        match kind {
            Kind::Added { new_at } => text += &format!("+ {title}  {new_at}\n"),
            Kind::Removed { old_at } => text += &format!("- {title}  {old_at}\n"),
            Kind::Order { old, new } => {
                text += "~ routes are tried in another order\n";
                text += &format!("    {}\n    -> {}\n", old.join(", "), new.join(", "));
            }
            Kind::Field { key, old, new, old_at, new_at } => {
                if last.as_ref() != Some(&title) {
                    text += &format!("~ {title}\n");
                }
                let word = |value: &Option<String>| match value.as_deref() {
                    None => "not set".to_owned(),
                    Some("") => "none".to_owned(),
                    Some(value) => value.to_owned(),
                };
                let secret = if old == new { ", another one" } else { "" };
                text += &format!("    {key}: {} -> {}{secret}\n", word(old), word(new));
                text += &format!("        {old_at} -> {new_at}\n");
            }
        }
        last = Some(title);
    }
    text
}
