//! One thing wrong in a configuration, and the list that collects them: a check never stops at the first.

use super::document::{Span, quote};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The configuration is refused.
    Error,
    /// The configuration holds, but hardly means what was written.
    Warning,
}

impl Severity {
    /// The word in front of a message.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One thing wrong, in terms of the source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// Where; `None` when the file as a whole is meant.
    pub(crate) span: Option<Span>,
    /// What is wrong, in one line.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// The problems found so far, and the key being looked at.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    /// The keys from the root to the value being decoded; messages begin with it.
    path: Vec<String>,
}

impl Problems {
    /// Notes an error.
    pub(crate) fn push(&mut self, span: Span, message: String) {
        self.add(Severity::Error, Some(span), message, None);
    }

    /// Notes an error with advice.
    pub(crate) fn push_with(&mut self, span: Span, message: String, hint: impl Into<String>) {
        self.add(Severity::Error, Some(span), message, Some(hint.into()));
    }

    /// Notes a warning with advice.
    pub(crate) fn warn(&mut self, span: Span, message: String, hint: impl Into<String>) {
        self.add(Severity::Warning, Some(span), message, Some(hint.into()));
    }

    /// Notes what the parser of the format has to say.
    pub(crate) fn syntax(&mut self, span: Span, message: String) {
        self.add(Severity::Error, Some(span), message, None);
    }

    /// Notes that the file as a whole cannot be used.
    pub(crate) fn file(&mut self, message: String, hint: Option<String>) {
        self.add(Severity::Error, None, message, hint);
    }

    fn add(&mut self, severity: Severity, span: Option<Span>, message: String, hint: Option<String>) {
        let message = if self.path.is_empty() { message } else { format!("{}: {message}", self.path.join(".")) };
        self.list.push(Problem { severity, span, message, hint });
    }

    /// Runs `step` with `key` at the end of the path.
    pub(crate) fn within<T>(&mut self, key: &str, step: impl FnOnce(&mut Self) -> T) -> T {
        let printable = quote(key);
        self.path.push(printable.trim_matches('`').to_owned());
        let result = step(self);
        self.path.pop();
        result
    }

    /// Runs `step` with the number of a list's item at the end of the path.
    pub(crate) fn within_item<T>(&mut self, index: usize, step: impl FnOnce(&mut Self) -> T) -> T {
        self.within(&index.to_string(), step)
    }

    /// Whether nothing but warnings was noted.
    #[must_use]
    pub(crate) fn passes(&self) -> bool {
        self.list.iter().all(|problem| problem.severity == Severity::Warning)
    }

    /// Everything noted, in the order of the text.
    #[must_use]
    pub(crate) fn into_list(self) -> Vec<Problem> {
        let mut list = self.list;
        list.sort_by_key(|problem| problem.span.as_ref().map_or(0, |span| span.start));
        list.dedup();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_begin_with_the_path_and_come_in_the_order_of_the_text() {
        let mut problems = Problems::default();
        problems.push(9..10, "later".into());
        problems.within("routes", |problems| {
            problems.within_item(2, |problems| problems.push(3..4, "sooner".into()));
        });
        let messages: Vec<_> = problems.into_list().into_iter().map(|problem| problem.message).collect();
        assert_eq!(messages, ["routes.2: sooner", "later"]);
    }

    #[test]
    fn a_warning_passes_and_an_error_does_not() {
        let mut problems = Problems::default();
        problems.warn(0..1, "odd".into(), "look again");
        assert!(problems.passes());
        problems.push(0..1, "wrong".into());
        assert!(!problems.passes());
    }
}
