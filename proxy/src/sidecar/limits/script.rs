//! The script that takes tokens in Redis: how it is called, and how its reply is read.
//!
//! A bucket's name in Redis is `{supplex}:LIMIT:KEY`, such as `{supplex}:per-client:10.0.0.1`. The braces make all buckets
//! one hash slot of a Redis Cluster, because the limits of a route are charged by one script, together or not at all, and
//! a script may touch one slot only; a limit that several routes use, with different company, must have the same name on
//! each. So one shard of a cluster keeps the limits. Nothing here talks to a server; `script.lua` is the arithmetic.
//!
//! Questions that go out together are asked in one call: the server starts the script once, and reads and writes each
//! bucket once, however many of them want of it. The script answers them in their order, so a call says what as many calls
//! in a row would say.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use redis::{Cmd, Script, Value, cmd};
use supplex_engine::config::Limit;
use supplex_engine::limit::{Balance, Charge, Key, Shape, Verdict};

use crate::link::limits::Question;

/// The text that the server compiles.
pub(super) const TEXT: &str = include_str!("script.lua");
static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(TEXT));
/// What the names of all buckets begin with.
pub(super) const HASH_TAG: &str = "{supplex}";
/// Numbers in the reply per charge.
const NUMBERS: usize = 3;
/// Questions that one call asks at most. The server does nothing else meanwhile, for some hundred microseconds at most.
const QUESTIONS_MOST: usize = 128;

/// Whether a question names only limits that its snapshot has.
pub(super) fn knows(question: &Question) -> bool {
    question.charges().all(|charge| limit_of(question, charge).is_some())
}

/// One call of the script.
#[derive(Debug)]
pub(super) struct Call {
    /// What the server is to run.
    pub(super) command: Cmd,
    /// The questions it asks, by their position.
    pub(super) questions: Range<usize>,
}

/// The calls that ask all of these questions, in their order.
pub(super) fn calls<'a>(questions: impl IntoIterator<Item = &'a Question>) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut draft = Draft::default();
    for question in questions {
        if draft.length == QUESTIONS_MOST || draft.contradicts(question) {
            calls.push(draft.finish());
        }
        draft.add(question);
    }
    if draft.length > 0 {
        calls.push(draft.finish());
    }
    calls
}

/// A call to which questions are added.
#[derive(Default)]
struct Draft<'a> {
    begin: usize,
    length: usize,
    buckets: Vec<(&'a Limit, &'a Key)>,
    numbers: HashMap<(&'a str, &'a Key), usize, RandomState>,
    /// What the script gets to know of the questions.
    words: Vec<u32>,
}

impl<'a> Draft<'a> {
    /// Whether the question means another shape by the name of a bucket that is in the call already: the configuration
    /// has changed in between.
    fn contradicts(&self, question: &Question) -> bool {
        question.charges().filter_map(|charge| Some((limit_of(question, charge)?, charge))).any(|(limit, charge)| {
            let number = self.numbers.get(&(&*limit.name, &charge.key));
            let known = number.and_then(|number| self.buckets.get(number - 1));
            known.is_some_and(|(known, _)| Shape::of(known) != Shape::of(limit))
        })
    }

    fn add(&mut self, question: &'a Question) {
        let at = self.words.len();
        self.words.push(0);
        let mut charges = 0;
        for charge in question.charges() {
            let Some(limit) = limit_of(question, charge) else { continue };
            let number = *self.numbers.entry((&limit.name, &charge.key)).or_insert_with(|| {
                self.buckets.push((limit, &charge.key));
                self.buckets.len()
            });
            self.words.extend([u32::try_from(number).unwrap_or(u32::MAX), charge.cost, charge.extra]);
            charges += 1;
        }
        if let Some(place) = self.words.get_mut(at) {
            *place = charges;
        }
        self.length += 1;
    }

    /// The call so far; the draft begins anew behind it.
    fn finish(&mut self) -> Call {
        let end = self.begin + self.length;
        let mut command = cmd("EVALSHA");
        command.arg(SCRIPT.get_hash()).arg(self.buckets.len());
        for (limit, key) in &self.buckets {
            command.arg(name(limit, key));
        }
        command.arg(self.length);
        for (limit, _) in &self.buckets {
            let shape = Shape::of(limit);
            command.arg(shape.interval()).arg(shape.burst());
        }
        command.arg(&self.words);
        let questions = self.begin..end;
        *self = Draft { begin: end, ..Draft::default() };
        Call { command, questions }
    }
}

fn limit_of<'a>(question: &'a Question, charge: &Charge) -> Option<&'a Limit> {
    question.snapshot.limits.get(charge.limit.index())
}

/// The name of a bucket in Redis.
fn name(limit: &Limit, key: &Key) -> Vec<u8> {
    let mut name = format!("{HASH_TAG}:{}:", limit.name).into_bytes();
    name.extend_from_slice(key.as_bytes());
    name
}

/// The command that makes the server know the script.
pub(super) fn load() -> Cmd {
    let mut command = cmd("SCRIPT");
    command.arg("LOAD").arg(TEXT);
    command
}

