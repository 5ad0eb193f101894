//! The chunked transfer coding (RFC 9112 section 7.1), one byte at a time where it is framing and in one go where it is
//! data.
//!
//! Strict, because upstreams disagree on everything that is not: sizes are digits only, lines end with CRLF, extensions
//! are checked and never forwarded. Chunks and trailers go on as they came.

mod extension;
mod trailer;

use self::extension::{Extension, Next};
use self::trailer::Trailer;
pub use self::trailer::TrailerName;
use super::ascii;
use super::{Coding, Step, Violation};

/// The most hexadecimal digits of a chunk size: as many as fit 64 bits.
const MOST_DIGITS: u8 = 16;

/// Follows one chunked body.
#[derive(Clone, Debug)]
pub(super) struct Chunked {
    coding: Coding,
    state: State,
    /// Bytes of extensions on this line.
    line_bytes: u16,
    /// Bytes of extensions over the whole body.
    body_bytes: u16,
    trailer: Trailer,
}

/// ```text
/// Size --CR--> SizeLf --LF--> Data --size bytes--> DataCr --CR--> DataLf --LF--> Size
///   |            ^  |
///   +--;--> Extension  size 0: Trailer --empty line--> Done
/// ```
#[derive(Clone, Copy, Debug)]
enum State {
    /// In the size, after so many digits.
    Size { size: u64, digits: u8 },
    /// In the extensions of a chunk of this size.
    Extension { size: u64, inner: Extension },
    /// Behind the CR of the line with this size.
    SizeLf { size: u64 },
    /// So many bytes of data are left; at least one.
    Data { left: u64 },
    /// Behind the data.
    DataCr,
    /// Behind the CR that follows the data.
    DataLf,
    /// Behind the last chunk.
    Trailer,
    /// Behind the empty line.
    Done,
}

impl State {
    const START: State = State::Size { size: 0, digits: 0 };
}

impl Chunked {
    pub(super) fn new(coding: Coding) -> Self {
        Self { coding, state: State::START, line_bytes: 0, body_bytes: 0, trailer: Trailer::default() }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// What to do with the input: one answer for the longest run of bytes with the same fate. Trailers that `refuses` is
    /// true of are forbidden.
    pub(super) fn step(
        &mut self,
        input: &[u8],
        data: &mut u64,
        refuses: impl Fn(TrailerName<'_>) -> bool,
    ) -> Result<Step, Violation> {
        if self.is_done() {
            return Ok(Step::End);
        }
        let Some(first) = input.first() else { return Ok(Step::More) };
        let fate = self.forwards(*first);
        let mut at = 0;
        while let Some(byte) = input.get(at).copied() {
            if self.is_done() || self.forwards(byte) != fate {
                break;
            }
            if let State::Data { left } = self.state {
                let take = usize::try_from(left).map_or(input.len() - at, |left| left.min(input.len() - at));
                *data = data.saturating_add(take as u64);
                let left = left - take as u64;
                self.state = if left == 0 { State::DataCr } else { State::Data { left } };
                at += take;
            } else {
                self.state = self.next(byte, &refuses)?;
                at += 1;
            }
        }
        Ok(if fate { Step::Forward(at) } else { Step::Drop(at) })
    }

    /// Whether the next byte, which is `byte`, goes on.
    fn forwards(&self, byte: u8) -> bool {
        match (self.coding, self.state) {
            (Coding::Strip, state) => matches!(state, State::Data { .. }),
            // Extensions are of this hop only. They begin with what is no digit and end before the CR.
            (Coding::Keep, State::Size { .. }) => byte == b'\r' || byte.is_ascii_alphanumeric(),
            (Coding::Keep, State::Extension { .. }) => byte == b'\r',
            (Coding::Keep, _) => true,
        }
    }

    fn next(&mut self, byte: u8, refuses: impl Fn(TrailerName<'_>) -> bool) -> Result<State, Violation> {
        match self.state {
            State::Size { size, digits } => self.in_size(size, digits, byte),
            State::Extension { size, inner } => self.in_extension(size, inner, byte),
            State::SizeLf { size } => match (byte, size) {
                (b'\n', 0) => Ok(State::Trailer),
                (b'\n', left) => Ok(State::Data { left }),
                _ => Err(Violation::BareCr),
            },
            State::DataCr => match byte {
                b'\r' => Ok(State::DataLf),
                _ => Err(Violation::ChunkEnd),
            },
            State::DataLf => match byte {
                b'\n' => Ok(State::START),
                _ => Err(Violation::ChunkEnd),
            },
            State::Trailer => Ok(if self.trailer.take(byte, refuses)? { State::Done } else { State::Trailer }),
            // Data is not taken byte by byte, and nothing follows the end.
            State::Data { .. } | State::Done => Ok(self.state),
        }
    }

    fn in_size(&mut self, size: u64, digits: u8, byte: u8) -> Result<State, Violation> {
        if let Some(digit) = ascii::hex(byte) {
            if digits == MOST_DIGITS {
                return Err(Violation::ChunkSizeOverflow);
            }
            return Ok(State::Size { size: size << 4 | u64::from(digit), digits: digits + 1 });
        }
        match byte {
            _ if digits == 0 => Err(Violation::ChunkSize),
            b'\r' => Ok(State::SizeLf { size }),
            b'\n' => Err(Violation::BareLf),
            b';' | b' ' | b'\t' => {
                self.line_bytes = 0;
                self.in_extension(size, Extension::START, byte)
            }
            _ => Err(Violation::ChunkSize),
        }
    }

    fn in_extension(&mut self, size: u64, inner: Extension, byte: u8) -> Result<State, Violation> {
        match inner.next(byte)? {
            Next::Line => Ok(State::SizeLf { size }),
            Next::Extension(inner) => {
                self.line_bytes += 1;
                self.body_bytes += 1;
                if self.line_bytes > extension::MOST_LINE_BYTES || self.body_bytes > extension::MOST_BODY_BYTES {
                    return Err(Violation::ChunkExtensionTooLong);
                }
                Ok(State::Extension { size, inner })
            }
        }
    }
}

#[cfg(test)]
mod tests;
