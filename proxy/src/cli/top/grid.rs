//! Lines of styled text, and tables whose columns are as wide as they have to be.

/// How a piece of text looks, where there are colours. It never says anything that the text does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Strong,
    Quiet,
    Good,
    Warning,
    Bad,
}

impl Style {
    /// The attributes of ECMA-48 SGR.
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "0",
            Style::Strong => "1",
            Style::Quiet => "2",
            Style::Good => "32",
            Style::Warning => "33",
            Style::Bad => "1;31",
        }
    }
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    text: String,
    style: Style,
}

/// A piece of text. What could be a command to the terminal is replaced: it may come from anywhere.
pub(super) fn piece(text: impl AsRef<str>, style: Style) -> Piece {
    let text = text.as_ref().chars().map(|one| if one.is_control() { '?' } else { one }).collect();
    Piece { text, style }
}

/// A line of pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(Vec<Piece>);

impl Line {
    /// A line of these.
    pub(super) fn of(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self(pieces.into_iter().collect())
    }

    /// At most `width` characters of it, with colours or without.
    pub(super) fn render(&self, width: usize, colours: bool) -> String {
        let (mut rendered, mut left) = (String::new(), width);
        for Piece { text, style } in &self.0 {
            let cut: String = text.chars().take(left).collect();
            left -= cut.chars().count();
            if colours && *style != Style::Plain && !cut.is_empty() {
                rendered += &format!("\x1b[{}m{cut}\x1b[0m", style.code());
            } else {
                rendered += &cut;
            }
        }
        if colours { rendered } else { rendered.trim_end().to_owned() }
    }
}

/// Which side of its column a text keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// A table: its columns, then its rows, which have as many cells.
pub(super) fn table(columns: &[(&str, Side)], rows: Vec<Vec<Piece>>) -> Vec<Line> {
    let heads = columns.iter().map(|(name, _)| piece(name, Style::Strong)).collect();
    let rows: Vec<Vec<Piece>> = std::iter::once(heads).chain(rows).collect();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(length).max().unwrap_or(0);
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let padded = |(cell, ((_, side), width)): (Piece, (&(&str, Side), &usize))| {
        let gap = piece(" ".repeat(width - length(&cell)), Style::Plain);
        let between = piece("  ", Style::Plain);
        match side {
            Side::Left => [cell, gap, between],
            Side::Right => [gap, cell, between],
        }
    };
    let line = |row: Vec<Piece>| Line::of(row.into_iter().zip(columns.iter().zip(&widths)).flat_map(padded));
    rows.into_iter().map(line).collect()
}

fn length(piece: &Piece) -> usize {
    piece.text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_are_cut() {
        let rows = vec![
            vec![piece("a", Style::Plain), piece("1,000", Style::Bad)],
            vec![piece("long\x1b[2J", Style::Plain), piece("2", Style::Good)],
        ];
        let lines = table(&[("NAME", Side::Left), ("N", Side::Right)], rows);
        let plain: Vec<_> = lines.iter().map(|line| line.render(80, false)).collect();
        assert_eq!(plain, ["NAME          N", "a         1,000", "long?[2J      2"]);
        assert_eq!(lines[1].render(12, false), "a         1,");
        assert_eq!(lines[1].render(12, true), "a         \x1b[1;31m1,\x1b[0m");
    }
}
