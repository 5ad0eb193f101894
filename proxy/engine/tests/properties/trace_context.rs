//! `traceparent` and `tracestate`: the grammar of the standard, against one written down another way.

use proptest::prelude::*;
use regex_automata::meta::Regex;
use supplex_engine::config::Ratio;
use supplex_engine::http1::{Limits, RequestHead};
use supplex_engine::trace::{Flags, Sampler, SpanId, TraceId, TraceParent, state};

const LIMITS: Limits = Limits { bytes: 64 * 1024, fields: 80 };

/// The grammar of W3C Trace Context, section 3.2.2, as a regular expression, with the rules for later versions.
fn grammar() -> Regex {
    Regex::new("^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$").expect("a regular expression")
}

/// Whether the standard has a reader continue this.
fn is_valid(text: &str) -> bool {
    let mut captures = grammar().create_captures();
    grammar().captures(text, &mut captures);
    let group = |at: usize| captures.get_group(at).map(|span| &text[span.range()]);
    let (Some(version), Some(trace), Some(span)) = (group(1), group(2), group(3)) else { return false };
    let zeros = |id: &str| id.bytes().all(|byte| byte == b'0');
    version != "ff" && !zeros(trace) && !zeros(span) && (version != "00" || group(5).is_none())
}

/// Mostly sound values, with a fault here and there.
fn nearly_valid() -> impl Strategy<Value = String> {
    let version =
        prop_oneof![6 => Just("00".to_owned()), 2 => "[0-9a-f]{2}", 1 => Just("ff".to_owned()), 1 => "[0-9A-F]{2}"];
    let trace = prop_oneof![8 => "[0-9a-f]{32}", 1 => Just("0".repeat(32)), 1 => "[0-9a-fA-Fg]{31,33}"];
    let span = prop_oneof![8 => "[0-9a-f]{16}", 1 => Just("0".repeat(16)), 1 => "[0-9a-fA-Fg]{15,17}"];
    let flags = prop_oneof![8 => "[0-9a-f]{2}", 1 => "[0-9a-z]{1,3}"];
    let rest = prop_oneof![6 => Just(String::new()), 2 => "-[ -~]{0,9}", 1 => "[ -~]{1,9}"];
    (version, trace, span, flags, rest)
        .prop_map(|(version, trace, span, flags, rest)| format!("{version}-{trace}-{span}-{flags}{rest}"))
}

fn parent() -> impl Strategy<Value = TraceParent> {
    (1..=u128::MAX, 1..=u64::MAX, 0..4_u8).prop_map(|(trace, span, flags)| TraceParent {
        trace: TraceId::new(trace).expect("not zero"),
        span: SpanId::new(span).expect("not zero"),
        flags: Flags::known(flags),
    })
}

fn head_of(fields: &str) -> (RequestHead, Vec<u8>) {
    let bytes = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes();
    let mut head = RequestHead::new();
    assert_eq!(head.parse(&bytes, LIMITS), Ok(Some(bytes.len())), "{fields:?}");
    (head, bytes)
}

proptest! {
    #[test]
    fn exactly_what_the_grammar_allows_is_read(value in prop_oneof![nearly_valid(), "[0-9a-f-]{50,58}", "[ -~]{0,60}"]) {
        prop_assert_eq!(TraceParent::parse(value.as_bytes()).is_some(), is_valid(&value), "{}", value);
    }

    #[test]
    fn what_is_written_is_read_as_it_was(parent in parent()) {
        prop_assert_eq!(TraceParent::parse(&parent.write()), Some(parent));
        prop_assert!(is_valid(std::str::from_utf8(&parent.write()).expect("ASCII")));
    }

    #[test]
    fn what_is_read_goes_on_in_the_same_trace(value in nearly_valid()) {
        if let Some(parent) = TraceParent::parse(value.as_bytes()) {
            prop_assert_eq!(&parent.write()[2..53], value.get(2..53).expect("as long").as_bytes());
        }
    }

    #[test]
    fn arbitrary_bytes_are_survived(value in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = TraceParent::parse(&value);
        let _ = state::is_valid(std::iter::once(&value[..]));
    }

    #[test]
    fn a_request_has_one_parent_or_none(parent in parent(), other in parent(), name in "[tT]race[pP]arent") {
        let line = |parent: TraceParent| format!("{name}: {}\r\n", String::from_utf8_lossy(&parent.write()));
        let (head, bytes) = head_of(&line(parent));
        prop_assert_eq!(TraceParent::of(&head, &bytes), Some(parent));
        let (head, bytes) = head_of(&(line(parent) + &line(other)));
        prop_assert_eq!(TraceParent::of(&head, &bytes), None);
    }

    #[test]
    fn a_state_of_sound_members_holds_however_it_is_divided(
        members in prop::collection::btree_map("[a-z0-9][a-z0-9_*/@-]{0,20}", "[!-+\\--<>-~][ -+\\--<>-~]{0,20}[!-+\\--<>-~]", 0..=32),
        cut in any::<prop::sample::Index>(),
    ) {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let (first, second) = members.split_at(cut.index(members.len() + 1));
        let (head, bytes) = head_of(&format!("tracestate: {}\r\nTraceState: {}\r\n", first.join(","), second.join(" , ")));
        prop_assert!(state::holds(&head, &bytes));
        if let Some(again) = members.first() {
            let (head, bytes) = head_of(&format!("tracestate: {}\r\ntracestate: {again}\r\n", members.join(",")));
            prop_assert!(!state::holds(&head, &bytes), "a key that is there twice");
        }
    }

    #[test]
    fn a_larger_share_samples_what_a_smaller_one_does(number in 1..=u128::MAX, one in 1..=1_000_000_u32, other in 1..=1_000_000_u32) {
        let trace = TraceId::new(number).expect("not zero");
        let samples = |share: u32| Sampler::new(Ratio::new(f64::from(share) / 1e6)).samples(trace, None);
        let (small, large) = (one.min(other), one.max(other));
        prop_assert!(!samples(small) || samples(large));
    }
}