/// What a reply means for each of the questions that its call asked; `None` when it is none of the script's.
pub(super) fn verdicts<'a>(reply: &Value, questions: impl IntoIterator<Item = &'a Question>) -> Option<Vec<Verdict>> {
    let Value::Array(numbers) = reply else { return None };
    let (charges, []) = numbers.as_chunks::<NUMBERS>() else { return None };
    let mut charges = charges.iter();
    let verdicts: Option<Vec<Verdict>> = questions
        .into_iter()
        .map(|question| {
            let mut verdict = Verdict::default();
            for charge in question.charges() {
                verdict.add(balance(charges.next()?, Shape::of(limit_of(question, charge)?))?);
            }
            Some(verdict)
        })
        .collect();
    verdicts.filter(|_| charges.next().is_none())
}

fn balance(numbers: &[Value; NUMBERS], shape: Shape) -> Option<Balance> {
    let number = |value: &Value| match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    };
    let [granted, full_after, retry_after] = numbers;
    let (granted, full_after, retry_after) = (number(granted)?, number(full_after)?, number(retry_after)?);
    Some(Balance {
        covered: retry_after == 0,
        remaining: shape.tokens_in(shape.capacity().saturating_sub(full_after)),
        granted: u32::try_from(granted).ok()?,
        full_after,
        retry_after,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{charge, limit, question, snapshot};
    use super::*;

    /// The words of a call behind the name of the script.
    fn words(call: &Call) -> Vec<String> {
        let packed = String::from_utf8(call.command.get_packed_command()).expect("text");
        let words = packed.split("\r\n").filter(|word| !word.is_empty() && !word.starts_with(['*', '$']));
        let words: Vec<String> = words.map(str::to_owned).collect();
        assert_eq!(words[..2], ["EVALSHA", SCRIPT.get_hash()]);
        words[2..].to_vec()
    }

    #[test]
    fn a_call_names_each_bucket_once_whoever_wants_of_it() {
        let snapshot = snapshot(vec![limit("per-client", 300_000, 7), limit("all", 1, 2)]);
        let both = question(&snapshot, &[charge(0, "10.0.0.1", 1, 5), charge(1, "", 2, 0)]);
        let one = question(&snapshot, &[charge(1, "", 1, 0)]);
        let calls = calls([&both, &one, &one]);
        assert_eq!((calls.len(), calls[0].questions.clone()), (1, 0..3));
        let names = ["2", "{supplex}:per-client:10.0.0.1", "{supplex}:all:"];
        let rest = ["3", "3334", "7", "1000000000", "2", "2", "1", "1", "5", "2", "2", "0"];
        let others = ["1", "2", "1", "0", "1", "2", "1", "0"];
        assert_eq!(words(&calls[0]), [&names[..], &rest[..], &others[..]].concat());
    }

    #[test]
    fn a_limit_that_has_changed_and_a_call_that_is_full_begin_another() {
        let (old, new) = (snapshot(vec![limit("a", 1, 2)]), snapshot(vec![limit("a", 1, 3)]));
        let (before, after) = (question(&old, &[charge(0, "k", 1, 0)]), question(&new, &[charge(0, "k", 1, 0)]));
        let ranges = |calls: Vec<Call>| calls.into_iter().map(|call| call.questions).collect::<Vec<_>>();
        assert_eq!(ranges(calls([&before, &before, &after, &before])), [0..2, 2..3, 3..4]);
        assert_eq!(ranges(calls(std::iter::repeat_n(&before, 300))), [0..128, 128..256, 256..300]);
        assert!(calls([]).is_empty());
    }

    #[test]
    fn a_limit_that_is_not_there_is_not_known() {
        let empty = snapshot(Vec::new());
        assert!(!knows(&question(&empty, &[charge(0, "k", 1, 0)])));
        assert!(knows(&question(&snapshot(vec![limit("a", 1, 2)]), &[charge(0, "k", 1, 0)])));
    }

    #[test]
    fn a_reply_is_read_whole_or_not_at_all() {
        let snapshot = snapshot(vec![limit("a", 1, 10)]);
        let (one, two) = (question(&snapshot, &[charge(0, "k", 1, 2)]), question(&snapshot, &[charge(0, "l", 5, 0)]));
        let ints = |numbers: &[i64]| Value::Array(numbers.iter().copied().map(Value::Int).collect());
        let second = 1_000_000_000;
        let taken = Balance { covered: true, remaining: 7, granted: 2, full_after: 3 * second, retry_after: 0 };
        let refused = Balance { covered: false, remaining: 4, granted: 0, full_after: 6 * second, retry_after: second };
        let second = second as i64;
        let good = [2, 3 * second, 0, 0, 6 * second, second];
        let expected = vec![Verdict::new(&[taken]), Verdict::new(&[refused])];
        assert_eq!(verdicts(&ints(&good), [&one, &two]), Some(expected));
        let longer = [&good[..], &[0, 0, 0]].concat();
        let wrong = [ints(&good[..5]), ints(&good[..3]), ints(&longer), ints(&[2, -1, 0, 0, 0, 0]), Value::Okay];
        for wrong in [&wrong[..], &[ints(&[1 << 40, 0, 0, 0, 0, 0])]].concat() {
            assert_eq!(verdicts(&wrong, [&one, &two]), None, "{wrong:?}");
        }
    }
}
