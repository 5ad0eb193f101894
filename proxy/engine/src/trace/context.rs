//! `traceparent`: which trace a request belongs to and who asked (W3C Trace Context, Level 2, section 3.2).
//!
//! ```text
//!   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//!   version   trace id                      parent id    flags
//! ```
//!
//! What does not keep to the grammar is as good as absent: the request begins a trace of its own, and `tracestate`, which
//! belongs to the trace that was not understood, is dropped with it.

use std::num::{NonZeroU64, NonZeroU128};

use super::hex;
use crate::http1::{FieldId, RequestHead};

/// The bytes of a `traceparent` of version 00.
pub const LENGTH: usize = 55;
/// Where the digits of the parent id stand in it.
pub const SPAN_AT: usize = 36;

/// The id of a trace; never zero, which the standard keeps for "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(NonZeroU128);

/// The id of one span of a trace; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId(NonZeroU64);

/// What a trace's members say of it: sampled or not, and whether its id is random.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u8);

/// A `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace: TraceId,
    /// The span that the receiver is called from.
    pub span: SpanId,
    /// What is said of the trace.
    pub flags: Flags,
}

impl TraceId {
    /// The id that is this number; `None` for 0.
    #[must_use]
    pub fn new(number: u128) -> Option<Self> {
        NonZeroU128::new(number).map(Self)
    }

    /// A new id, from numbers that are uniform over all 64 bits.
    #[must_use]
    pub fn random(mut random: impl FnMut() -> u64) -> Self {
        let number = (u128::from(random()) << 64) | u128::from(random());
        Self(NonZeroU128::new(number).unwrap_or(NonZeroU128::MIN))
    }

    /// The id as a number.
    #[must_use]
    pub fn number(self) -> u128 {
        self.0.get()
    }

    /// The id as it is written: 32 digits in lower case.
    #[must_use]
    pub fn hex(self) -> [u8; 32] {
        hex::digits_of_128(self.number())
    }
}

impl SpanId {
    /// The id that is this number; `None` for 0.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        NonZeroU64::new(number).map(Self)
    }

    /// A new id, from a number that is uniform over all 64 bits.
    #[must_use]
    pub fn random(random: u64) -> Self {
        Self(NonZeroU64::new(random).unwrap_or(NonZeroU64::MIN))
    }

    /// The id as a number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0.get()
    }

    /// The id as it is written: 16 digits in lower case.
    #[must_use]
    pub fn hex(self) -> [u8; 16] {
        hex::digits_of_64(self.number())
    }
}

impl Flags {
    const SAMPLED: u8 = 0b01;
    /// Level 2: the low 56 bits of the trace id are random. Kept where somebody says so; the gateway does not say it of
    /// its own ids, random as they are, because receivers that know only Level 1 refuse flags above 01.
    const RANDOM: u8 = 0b10;

    /// Those of `bits` that have a meaning; the others must not be passed on (section 3.2.2.5).
    #[must_use]
    pub fn known(bits: u8) -> Self {
        Self(bits & (Self::SAMPLED | Self::RANDOM))
    }

    /// The same, sampled or not.
    #[must_use]
    pub fn with_sampled(self, sampled: bool) -> Self {
        Self((self.0 & !Self::SAMPLED) | if sampled { Self::SAMPLED } else { 0 })
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub fn sampled(self) -> bool {
        self.0 & Self::SAMPLED != 0
    }

    /// The bits as they are written.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }
}

impl TraceParent {
    /// Reads the value of a field.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (known, rest) = value.split_at_checked(LENGTH)?;
        let version = hex::number(known.get(..2)?)?;
        // Version ff is invalid, a later one may have more behind another dash (section 3.2.4), and 00 has no more.
        let sound = match version {
            0xff => false,
            0 => rest.is_empty(),
            _ => matches!(rest.first(), None | Some(b'-')),
        };
        if !sound || [2, 35, 52].iter().any(|&at| known.get(at) != Some(&b'-')) {
            return None;
        }
        let trace = TraceId::new(hex::number(known.get(3..35)?)?)?;
        let span = SpanId::new(hex::number(known.get(SPAN_AT..52)?)? as u64)?;
        let flags = Flags::known(hex::number(known.get(53..)?)? as u8);
        Some(Self { trace, span, flags })
    }

