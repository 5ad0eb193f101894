//! What a change of the configuration does to requests that were recorded in an access log.
//!
//! The log is read line by line and never kept. A line that cannot be used is counted and passed over: a log that is being
//! written ends in the middle of one.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use supplex_engine::config::Snapshot;

use super::counted;
use crate::config::{Blueprint, Resolved};
use crate::explain::{Asked, Outcome, outcome};

/// A longer line is none of ours.
const LINE_MOST: u64 = 64 * 1024;

/// What became of all lines.
#[derive(Debug, Default, Serialize)]
pub(super) struct Replay {
    /// Requests that were replayed.
    requests: u64,
    /// Those for which something changes.
    pub(super) changed: u64,
    /// Lines that are no request of an access log.
    bad_lines: u64,
    /// Lines of requests that could not be parsed when they came.
    unparsed: u64,
    /// Requests that took another route than the old configuration gives them now.
    not_reproduced: u64,
    /// The changes, the most frequent first.
    groups: Vec<Group>,
}

/// Requests to which the same happens.
#[derive(Debug, Serialize)]
struct Group {
    requests: u64,
    changes: Vec<Turn>,
    example: Example,
}

/// Something that changes for a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Turn {
    what: &'static str,
    /// Left out where it is different for each request: the example has it.
    old: Option<String>,
    new: Option<String>,
}

/// The first request of a group.
#[derive(Debug, Serialize)]
struct Example {
    /// Of the log, from 1.
    line: u64,
    method: String,
    target: String,
    client: String,
    /// The target that the upstream gets.
    old_target: Option<String>,
    new_target: Option<String>,
}

/// What is looked at of a line. Others have more.
#[derive(Deserialize)]
struct Line {
    method: String,
    target: String,
    client: IpAddr,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    route: Option<String>,
}

/// One of the two configurations.
struct Side<'a> {
    blueprint: &'a Blueprint,
    snapshot: Snapshot,
}

impl Side<'_> {
    fn of(blueprint: &Blueprint) -> Side<'_> {
        Side { blueprint, snapshot: blueprint.snapshot(0, 0, &Resolved::new()) }
    }

    fn outcome(&self, asked: &Asked) -> Outcome {
        outcome(self.blueprint, &self.snapshot, asked)
    }
}

/// Replays a log. `host` is that of requests whose line has none.
///
/// # Errors
/// When the log cannot be read.
pub(super) fn replay(
    old: &Blueprint,
    new: &Blueprint,
    host: Option<&str>,
    log: &mut impl BufRead,
) -> io::Result<Replay> {
    let (old, new) = (Side::of(old), Side::of(new));
    let mut replay = Replay::default();
    let mut groups: BTreeMap<Vec<Turn>, (u64, Example)> = BTreeMap::new();
    let (mut bytes, mut number) = (Vec::new(), 0);
    while next_line(log, &mut bytes)? {
        number += 1;
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let Ok(line) = serde_json::from_slice::<Line>(&bytes) else {
            replay.bad_lines += 1;
            continue;
        };
        if line.method.is_empty() {
            replay.unparsed += 1;
            continue;
        }
        let Line { method, target, client, host: own, route } = line;
        let host = own.or_else(|| host.map(str::to_owned));
        let Ok(asked) = (Asked { method, target, host, fields: Vec::new(), client }).checked() else {
            replay.bad_lines += 1;
            continue;
        };
        replay.requests += 1;
        let (before, after) = (old.outcome(&asked), new.outcome(&asked));
        replay.not_reproduced += u64::from(before.route != route);
        let turns = turns(&before, &after);
        if turns.is_empty() {
            continue;
        }
        replay.changed += 1;
        let example = || Example {
            line: number,
            method: asked.method,
            target: asked.target,
            client: client.to_string(),
            old_target: before.target,
            new_target: after.target,
        };
        groups.entry(turns).or_insert_with(|| (0, example())).0 += 1;
    }
    replay.groups =
        groups.into_iter().map(|(changes, (requests, example))| Group { requests, changes, example }).collect();
    replay.groups.sort_by_key(|group| std::cmp::Reverse(group.requests));
    Ok(replay)
}

