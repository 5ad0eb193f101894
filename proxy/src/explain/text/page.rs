//! Lines in three columns under headings: what, what it is, where that stands.

/// A column is padded no further than this; what is longer pushes the next one.
const WIDEST: usize = 64;

/// Text under way.
pub(super) struct Page {
    out: String,
    rows: Vec<[String; 3]>,
    colour: bool,
}

impl Page {
    pub(super) fn new(colour: bool) -> Self {
        Self { out: String::new(), rows: Vec::new(), colour }
    }

    /// Begins a part.
    pub(super) fn heading(&mut self, text: &str) {
        self.flush();
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        let text = self.styled("1", text);
        self.out += &format!("{text}\n");
    }

    /// A sentence by itself.
    pub(super) fn note(&mut self, text: &str) {
        self.flush();
        self.out += &format!("\n{text}\n");
    }

    /// A line of its own in a part.
    pub(super) fn line(&mut self, text: &str) {
        self.flush();
        self.out += &format!("    {text}\n");
    }

    /// What is so, and where it stands; the latter may be empty.
    pub(super) fn row(&mut self, label: &str, text: &str, at: &str) {
        self.rows.push([label.to_owned(), text.to_owned(), at.to_owned()]);
    }

    pub(super) fn finish(mut self) -> String {
        self.flush();
        self.out
    }

    /// Writes the rows so far, aligned with each other.
    fn flush(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        let width = |column: usize| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.filter(|width| *width <= WIDEST).max().unwrap_or(0)
        };
        let (first, second) = (width(0), width(1));
        for [label, text, at] in &rows {
            let at = self.styled("2", at);
            let line = format!("  {label:<first$}  {text:<second$}  {at}");
            self.out += line.trim_end();
            self.out.push('\n');
        }
    }

    fn styled(&self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
