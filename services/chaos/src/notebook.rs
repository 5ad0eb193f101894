//! What happened when: written down, and told to whoever watches the run.

use std::cell::RefCell;
use std::fmt::Display;
use std::io::Write;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::verdict::Verdict;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When, in seconds from the start of the run.
    pub at: f64,
    /// What.
    pub what: String,
}

/// A number beside the verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What it is about.
    pub what: String,
    /// The number, or what else there is to say.
    pub value: String,
}

/// The page of one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Page {
    /// The word by which the step is chosen.
    pub step: String,
    /// What it does.
    pub title: String,
    /// When it began and ended, in seconds from the start of the run.
    pub from: f64,
    /// When it ended.
    pub to: f64,
    /// What happened.
    pub events: Vec<Event>,
    /// What was promised, and what came of it.
    pub verdicts: Vec<Verdict>,
    /// What else was measured.
    pub figures: Vec<Figure>,
}

impl Page {
    /// Whether every verdict holds. A page without any does not count as good.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.verdicts.is_empty() && self.verdicts.iter().all(|verdict| verdict.holds)
    }
}

/// The page that is being written, and the clock.
#[derive(Debug)]
pub struct Notebook {
    origin: Instant,
    page: RefCell<Page>,
}

impl Notebook {
    /// An empty one. Times count from `origin`.
    #[must_use]
    pub fn new(origin: Instant) -> Self {
        Self { origin, page: RefCell::default() }
    }

    /// Begins the page of a step.
    pub fn open(&self, step: &str, title: &str) {
        let page = Page { step: step.into(), title: title.into(), from: self.seconds(), ..Page::default() };
        say(format_args!("\n== {step}: {title}"));
        *self.page.borrow_mut() = page;
    }

    /// Ends the page.
    #[must_use]
    pub fn close(&self) -> Page {
        let mut page = self.page.take();
        page.to = self.seconds();
        page
    }

    /// Something happened now.
    pub fn tell(&self, what: impl Display) {
        self.tell_of(self.origin.elapsed(), what);
    }

    /// Something happened at this moment.
    pub fn tell_of(&self, at: Duration, what: impl Display) {
        let event = Event { at: at.as_secs_f64(), what: what.to_string() };
        say(format_args!("[{:6.2} s] {}", event.at, event.what));
        self.page.borrow_mut().events.push(event);
    }

    /// Notes a verdict.
    pub fn judge(&self, verdict: Verdict) {
        say(format_args!("           {}", in_a_line(&verdict)));
        self.page.borrow_mut().verdicts.push(verdict);
    }

    /// Notes a number that nothing depends on.
    pub fn figure(&self, what: impl Into<String>, value: impl Display) {
        let figure = Figure { what: what.into(), value: value.to_string() };
        say(format_args!("           -     {}: {}", figure.what, figure.value));
        self.page.borrow_mut().figures.push(figure);
    }

    fn seconds(&self) -> f64 {
        self.origin.elapsed().as_secs_f64()
    }
}

/// A verdict as it stands in the text.
#[must_use]
pub fn in_a_line(verdict: &Verdict) -> String {
    let word = if verdict.holds { "holds" } else { "FAILS" };
    format!("{word} {}: {} (bar: {})", verdict.what, verdict.measured, verdict.bar)
}

/// Writes a line to standard output. Whether anybody still reads it must not change what is done.
pub fn say(line: impl Display) {
    let mut output = std::io::stdout().lock();
    let _nobody_reads = writeln!(output, "{line}").and_then(|()| output.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_when_all_of_its_verdicts_do() {
        let notebook = Notebook::new(Instant::now());
        notebook.open("step", "does something");
        assert!(!notebook.page.borrow().holds(), "nothing was shown");
        notebook.judge(Verdict::exactly("a", 1, Some(1)));
        assert!(notebook.page.borrow().holds());
        notebook.judge(Verdict::exactly("b", 1, Some(2)));
        notebook.tell("something");
        let page = notebook.close();
        assert!(!page.holds() && page.events.len() == 1 && page.from <= page.to);
        assert_eq!(in_a_line(&page.verdicts[1]), "FAILS b: 2 (bar: exactly 1)");
    }
}