/// Reads the next line; of one that is too long the beginning, which is no JSON. Whether there was one.
fn next_line(log: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.clear();
    log.by_ref().take(LINE_MOST).read_until(b'\n', bytes)?;
    if bytes.len() as u64 == LINE_MOST && !bytes.ends_with(b"\n") {
        log.skip_until(b'\n')?;
    }
    Ok(!bytes.is_empty())
}

/// What differs between two outcomes.
fn turns(old: &Outcome, new: &Outcome) -> Vec<Turn> {
    let mut turns: Vec<Turn> = old
        .facts()
        .into_iter()
        .zip(new.facts())
        .filter(|((_, old), (_, new))| old != new)
        .map(|((what, old), (_, new))| Turn { what, old: Some(old.to_owned()), new: Some(new.to_owned()) })
        .collect();
    // Where the request goes nowhere any more, that says it all.
    if old.target != new.target && old.target.is_some() && new.target.is_some() {
        turns.push(Turn { what: "forwarded target", old: None, new: None });
    }
    turns
}

impl Replay {
    /// For people.
    pub(super) fn text(&self) -> String {
        let requests = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "request");
        let mut text = format!("{} replayed, {} changed\n", requests(self.requests), self.changed);
        for Group { requests: count, changes, example } in &self.groups {
            text += &format!("~ {}\n", requests(*count));
            for Turn { what, old, new } in changes {
                let (old, new) = match (old, new) {
                    (Some(old), Some(new)) => (old.as_str(), new.as_str()),
                    _ => (
                        example.old_target.as_deref().unwrap_or_default(),
                        example.new_target.as_deref().unwrap_or_default(),
                    ),
                };
                text += &format!("    {what}: {old} -> {new}\n");
            }
            let Example { line, method, target, client, .. } = example;
            text += &format!("    such as line {line}: {method} {target} from {client}\n");
        }
        let notes = [
            (self.bad_lines, "no request of an access log: passed over"),
            (self.unparsed, "of requests that could not be parsed: passed over"),
        ];
        for (count, what) in notes.into_iter().filter(|(count, _)| *count > 0) {
            text += &format!("{} {what}\n", counted(usize::try_from(count).unwrap_or(usize::MAX), "line"));
        }
        if self.not_reproduced > 0 {
            text += &format!(
                "{} took another route than the old configuration gives them here: the log has no header fields, or another \
                 configuration was in force\n",
                requests(self.not_reproduced)
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, parse};

    const CONFIG: &str = r#"
        [[listeners]]
        name = "public"
        address = "127.0.0.1:0"
        [[routes]]
        name = "all"
        match = { prefix = "/" }
        upstream = "up"
        [upstreams.up]
        endpoints = ["127.0.0.1:1"]
    "#;

    fn replayed(log: &[u8]) -> Replay {
        let old = parse(CONFIG, Format::Toml, "old.toml").expect("valid");
        let new = parse(&CONFIG.replace("prefix = \"/\"", "prefix = \"/a\""), Format::Toml, "new.toml").expect("valid");
        replay(&old, &new, None, &mut &*log).expect("memory can be read")
    }

    #[test]
    fn lines_of_any_kind_are_counted_and_never_fatal() {
        let good = r#"{"method":"GET","target":"/b?c","client":"10.0.0.1","route":"all","more":[1]}"#;
        let unparsed = r#"{"method":"","target":"","client":"10.0.0.1"}"#;
        let long = "x".repeat(200_000);
        let break_in = r#"{"method":"GET","target":"/\r\nx: y","client":"10.0.0.1"}"#;
        let log = format!("{good}\n\nnot JSON\n{unparsed}\n{long}\n{good}\n{break_in}\n{{\"method\":\"GET\",\"tar");
        let replay = replayed(log.as_bytes());
        let counts = (replay.requests, replay.changed, replay.bad_lines, replay.unparsed, replay.not_reproduced);
        assert_eq!(counts, (2, 2, 4, 1, 0));
        assert_eq!((replay.groups.len(), replay.groups[0].requests, replay.groups[0].example.line), (1, 2, 1));
        assert_eq!(replayed(b"\xff\xfe\n").bad_lines, 1);
    }

    #[test]
    fn what_does_not_change_is_not_shown() {
        let replay = replayed(br#"{"method":"GET","target":"/a","client":"::1","route":"other"}"#);
        assert_eq!((replay.requests, replay.changed, replay.not_reproduced), (1, 0, 1));
    }
}
