//! The script that takes tokens in Redis: how it is called, and how its reply is read.
//!
//! A bucket's name in Redis is `{supplex}:LIMIT:KEY`, such as `{supplex}:per-client:10.0.0.1`. The braces make all buckets
//! one hash slot of a Redis Cluster, because the limits of a route are charged by one script, together or not at all, and
//! a script may touch one slot only; a limit that several routes use, with different company, must have the same name on
//! each. So one shard of a cluster keeps the limits. Nothing here talks to a server; `script.lua` is the arithmetic.
//!
//! Questions that go out together are asked in one call: the server starts the script once, and reads and writes each
//! bucket once, however many of them want of it. The script answers them in their order, so a call says what as many calls
//! in a row would say. Equal questions in a row, as they come for a bucket that many want of, are a run, which is asked and
//! answered once: the first so many are granted, and what each found follows from what the last one left.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use foldhash::fast::RandomState;
use redis::{Cmd, Script, Value, cmd};
use supplex_engine::config::Limit;
use supplex_engine::limit::{Balance, CHARGES_MOST, Charge, Key, Shape, Verdict};

use crate::link::limits::Question;

/// The text that the server compiles.
pub(super) const TEXT: &str = include_str!("script.lua");
static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(TEXT));
/// What the names of all buckets begin with.
pub(super) const HASH_TAG: &str = "{supplex}";
/// Numbers in the reply per charge of a run.
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
    /// What it asks.
    pub(super) runs: Runs,
}

/// The questions of a call, as the lengths of its runs of equal ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Runs(Vec<usize>);

impl Runs {
    /// How many questions they are.
    pub(super) fn questions(&self) -> usize {
        self.0.iter().sum()
    }
}

/// The calls that ask all of these questions, in their order.
pub(super) fn calls<'a>(questions: impl IntoIterator<Item = &'a Question>) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut draft = Draft::default();
    for question in questions {
        if draft.length == QUESTIONS_MOST {
            calls.push(draft.finish());
        }
        if draft.repeat(question) {
            continue;
        }
        if draft.contradicts(question) {
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
    length: usize,
    buckets: Vec<(&'a Limit, &'a Key)>,
    numbers: HashMap<(&'a str, &'a Key), usize, RandomState>,
    runs: Vec<Run<'a>>,
}

/// Equal questions in a row.
struct Run<'a> {
    question: &'a Question,
    length: usize,
    /// What the script gets to know of the charges.
    words: [u32; 3 * CHARGES_MOST],
}

impl<'a> Draft<'a> {
    /// Makes the last run one longer, if the question is equal to it. One that wants more tokens than it must have is a run
    /// of its own: what it gets is not what the next one gets.
    fn repeat(&mut self, question: &Question) -> bool {
        let Some(run) = self.runs.last_mut() else { return false };
        let same = Arc::ptr_eq(&run.question.snapshot, &question.snapshot)
            && run.question.charges().eq(question.charges())
            && question.charges().all(|charge| charge.extra == 0);
        if same {
            run.length += 1;
            self.length += 1;
        }
        same
    }

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
        let mut words = [0; 3 * CHARGES_MOST];
        for (charge, words) in question.charges().zip(words.as_chunks_mut::<3>().0) {
            let Some(limit) = limit_of(question, charge) else { continue };
            let number = *self.numbers.entry((&limit.name, &charge.key)).or_insert_with(|| {
                self.buckets.push((limit, &charge.key));
                self.buckets.len()
            });
            *words = [u32::try_from(number).unwrap_or(u32::MAX), charge.cost, charge.extra];
        }
        self.runs.push(Run { question, length: 1, words });
        self.length += 1;
    }

    /// The call so far; the draft begins anew behind it.
    fn finish(&mut self) -> Call {
        let mut command = cmd("EVALSHA");
        command.arg(SCRIPT.get_hash()).arg(self.buckets.len());
        for (limit, key) in &self.buckets {
            command.arg(name(limit, key));
        }
        command.arg(self.runs.len());
        for (limit, _) in &self.buckets {
            let shape = Shape::of(limit);
            command.arg(shape.interval()).arg(shape.burst());
        }
        for run in &self.runs {
            let charges = run.question.charges().count();
            command.arg(run.length).arg(charges).arg(run.words.get(..3 * charges));
        }
        let runs = Runs(self.runs.iter().map(|run| run.length).collect());
        *self = Draft::default();
        Call { command, runs }
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
pub(super) fn verdicts<'a>(
    reply: &Value,
    runs: &Runs,
    questions: impl IntoIterator<Item = &'a Question>,
) -> Option<Vec<Verdict>> {
    let Value::Array(values) = reply else { return None };
    let numbers: Option<Vec<u64>> = values.iter().map(number).collect();
    let (mut numbers, mut questions) = (&*numbers?, questions.into_iter());
    let mut verdicts = Vec::with_capacity(runs.questions());
    for length in &runs.0 {
        let first = questions.next()?;
        let (granted, rest) = numbers.split_first()?;
        let (charges, rest) = rest.split_at_checked(NUMBERS * first.charges().count())?;
        numbers = rest;
        let granted = usize::try_from(*granted).ok().filter(|granted| granted <= length)?;
        verdicts.push(verdict(first, charges, granted, 0)?);
        for (place, question) in (1..*length).zip(&mut questions) {
            verdicts.push(verdict(question, charges, granted, place)?);
        }
    }
    (numbers.is_empty() && questions.next().is_none() && verdicts.len() == runs.questions()).then_some(verdicts)
}

