//! `supplex routes`: the routes of a configuration as a table, in the order in which they are tried.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use supplex_engine::config::{Destination, Route};
use supplex_engine::route::precedence::in_order;
use supplex_engine::route::{HostPattern, Matcher, PathMatch};

use crate::config::{self, Blueprint};

/// Print the routes in the order in which they are tried.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  supplex routes --config config.toml")]
pub(super) struct RoutesArguments {
    /// The configuration file (.toml, .yaml or .yml)
    #[arg(long, short, value_name = "FILE", env = "SUPPLEX_CONFIG", default_value = "config.toml")]
    config: PathBuf,
}

pub(super) fn run(arguments: &RoutesArguments) -> ExitCode {
    match config::load(&arguments.config) {
        Ok(blueprint) => super::print(&table(&blueprint)),
        Err(report) => super::refuse(&report),
    }
}

fn table(blueprint: &Blueprint) -> String {
    let mut rows = vec![["ROUTE", "MATCH", "DESTINATION", "TIMEOUT", "AUTH"].map(str::to_owned)];
    for (_, route) in in_order(&blueprint.routes) {
        rows.push([
            route.name.to_string(),
            matches(&route.matcher),
            destination(route, blueprint),
            format!("{:?}", route.timeout),
            auth(route, blueprint),
        ]);
    }
    aligned(&rows)
}

fn matches(matcher: &Matcher) -> String {
    let mut rules = vec![match &matcher.path {
        PathMatch::Exact(path) => format!("= {path}"),
        PathMatch::Prefix(path) => format!("{path}/*"),
        PathMatch::Regex(pattern, _) => format!("~ {pattern}"),
    }];
    if !matcher.methods.is_empty() {
        rules.push(matcher.methods.join(","));
    }
    match &matcher.host {
        Some(HostPattern::Exact(host)) => rules.push(format!("host {host}")),
        Some(HostPattern::Below(host)) => rules.push(format!("host *{host}")),
        None => {}
    }
    rules.extend(matcher.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    rules.join("; ")
}

fn destination(route: &Route, blueprint: &Blueprint) -> String {
    let name = |id: supplex_engine::config::UpstreamId| {
        blueprint.upstreams.get(id.index()).map_or("", |upstream| &*upstream.settings.name)
    };
    let target = match &route.destination {
        Destination::Upstream(id) => name(*id).to_owned(),
        Destination::Split(split) => {
            let arms = split.arms().iter().map(|(id, weight)| format!("{} {weight}", name(*id)));
            arms.collect::<Vec<_>>().join(", ")
        }
    };
    let rewrite = &route.rewrite;
    let strip = rewrite.strip_prefix.as_ref().map_or(String::new(), |prefix| format!(" -{prefix}"));
    let add = rewrite.add_prefix.as_ref().map_or(String::new(), |prefix| format!(" +{prefix}"));
    format!("{target}{strip}{add}")
}

/// Whose tokens the route asks for.
fn auth(route: &Route, blueprint: &Blueprint) -> String {
    let Some(asked) = route.auth else { return "-".to_owned() };
    let name = blueprint.auth.get(asked.auth.index()).map_or("", |auth| &*auth.name);
    format!("{name}{}", if asked.optional { " (optional)" } else { "" })
}

/// The rows with their columns padded to the widest cell.
fn aligned(rows: &[[String; 5]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3), width(4)];
    let line = |row: &[String; 5]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect::<Vec<_>>();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
