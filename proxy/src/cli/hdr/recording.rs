//! Reads an HdrHistogram log: the intervals of each series, added up.
//!
//! A line that cannot be read is an error with its number; nothing is left out in silence.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogHistogram, IntervalLogIterator, LogEntry};

/// The series of intervals that have no tag.
const UNTAGGED: &str = "(no tag)";

/// What a log holds.
pub(super) struct Recording {
    /// What the log is called.
    pub(super) name: String,
    /// Intervals in all series.
    pub(super) intervals: usize,
    /// What each series recorded, by tag.
    pub(super) series: BTreeMap<String, Histogram<u64>>,
}

/// Why a log cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// The file as a whole.
    File(String, io::Error),
    /// One of its lines, counted from 1, and what is wrong with it.
    Line(String, usize, String),
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name, error) => write!(f, "{name}: cannot be read: {error}"),
            Self::Line(name, number, why) => write!(f, "{name}:{number}: {why}"),
        }
    }
}

impl Recording {
    /// Reads a file; `-` is standard input.
    ///
    /// # Errors
    /// What is wrong, and in which line.
    pub(super) fn read(path: &Path) -> Result<Self, Unreadable> {
        let (name, bytes) = if path == Path::new("-") {
            let mut bytes = Vec::new();
            ("standard input".to_owned(), io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
        } else {
            (path.display().to_string(), std::fs::read(path))
        };
        match bytes {
            Ok(bytes) => Self::parse(name, &bytes),
            Err(error) => Err(Unreadable::File(name, error)),
        }
    }

    fn parse(name: String, bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut recording = Self { name, intervals: 0, series: BTreeMap::new() };
        let mut decoder = Deserializer::new();
        for (line, number) in bytes.split(|byte| *byte == b'\n').zip(1..) {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if let Err(why) = recording.take(line, &mut decoder) {
                return Err(Unreadable::Line(recording.name, number, why));
            }
        }
        Ok(recording)
    }

    fn take(&mut self, line: &[u8], decoder: &mut Deserializer) -> Result<(), String> {
        if line.is_empty() {
            return Ok(());
        }
        // By lines, so that it is known which one is broken. The parser wants each to have its end.
        let line = [line, b"\n"].concat();
        let interval = match IntervalLogIterator::new(&line).next() {
            Some(Ok(LogEntry::Interval(interval))) => interval,
            Some(Ok(LogEntry::StartTime(_) | LogEntry::BaseTime(_))) | None => return Ok(()),
            Some(Err(_)) => return Err("not an interval; one is `[Tag=TAG,]START,SECONDS,MAX,HISTOGRAM`".to_owned()),
        };
        let latencies = decode(&interval, decoder)?;
        let tag = interval.tag().map_or(UNTAGGED, |tag| tag.as_str());
        self.intervals += 1;
        match self.series.get_mut(tag) {
            Some(sum) => {
                // Intervals of other programs may differ in their range.
                sum.auto(true);
                sum.add(&latencies).map_err(|error| format!("it does not go with the intervals before: {error}"))?;
            }
            None => {
                self.series.insert(tag.to_owned(), latencies);
            }
        }
        Ok(())
    }

    /// Forgets the series that do not have all of `tags`.
    pub(super) fn keep(&mut self, tags: &[String]) {
        let has = |series: &str, tag: &String| series == tag || series.split(';').any(|part| part == tag);
        self.series.retain(|series, _| tags.iter().all(|tag| has(series, tag)));
    }
}

fn decode(interval: &IntervalLogHistogram<'_>, decoder: &mut Deserializer) -> Result<Histogram<u64>, String> {
    let bytes = STANDARD.decode(interval.encoded_histogram());
    let bytes = bytes.map_err(|error| format!("its histogram is not Base64: {error}"))?;
    decoder.deserialize(&mut bytes.as_slice()).map_err(|error| format!("its histogram cannot be decoded: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by HdrHistogram for Python.
    const GOOD: &str = include_str!("../../../tests/cli/fixtures/good.hlog");

    fn parse(text: &str) -> Result<Recording, String> {
        Recording::parse("t.hlog".to_owned(), text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn intervals_of_a_series_are_added_up() {
        let recording = parse(GOOD).expect("a good log");
        let counts: Vec<_> = recording.series.iter().map(|(tag, sum)| (tag.as_str(), sum.len())).collect();
        assert_eq!(counts, [("(no tag)", 1), ("route=a;phase=total", 30), ("route=b;phase=total", 5)]);
        assert_eq!(recording.intervals, 4);
    }

    #[test]
    fn a_broken_line_is_named() {
        for (broken, line, why) in [
            ("#\nnonsense\n", 2, "not an interval"),
            ("\n\nTag=a,0.000,1.000,HISTFAAAA\n", 3, "not an interval"),
            ("0.000,1.000,5.000,!!!\n", 1, "not Base64"),
            ("0.000,1.000,5.000,AAAA\n", 1, "cannot be decoded"),
            ("0.000,1.000,5.000,", 1, "cannot be decoded"),
        ] {
            let error = parse(broken).err().unwrap_or_else(|| panic!("{broken:?} is read"));
            assert!(error.starts_with(&format!("t.hlog:{line}: ")) && error.contains(why), "{error}");
        }
    }

    #[test]
    fn a_log_that_was_cut_anywhere_is_refused_or_shorter() {
        let whole = parse(GOOD).expect("a good log").intervals;
        for end in 0..GOOD.len() {
            if let Ok(part) = parse(&GOOD[..end]) {
                assert!(part.intervals <= whole, "{end}");
            }
        }
    }

    #[test]
    fn tags_choose_by_their_parts() {
        let kept = |tags: &[&str]| {
            let mut recording = parse(GOOD).expect("a good log");
            recording.keep(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>());
            recording.series.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(kept(&[]).len(), 3);
        assert_eq!(kept(&["phase=total"]), ["route=a;phase=total", "route=b;phase=total"]);
        assert_eq!(kept(&["route=a", "phase=total"]), ["route=a;phase=total"]);
        assert_eq!(kept(&["route=a;phase=total"]), ["route=a;phase=total"]);
        assert_eq!(kept(&["(no tag)"]), ["(no tag)"]);
        assert!(kept(&["route"]).is_empty());
    }
}