/// What the numbers of a run, of which so many were granted, say to the question at this place.
fn verdict(question: &Question, numbers: &[u64], granted: usize, place: usize) -> Option<Verdict> {
    let mut verdict = Verdict::default();
    // Questions that took after this one.
    let later = u64::try_from(granted.saturating_sub(place + 1)).ok()?;
    for (charge, [extra, debt, short]) in question.charges().zip(numbers.as_chunks::<NUMBERS>().0) {
        let shape = Shape::of(limit_of(question, charge)?);
        let full_after = debt.saturating_sub(later.saturating_mul(shape.worth(charge.cost)));
        let retry_after = if place < granted { 0 } else { *short };
        verdict.add(Balance {
            covered: retry_after == 0,
            remaining: shape.tokens_in(shape.capacity().saturating_sub(full_after)),
            granted: u32::try_from(*extra).ok()?,
            full_after,
            retry_after,
        });
    }
    Some(verdict)
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        _ => None,
    }
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
        assert_eq!((calls.len(), calls[0].runs.clone()), (1, Runs(vec![1, 2])));
        let names = ["2", "{supplex}:per-client:10.0.0.1", "{supplex}:all:"];
        let rest = ["2", "3334", "7", "1000000000", "2", "1", "2", "1", "1", "5", "2", "2", "0"];
        let others = ["2", "1", "2", "1", "0"];
        assert_eq!(words(&calls[0]), [&names[..], &rest[..], &others[..]].concat());
    }

    #[test]
    fn only_equal_questions_that_want_no_more_than_they_must_have_are_a_run() {
        let snapshot = snapshot(vec![limit("a", 1, 9), limit("b", 1, 9)]);
        let ask = |charges: &[Charge]| question(&snapshot, charges);
        let (a, b) = (ask(&[charge(0, "k", 1, 0)]), ask(&[charge(1, "k", 1, 0)]));
        let (dearer, both) = (ask(&[charge(0, "k", 2, 0)]), ask(&[charge(0, "k", 1, 0), charge(1, "k", 1, 0)]));
        let (other, greedy) = (ask(&[charge(0, "l", 1, 0)]), ask(&[charge(0, "k", 1, 1)]));
        let asked = [&a, &a, &b, &a, &dearer, &both, &both, &other, &greedy, &greedy, &a, &a, &a];
        assert_eq!(calls(asked)[0].runs, Runs(vec![2, 1, 1, 1, 2, 1, 1, 1, 3]));
    }

    #[test]
    fn a_limit_that_has_changed_and_a_call_that_is_full_begin_another() {
        let (old, new) = (snapshot(vec![limit("a", 1, 2)]), snapshot(vec![limit("a", 1, 3)]));
        let (before, after) = (question(&old, &[charge(0, "k", 1, 0)]), question(&new, &[charge(0, "k", 1, 0)]));
        let lengths = |calls: Vec<Call>| calls.iter().map(|call| call.runs.questions()).collect::<Vec<_>>();
        assert_eq!(lengths(calls([&before, &before, &after, &before])), [2, 1, 1]);
        assert_eq!(lengths(calls(std::iter::repeat_n(&before, 300))), [128, 128, 44]);
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
        let asked = [&one, &two, &two];
        let ints = |numbers: &[i64]| Value::Array(numbers.iter().copied().map(Value::Int).collect());
        let second = 1_000_000_000;
        let taken = Balance { covered: true, remaining: 7, granted: 2, full_after: 3 * second, retry_after: 0 };
        let next = Balance { covered: true, remaining: 4, granted: 0, full_after: 6 * second, retry_after: 0 };
        let refused = Balance { covered: false, retry_after: second, ..next };
        let second = second as i64;
        let good = [1, 2, 3 * second, 0, 1, 0, 6 * second, second];
        let expected = vec![Verdict::new(&[taken]), Verdict::new(&[next]), Verdict::new(&[refused])];
        let runs = &calls(asked)[0].runs;
        assert_eq!(verdicts(&ints(&good), runs, asked), Some(expected));
        let before = Balance { remaining: 9, full_after: second as u64, ..next };
        let both = vec![Verdict::new(&[taken]), Verdict::new(&[before]), Verdict::new(&[next])];
        let granted = [1, 2, 3 * second, 0, 2, 0, 6 * second, 0];
        assert_eq!(verdicts(&ints(&granted), runs, asked), Some(both), "each found what the one before it left");
        let longer = [&good[..], &[0, 0, 0, 0]].concat();
        let more = [1, 2, 3 * second, 0, 3, 0, 6 * second, second];
        let wrong = [ints(&good[..7]), ints(&good[..4]), ints(&longer), ints(&more), Value::Okay];
        for wrong in [&wrong[..], &[ints(&[1, -1, 0, 0, 0, 0, 0, 0]), ints(&[1, 1 << 40, 0, 0, 0, 0, 0, 0])]].concat() {
            assert_eq!(verdicts(&wrong, runs, asked), None, "{wrong:?}");
        }
    }
}
