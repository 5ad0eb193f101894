//! `traceparent`, as far as a service needs it (W3C Trace Context, version 00).

use opentelemetry::trace::{SpanId, TraceFlags, TraceId};

/// The trace and the span that something is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) flags: TraceFlags,
}

impl Parent {
    /// Reads one that says that its trace is sampled; anything else is not to be recorded.
    pub(super) fn sampled(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-').skip(1);
        let trace = TraceId::from_hex(parts.next()?).ok().filter(|trace| *trace != TraceId::INVALID)?;
        let span = SpanId::from_hex(parts.next()?).ok().filter(|span| *span != SpanId::INVALID)?;
        let flags = TraceFlags::new(u8::from_str_radix(parts.next()?, 16).ok()?);
        flags.is_sampled().then_some(Self { trace, span, flags })
    }

    /// What others are told.
    pub(super) fn write(&self) -> String {
        format!("00-{}-{}-{:02x}", self.trace, self.span, self.flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sampled_traces_are_recorded() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(Parent::sampled(good).map(|parent| parent.write()).as_deref(), Some(good));
        for other in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-zz-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Parent::sampled(other), None, "{other}");
        }
    }
}
