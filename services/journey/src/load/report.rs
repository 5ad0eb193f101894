//! How a run is told: as a table for people, or as JSON for programs.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::record::{Record, Summary};
use crate::books::Books;
use crate::options::LoadOptions;
use crate::step::Step;

/// A run that is over.
pub(super) struct Report {
    pub(super) gateway: String,
    pub(super) options: LoadOptions,
    pub(super) took: Duration,
    pub(super) record: Record,
    /// `None` when the gateway was named, and nobody knows what is behind it.
    pub(super) books: Option<Books>,
}

impl Report {
    /// Whether every journey went as it should, there was one, and the books agree.
    pub(super) fn holds(&self) -> bool {
        let endings = &self.record.endings;
        endings.broken == 0 && endings.complete() > 0 && self.books.as_ref().is_none_or(Books::agree)
    }

    /// Prints it.
    pub(super) fn print(&self, as_json: bool) {
        let text = if as_json { format!("{:#}", self.json()) } else { self.text() };
        let _nobody_reads = std::io::Write::write_fmt(&mut std::io::stdout().lock(), format_args!("{text}\n"));
    }

    fn rate(&self) -> f64 {
        self.record.endings.complete() as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn steps(&self) -> impl Iterator<Item = (Step, Summary)> {
        let steps = self.record.steps.iter().map(|(step, times)| (*step, times.summary()));
        steps.filter(|(_, summary)| summary.count > 0)
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{} shoppers at http://{}, {:.1} s, thinking {} ms between two steps\n\n",
            self.options.shoppers,
            self.gateway,
            self.took.as_secs_f64(),
            self.options.think
        );
        let mut line = |name: &str, summary: Summary| {
            let Summary { count, p50_ms, p95_ms, p99_ms, max_ms } = summary;
            let _infallible =
                writeln!(text, "{name:<28} {count:>8} {p50_ms:>9.1} {p95_ms:>9.1} {p99_ms:>9.1} {max_ms:>9.1}");
        };
        for (step, summary) in self.steps() {
            line(step.word(), summary);
        }
        line("whole journey", self.record.journeys.summary());
        line("  of those who registered", self.record.newcomers.summary());
        let header =
            format!("{:<28} {:>8} {:>9} {:>9} {:>9} {:>9}\n", "milliseconds", "count", "p50", "p95", "p99", "max");
        text.insert_str(text.find("\n\n").map_or(0, |end| end + 2), &header);
        self.write_endings(&mut text);
        match &self.books {
            Some(books) => text.push_str(&books.text()),
            None => text.push_str("\nThe books were not compared: only the stack of `make up` shows them.\n"),
        }
        text
    }

    fn write_endings(&self, text: &mut String) {
        let endings = &self.record.endings;
        let _infallible = writeln!(
            text,
            "\n{} journeys, {:.1} a second: {} paid, {} given back, {} declined, {} sold out; {} broke off",
            endings.complete() + endings.broken,
            self.rate(),
            endings.paid,
            endings.cancelled,
            endings.declined,
            endings.sold_out,
            endings.broken
        );
        for (trouble, (count, example)) in &self.record.failures {
            let (step, status, reason) = (trouble.step.word(), trouble.status, &trouble.reason);
            let _infallible = writeln!(text, "  broke off {count:>5} x  {step:<10} {status:>3} {reason}: {example}");
        }
        for (trouble, count) in &self.record.repeats {
            let (step, status, reason) = (trouble.step.word(), trouble.status, &trouble.reason);
            let _infallible = writeln!(text, "  tried again {count:>3} x  {step:<10} {status:>3} {reason}");
        }
    }

    fn json(&self) -> Value {
        let steps: serde_json::Map<String, Value> =
            self.steps().map(|(step, summary)| (step.word().to_owned(), json!(summary))).collect();
        let failures: Vec<Value> = self.record.failures.iter().map(|(trouble, (count, example))| {
            json!({"step": trouble.step, "status": trouble.status, "reason": trouble.reason, "count": count, "example": example})
        }).collect();
        let repeats: Vec<Value> = self.record.repeats.iter().map(|(trouble, count)| {
            json!({"step": trouble.step, "status": trouble.status, "reason": trouble.reason, "count": count})
        }).collect();
        json!({
            "gateway": self.gateway,
            "shoppers": self.options.shoppers,
            "think_ms": self.options.think,
            "seconds": self.took.as_secs_f64(),
            "journeys_per_second": self.rate(),
            "steps": steps,
            "journey": self.record.journeys.summary(),
            "journey_with_registration": self.record.newcomers.summary(),
            "endings": self.record.endings,
            "failures": failures,
            "repeats": repeats,
            "books": self.books,
            "holds": self.holds(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Exchange;

    fn report() -> Report {
        let options = LoadOptions { shoppers: 2, seconds: None, journeys: Some(1), think: 0, json: true };
        let (gateway, took) = ("127.0.0.1:1".to_owned(), Duration::from_secs(2));
        Report { gateway, options, took, record: Record::new().expect("a record"), books: None }
    }

    #[test]
    fn nothing_that_went_well_is_no_success() {
        assert!(!report().holds());
    }

    #[test]
    fn both_forms_name_every_step_that_was_taken() {
        let mut report = report();
        let exchange = Exchange {
            step: Step::Search,
            method: "GET",
            path: "/",
            took: Duration::from_millis(3),
            outcome: Err("the connection was closed"),
            again: true,
        };
        report.record.saw(&exchange);
        let (text, json) = (report.text(), report.json());
        assert!(text.contains("\nsearch  ") && text.contains("tried again   1 x  search"), "{text}");
        assert!(!text.contains("\nlogin"), "{text}");
        assert_eq!(json["steps"]["search"]["count"], 1);
        assert_eq!(json["repeats"][0]["reason"], "the connection was closed");
        assert_eq!(json["holds"], false);
    }
}
