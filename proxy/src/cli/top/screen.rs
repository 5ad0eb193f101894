//! The terminal: a screen of its own that is left as it was found, however this ends.
//!
//! Plain ECMA-48 by hand: the few sequences that are needed are understood by every terminal there is.

use std::io::{self, IsTerminal, Read, Write};
use std::thread;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use tokio::sync::mpsc::{Receiver, channel};

use super::grid::{Line, Style, piece};

/// The alternate screen, without a cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";
/// Back to how it was.
const LEAVE: &[u8] = b"\x1b[?25h\x1b[?1049l";
/// When a terminal does not say how large it is.
const ORDINARY: (usize, usize) = (80, 24);

/// Whether colours are wanted: on a terminal, unless `NO_COLOR` is set (no-color.org).
fn colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The screen while it is ours.
#[derive(Debug)]
pub(super) struct Screen {
    /// How the terminal read its keys before.
    former: Option<Termios>,
    colours: bool,
}

impl Screen {
    /// Takes the screen, and has keys come at once and unseen.
    ///
    /// # Errors
    /// When the terminal takes no output.
    pub(super) fn enter() -> io::Result<Self> {
        let former = tcgetattr(io::stdin()).ok();
        if let Some(former) = &former {
            let mut modes = former.clone();
            modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            // Stopped from the keyboard, it would leave the shell on a screen that is not the shell's.
            modes.special_codes[SpecialCodeIndex::VSUSP] = 0;
            tcsetattr(io::stdin(), OptionalActions::Now, &modes)?;
        }
        // From here on dropping it restores everything.
        let screen = Self { former, colours: colours() };
        let mut out = io::stdout().lock();
        out.write_all(ENTER)?;
        out.flush()?;
        Ok(screen)
    }

    /// The keys that are pressed. They are read on a thread, which ends with the process.
    pub(super) fn keys() -> Receiver<u8> {
        let (sender, keys) = channel(16);
        thread::spawn(move || {
            let mut key = [0];
            while io::stdin().read(&mut key).is_ok_and(|length| length > 0) && sender.blocking_send(key[0]).is_ok() {}
        });
        keys
    }

    /// Draws the lines, as far as there is room.
    ///
    /// # Errors
    /// When the terminal takes no output.
    pub(super) fn draw(&mut self, lines: &[Line]) -> io::Result<()> {
        let size = tcgetwinsize(io::stdout()).ok().map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
        let (columns, rows) = size.filter(|(columns, rows)| *columns > 0 && *rows > 0).unwrap_or(ORDINARY);
        let mut out = io::stdout().lock();
        out.write_all(picture(lines, columns, rows, self.colours).as_bytes())?;
        out.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The terminal may be gone, and then there is nothing to restore.
        let mut out = io::stdout().lock();
        let _ = out.write_all(LEAVE).and_then(|()| out.flush());
        if let Some(former) = &self.former {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, former);
        }
    }
}

/// Everything anew from the upper left corner, each line cleared behind its end, and what is below.
fn picture(lines: &[Line], columns: usize, rows: usize, colours: bool) -> String {
    let hidden = lines.len().saturating_sub(rows);
    let shown = if hidden > 0 { rows.saturating_sub(1) } else { lines.len() };
    let mut rendered: Vec<_> = lines.iter().take(shown).map(|line| line.render(columns, colours)).collect();
    if hidden > 0 {
        let note = format!("... {} more lines; make the window taller", lines.len() - shown);
        rendered.push(Line::of([piece(note, Style::Quiet)]).render(columns, colours));
    }
    format!("\x1b[H{}\x1b[K\x1b[J", rendered.join("\x1b[K\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_no_line_is_longer_than_the_window() {
        let lines: Vec<_> = ["one", "two", "three"].iter().map(|text| Line::of([piece(text, Style::Plain)])).collect();
        let all = picture(&lines, 10, 3, false);
        assert_eq!(all, "\x1b[Hone\x1b[K\r\ntwo\x1b[K\r\nthree\x1b[K\x1b[J");
        let some = picture(&lines, 6, 2, false);
        assert_eq!(some, "\x1b[Hone\x1b[K\r\n... 2\x1b[K\x1b[J");
    }
}
