//! The access log: where it goes, how its lines look, and which requests get one.
//!
//! Formats and fields are named here once; the shell writes them (`worker/account/` in the other package).

use super::Ratio;
use crate::hash::{fnv1a, scramble};

/// The checked `telemetry.access_log` table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLog {
    /// Where the lines go.
    pub target: LogTarget,
    /// How they look.
    pub format: LogFormat,
    /// The share of requests that get a line though nothing went wrong; `None` for none of them.
    pub sample: Option<Ratio>,
    /// What lines show of the heads of requests beyond method and target.
    of_head: Box<[LogField]>,
}

/// Where the access log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogTarget {
    /// The process's standard output.
    Stdout,
    /// A file, appended to.
    File(std::path::PathBuf),
}

/// How a line looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// A JSON object with these fields, in this order.
    Json(Box<[LogField]>),
    /// The combined format of the NCSA and Apache.
    Combined,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $name:ident = $word:literal,)*) => {
        /// A field of a JSON line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum LogField {
            $($(#[doc = $doc])* $name,)*
        }

        impl LogField {
            /// Every field with its name, in the order of a line whose fields nobody chose.
            pub const WORDS: &[(&str, LogField)] = &[$(($word, LogField::$name)),*];

            /// The field's name.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(LogField::$name => $word,)*
                }
            }

            /// The field's name as it stands in a line: after a comma, in quotes, before a colon.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(LogField::$name => concat!(",\"", $word, "\":"),)*
                }
            }
        }
    };
}

fields! {
    /// When its first byte arrived, in milliseconds since 1970.
    Time = "time_ms",
    /// The id of the request, kept from the client or made.
    RequestId = "request_id",
    /// The id of the trace, which `traceparent` carries on.
    TraceId = "trace_id",
    /// Whether the trace is sampled.
    Sampled = "sampled",
    /// The address of the client's connection.
    Client = "client",
    /// The method.
    Method = "method",
    /// Path and query.
    Target = "target",
    /// The status the client got; 0 when it got no response.
    Status = "status",
    /// The route; absent when none matched.
    Route = "route",
    /// The upstream; absent when none was asked.
    Upstream = "upstream",
    /// The endpoint that was tried last; absent when none was.
    Endpoint = "endpoint",
    /// Why the gateway answered itself or gave up; absent when it did not.
    Reason = "reason",
    /// `true` when there was a second attempt; absent otherwise.
    Retried = "retried",
    /// Payload bytes from the client.
    Received = "received_bytes",
    /// Payload bytes to the client.
    Sent = "sent_bytes",
    /// From the first byte of the request to the last of the response, in microseconds.
    Duration = "duration_us",
    /// The gateway's own share of it, in microseconds.
    Overhead = "overhead_us",
    /// The `Host` of the request; absent when it has none.
    Host = "host",
    /// The `Referer` of the request; absent when it has none.
    Referer = "referer",
    /// The `User-Agent` of the request; absent when it has none.
    UserAgent = "user_agent",
}

impl LogField {
    /// The fields of a line whose fields nobody chose: all but the three that clients fill as they like, at any length.
    #[must_use]
    pub fn by_default() -> Box<[LogField]> {
        Self::WORDS.iter().map(|(_, field)| *field).filter(|field| !field.is_of_head()).collect()
    }

    fn is_of_head(self) -> bool {
        matches!(self, Self::Host | Self::Referer | Self::UserAgent)
    }
}

impl AccessLog {
    /// A log.
    #[must_use]
    pub fn new(target: LogTarget, format: LogFormat, sample: Option<Ratio>) -> Self {
        let of_head = match &format {
            LogFormat::Json(fields) => fields.iter().copied().filter(|field| field.is_of_head()).collect(),
            LogFormat::Combined => Box::new([LogField::Referer, LogField::UserAgent]) as Box<[_]>,
        };
        Self { target, format, sample, of_head }
    }

    /// The fields `host`, `referer` and `user_agent`, as far as lines show them.
    #[must_use]
    pub fn of_head(&self) -> &[LogField] {
        &self.of_head
    }

    /// Whether a request gets its line. One that failed (`status` 500 and above) or that the gateway answered itself
    /// always does; of the others the sample, by the request's id: gateways that see the same request decide the same.
    #[must_use]
    pub fn keeps(&self, status: Option<u16>, answered_itself: bool, request_id: &[u8]) -> bool {
        if answered_itself || status.is_some_and(|status| status >= 500) {
            return true;
        }
        match self.sample.map(Ratio::share) {
            None => false,
            Some(share) if share >= 1.0 => true,
            // Scrambled: the hash of texts that differ in their last byte alone differs little in its high bits. The
            // 53 highest are a number from 0 to 1.
            Some(share) => {
                let number = scramble(fnv1a(request_id.iter().copied())) >> 11;
                (number as f64) / ((1_u64 << 53) as f64) < share
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(sample: f64) -> AccessLog {
        AccessLog::new(LogTarget::Stdout, LogFormat::Json(LogField::by_default()), Ratio::new(sample))
    }

    #[test]
    fn what_failed_is_always_kept() {
        for sample in [0.0, 0.1] {
            let log = log(sample);
            for number in 0..1000 {
                let id = format!("id-{number}");
                assert!(log.keeps(Some(500), false, id.as_bytes()) && log.keeps(Some(429), true, id.as_bytes()));
            }
        }
        assert!(!log(0.0).keeps(Some(404), false, b"id") && !log(0.0).keeps(None, false, b"id"));
    }

    #[test]
    fn of_the_others_there_is_the_sample_whatever_their_ids_look_like() {
        let share = |sample: f64, id: &dyn Fn(u32) -> String| {
            let log = log(sample);
            (0..20_000).filter(|&number| log.keeps(Some(200), false, id(number).as_bytes())).count()
        };
        for id in [&(|number| format!("id-{number}")) as &dyn Fn(u32) -> String, &|number| format!("{number:032x}")] {
            assert_eq!(share(1.0, id), 20_000);
            // Six standard deviations around 2,000.
            assert!((1746..=2254).contains(&share(0.1, id)));
        }
    }

    #[test]
    fn a_request_is_in_every_larger_sample() {
        for number in 0..2000 {
            let id = format!("{number}");
            let kept = |sample| log(sample).keeps(Some(200), false, id.as_bytes());
            assert!(!kept(0.05) || (kept(0.05) && kept(0.2)), "{id}");
        }
    }

    #[test]
    fn only_what_is_shown_is_taken_from_heads() {
        let of_head = |format| AccessLog::new(LogTarget::Stdout, format, None).of_head;
        assert_eq!(*of_head(LogFormat::Json(LogField::by_default())), []);
        assert_eq!(*of_head(LogFormat::Json(Box::new([LogField::Host, LogField::Time]))), [LogField::Host]);
        assert_eq!(*of_head(LogFormat::Combined), [LogField::Referer, LogField::UserAgent]);
    }

    #[test]
    fn names_differ_and_stand_in_keys() {
        let mut words: Vec<_> = LogField::WORDS.iter().map(|(word, _)| *word).collect();
        for (word, field) in LogField::WORDS {
            assert_eq!((field.word(), field.key()), (*word, &*format!(",\"{word}\":")));
        }
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), LogField::WORDS.len());
        assert_eq!(LogField::by_default().len(), words.len() - 3);
    }
}
