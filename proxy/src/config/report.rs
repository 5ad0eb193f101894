//! All problems of one configuration, for people (with the lines they are about) and for logs (one line each).

use std::fmt::Write as _;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::document::{Span, quote};
use super::problem::{Problem, Problems, Severity};

/// What was found in one file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    file: Arc<str>,
    text: Arc<str>,
    problems: Vec<Problem>,
}

/// A problem with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located<'report> {
    /// The file as it was named.
    pub(crate) file: &'report str,
    /// Counts from 1; 0 when the file as a whole is meant.
    pub(crate) line: usize,
    /// Counts characters from 1; 0 when the file as a whole is meant.
    pub(crate) column: usize,
    /// Whether the configuration is refused for it.
    pub(crate) severity: Severity,
    /// The offending text, up to the end of its line.
    pub(crate) text: &'report str,
    /// What is wrong.
    pub(crate) message: &'report str,
    /// What to do about it.
    pub(crate) hint: Option<&'report str>,
}

impl Report {
    pub(super) fn new(file: &str, text: &str, problems: Problems) -> Self {
        Self { file: file.into(), text: text.into(), problems: problems.into_list() }
    }

    /// Every problem, in the order of the text.
    pub(crate) fn problems(&self) -> impl Iterator<Item = Located<'_>> {
        self.problems.iter().map(|problem| self.locate(problem))
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many errors there are.
    #[must_use]
    pub(crate) fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// How many warnings there are.
    #[must_use]
    pub(crate) fn warnings(&self) -> usize {
        self.problems.len() - self.errors()
    }

    /// One line per problem: `config.toml:12:1: error: message (hint)`.
    #[must_use]
    pub(crate) fn lines(&self) -> Vec<String> {
        self.problems().map(|problem| problem.to_string()).collect()
    }

    /// The problems with the lines they are about, for a terminal.
    #[must_use]
    pub(crate) fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut rendered = String::new();
        for problem in &self.problems {
            let _ = writeln!(rendered, "{}\n", renderer.render(&[self.group(problem)]));
        }
        rendered
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let level = match problem.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(problem.message.as_str());
        let mut group = match &problem.span {
            Some(span) => {
                let place = Place::of(&self.text, span);
                title.element(
                    Snippet::source(place.line)
                        .path(self.file.as_ref())
                        .line_start(place.number)
                        .annotation(AnnotationKind::Primary.span(place.within)),
                )
            }
            None => Group::with_title(title).element(annotate_snippets::Origin::path(self.file.as_ref())),
        };
        if let Some(hint) = &problem.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        group
    }

    fn locate<'a>(&'a self, problem: &'a Problem) -> Located<'a> {
        let place = problem.span.as_ref().map(|span| Place::of(&self.text, span));
        Located {
            file: &self.file,
            line: place.as_ref().map_or(0, |place| place.number),
            column: place.as_ref().map_or(0, Place::column),
            severity: problem.severity,
            text: place.as_ref().map_or("", |place| &place.line[place.within.clone()]),
            message: &problem.message,
            hint: problem.hint.as_deref(),
        }
    }
}

impl std::fmt::Display for Located<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}: {}", self.severity.word(), self.message)?;
        if !self.text.is_empty() && !self.message.contains(self.text) {
            write!(f, " at {}", quote(self.text))?;
        }
        match self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The line that a span begins on, and the part of it that the span covers.
struct Place<'text> {
    line: &'text str,
    number: usize,
    within: Span,
}

impl<'text> Place<'text> {
    fn of(text: &'text str, span: &Span) -> Self {
        let start = boundary(text, span.start);
        let end = boundary(text, span.end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
        let line = &text[line_start..line_end];
        // A line's end may be a CR LF: the CR is not shown.
        let line = line.strip_suffix('\r').unwrap_or(line);
        let start = (start - line_start).min(line.len());
        let end = (end.min(line_end) - line_start).clamp(start, line.len());
        let number = text[..line_start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self { line, number, within: start..end }
    }

    fn column(&self) -> usize {
        self.line[..self.within.start].chars().count() + 1
    }
}

/// The character boundary at or before `index`.
fn boundary(text: &str, index: usize) -> usize {
    text.floor_char_boundary(index.min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str, span: Span) -> Report {
        let mut problems = Problems::default();
        problems.push_with(span, "odd".into(), "make it even");
        Report::new("a.toml", text, problems)
    }

    #[test]
    fn lines_and_columns_count_from_one_in_characters() {
        let report = report("x = 1\nä = \"wörd\"\n", 11..18);
        let found = report.problems().next().expect("one problem");
        assert_eq!((found.line, found.column, found.text), (2, 5, "\"wörd\""));
        assert_eq!(report.lines(), ["a.toml:2:5: error: odd at `\"wörd\"` (make it even)"]);
    }

    #[test]
    fn a_span_over_several_lines_is_shown_by_its_first() {
        let report = report("a = [\r\n1]\r\n", 4..9);
        let found = report.problems().next().expect("one problem");
        assert_eq!((found.line, found.column, found.text), (1, 5, "["));
    }

    #[test]
    fn spans_outside_the_text_do_no_harm() {
        for span in [0..0, 3..99, 99..120, 1..2] {
            let report = report("ä\n", span);
            assert!(report.render(false).contains("make it even"));
            assert_eq!(report.lines().len(), 1);
        }
    }
}
