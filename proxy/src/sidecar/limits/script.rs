//! The script that takes tokens in Redis: how it is called, and how its reply is read.
//!
//! A bucket's name in Redis is `{supplex}:LIMIT:KEY`, such as `{supplex}:per-client:10.0.0.1`. The braces make all buckets
//! one hash slot of a Redis Cluster, because the limits of a route are charged by one script, together or not at all, and
//! a script may touch one slot only; a limit that several routes use, with different company, must have the same name on
//! each. So one shard of a cluster keeps the limits. Nothing here talks to a server; `script.lua` is the arithmetic.

use std::sync::LazyLock;

use redis::{Cmd, Script, Value, cmd};
use supplex_engine::config::Limit;
use supplex_engine::limit::{Balance, CHARGES_MOST, Charge, Shape, Verdict};

use crate::link::limits::Question;

/// The text that the server compiles.
pub(super) const TEXT: &str = include_str!("script.lua");
static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(TEXT));
/// Numbers in the reply per bucket.
const NUMBERS: usize = 5;

/// The name of a bucket in Redis.
fn name(limit: &Limit, charge: &Charge) -> Vec<u8> {
    let mut name = format!("{{supplex}}:{}:", limit.name).into_bytes();
    name.extend_from_slice(charge.key.as_bytes());
    name
}

/// The command that asks a question; `None` when the question names a limit that its snapshot does not have.
pub(super) fn command(question: &Question) -> Option<Cmd> {
    let limits = &question.snapshot.limits;
    let asked: Option<Vec<_>> =
        question.charges().map(|charge| Some((limits.get(charge.limit.index())?, charge))).collect();
    let asked = asked?;
    let mut command = cmd("EVALSHA");
    command.arg(SCRIPT.get_hash()).arg(asked.len());
    for (limit, charge) in &asked {
        command.arg(name(limit, charge));
    }
    for (limit, charge) in &asked {
        let shape = Shape::of(limit);
        command.arg(shape.interval()).arg(shape.burst()).arg(charge.cost).arg(charge.extra);
    }
    Some(command)
}

/// The command that makes the server know the script.
pub(super) fn load() -> Cmd {
    let mut command = cmd("SCRIPT");
    command.arg("LOAD").arg(TEXT);
    command
}

/// What a reply means; `None` when it is none of the script's.
pub(super) fn verdict(reply: &Value) -> Option<Verdict> {
    let Value::Array(numbers) = reply else { return None };
    let (buckets, rest) = numbers.as_chunks::<NUMBERS>();
    if !rest.is_empty() || buckets.len() > CHARGES_MOST {
        return None;
    }
    let balances: Option<Vec<Balance>> = buckets.iter().map(balance).collect();
    Some(Verdict::new(&balances?))
}

fn balance(numbers: &[Value; NUMBERS]) -> Option<Balance> {
    let number = |value: &Value| match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    let small = |value: &Value| u32::try_from(number(value)?).ok();
    let [covered, remaining, granted, full_after, retry_after] = numbers;
    Some(Balance {
        covered: number(covered)? == 1,
        remaining: small(remaining)?,
        granted: small(granted)?,
        full_after: number(full_after)?,
        retry_after: number(retry_after)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{charge, limit, question, snapshot};
    use super::*;

    #[test]
    fn a_question_is_one_command_over_all_its_buckets() {
        let snapshot = snapshot(vec![limit("per-client", 300_000, 7), limit("all", 1, 2)]);
        let question = question(&snapshot, &[charge(0, "10.0.0.1", 1, 5), charge(1, "", 2, 0)]);
        let packed = command(&question).expect("both limits are there").get_packed_command();
        let text = String::from_utf8(packed).expect("text");
        let words: Vec<_> = text.split("\r\n").filter(|word| !word.starts_with(['*', '$'])).collect();
        let expected = ["EVALSHA", SCRIPT.get_hash(), "2", "{supplex}:per-client:10.0.0.1", "{supplex}:all:"];
        assert_eq!(words[..5], expected);
        assert_eq!(words[5..13], ["3334", "7", "1", "5", "1000000000", "2", "2", "0"]);
    }

    #[test]
    fn a_limit_that_is_not_there_is_no_command() {
        assert!(command(&question(&snapshot(Vec::new()), &[charge(0, "k", 1, 0)])).is_none());
    }

    #[test]
    fn a_reply_is_read_whole_or_not_at_all() {
        let ints = |numbers: &[i64]| Value::Array(numbers.iter().copied().map(Value::Int).collect());
        let balance = Balance { covered: true, remaining: 4, granted: 2, full_after: 9, retry_after: 0 };
        assert_eq!(verdict(&ints(&[1, 4, 2, 9, 0])), Some(Verdict::new(&[balance])));
        for wrong in [ints(&[1, 4, 2, 9]), ints(&[1, -4, 2, 9, 0]), ints(&[1, 4, 1 << 40, 9, 0]), Value::Okay] {
            assert_eq!(verdict(&wrong), None, "{wrong:?}");
        }
        assert_eq!(verdict(&ints(&[0; 25])), None, "more buckets than any question has");
    }
}