    /// What a request says; `None` when it says nothing, or nothing that can be believed. Two of them contradict each other
    /// even if they are equal.
    #[must_use]
    pub fn of(head: &RequestHead, bytes: &[u8]) -> Option<Self> {
        if !head.has(FieldId::TraceParent) {
            return None;
        }
        let mut values = head.all(FieldId::TraceParent);
        let value = values.next()?;
        if values.next().is_some() { None } else { Self::parse(value.of(bytes)) }
    }

    /// The value of a field, in version 00.
    #[must_use]
    pub fn write(self) -> [u8; LENGTH] {
        let mut text = *b"00-00000000000000000000000000000000-0000000000000000-00";
        text[3..35].copy_from_slice(&self.trace.hex());
        text[SPAN_AT..52].copy_from_slice(&self.span.hex());
        text[54] = b'0' + self.flags.bits();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_the_standard_shows_is_read_and_written() {
        let parent = TraceParent::parse(GOOD.as_bytes()).unwrap();
        assert_eq!(parent.trace.number(), 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
        assert_eq!((parent.span.number(), parent.flags.sampled()), (0x00f0_67aa_0ba9_02b7, true));
        assert_eq!(parent.write(), GOOD.as_bytes());
    }

    #[test]
    fn unknown_flags_go_no_further_and_those_of_level_2_do() {
        let flags = |text: &str| {
            let value = [&GOOD[..53], text].concat();
            TraceParent::parse(value.as_bytes()).map(|parent| parent.write()[53..].to_vec())
        };
        assert_eq!(flags("00").as_deref(), Some(&b"00"[..]));
        assert_eq!(flags("03").as_deref(), Some(&b"03"[..]));
        assert_eq!(flags("fc").as_deref(), Some(&b"00"[..]));
        assert_eq!(flags("ff").as_deref(), Some(&b"03"[..]));
        assert_eq!(flags("0A"), None);
        assert!(!Flags::known(3).with_sampled(false).sampled());
    }

    #[test]
    fn later_versions_may_say_more() {
        for good in ["01-", "cc-", "fe-"] {
            let value = [good, &GOOD[3..]].concat();
            let read = TraceParent::parse(value.as_bytes()).unwrap();
            assert_eq!(read.write(), GOOD.as_bytes(), "what goes on is of version 00");
            assert_eq!(TraceParent::parse(format!("{value}-what-the-future").as_bytes()), Some(read));
            assert_eq!(TraceParent::parse(format!("{value}.what").as_bytes()), None);
        }
    }

    #[test]
    fn what_breaks_a_rule_says_nothing() {
        let cut = |at: usize| GOOD[..at].to_owned();
        for odd in [
            String::new(),
            cut(54),
            cut(10),
            format!("{GOOD}-"),
            format!("{GOOD}0"),
            format!(" {}", cut(54)),
            GOOD.to_uppercase(),
            GOOD.replace('-', "_"),
            GOOD.replacen("00", "ff", 1),
            GOOD.replacen("00", "0x", 1),
            GOOD.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            GOOD.replace("00f067aa0ba902b7", &"0".repeat(16)),
            GOOD.replace("4bf9", "4bF9"),
            GOOD.replace("4bf9", ".bf9"),
            GOOD.replace("-01", "-g1"),
        ] {
            assert_eq!(TraceParent::parse(odd.as_bytes()), None, "{odd:?}");
        }
    }

    #[test]
    fn new_ids_are_never_zero() {
        assert_eq!(TraceId::random(|| 0).number(), 1);
        assert_eq!(SpanId::random(0).number(), 1);
        let mut numbers = [1, 2].into_iter();
        assert_eq!(TraceId::random(|| numbers.next().unwrap()).number(), (1 << 64) | 2);
    }
}
