//! Follows a message body through its bytes, so that its end is known and every byte of framing is checked.
//!
//! It never stores payload and never looks ahead: each step says how many of the bytes at hand go on, are left out, or
//! that the body is over. Read on in `chunked.rs` for the chunked coding.

use super::chunked::{Chunked, TrailerName};
use super::{Framing, Violation};

/// What becomes of the chunk framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// It is forwarded as it came, without chunk extensions.
    Keep,
    /// Only the data is forwarded: for an HTTP/1.0 client, whose body ends with the connection.
    Strip,
}

/// What to do with the input of a [`BodyDecoder::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The next so many bytes go on; at least one.
    Forward(usize),
    /// The next so many bytes are left out; at least one.
    Drop(usize),
    /// The input is used up and the body is not over.
    More,
    /// The body ended before the first byte of the input.
    End,
}

/// Follows one body.
#[derive(Clone, Debug)]
pub struct BodyDecoder {
    state: State,
    data: u64,
}

/// ```text
/// Length(n) --n bytes--> Length(0)      Chunked --last CRLF--> Chunked (done)      UntilClose --(close)--> over
/// ```
#[derive(Clone, Debug)]
enum State {
    /// So many bytes are still to come.
    Length(u64),
    Chunked(Chunked),
    UntilClose,
}

impl BodyDecoder {
    /// A decoder at the beginning of a body with this framing.
    #[must_use]
    pub fn new(framing: Framing, coding: Coding) -> Self {
        let state = match framing {
            Framing::None => State::Length(0),
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunked::new(coding)),
            Framing::UntilClose => State::UntilClose,
        };
        Self { state, data: 0 }
    }

    /// What to do with `input`, the bytes behind those of the steps before. To be called again with the rest, until the
    /// answer is [`Step::More`] or [`Step::End`].
    ///
    /// # Errors
    /// The first rule of the chunked coding that the bytes break. Bytes of the same input before it are lost, which is
    /// meant: the message is given up. After an error the decoder must not be used again.
    pub fn step(&mut self, input: &[u8]) -> Result<Step, Violation> {
        self.step_guarded(input, |_| false)
    }

    /// As [`BodyDecoder::step`], and a trailer of whose name `refuses` is true breaks a rule as well. It is asked when a
    /// name has come to its end, once for each.
    ///
    /// # Errors
    /// See [`BodyDecoder::step`].
    pub fn step_guarded(&mut self, input: &[u8], refuses: impl Fn(TrailerName<'_>) -> bool) -> Result<Step, Violation> {
        match &mut self.state {
            State::Length(0) => Ok(Step::End),
            State::Length(_) | State::UntilClose if input.is_empty() => Ok(Step::More),
            State::Length(left) => {
                let take = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                *left -= take as u64;
                self.data += take as u64;
                Ok(Step::Forward(take))
            }
            State::UntilClose => {
                self.data += input.len() as u64;
                Ok(Step::Forward(input.len()))
            }
            State::Chunked(chunked) => chunked.step(input, &mut self.data, refuses),
        }
    }

    /// Whether the body is complete. One that lasts until the close never is.
    #[must_use]
    pub fn is_done(&self) -> bool {
        match &self.state {
            State::Length(left) => *left == 0,
            State::Chunked(chunked) => chunked.is_done(),
            State::UntilClose => false,
        }
    }

    /// Payload bytes so far, framing and trailers not counted.
    #[must_use]
    pub fn data_bytes(&self) -> u64 {
        self.data
    }

    /// Whether the sender may close the connection at this point.
    ///
    /// # Errors
    /// [`Violation::BodyTruncated`] when the body is not complete.
    pub fn at_close(&self) -> Result<(), Violation> {
        if self.is_done() || matches!(self.state, State::UntilClose) { Ok(()) } else { Err(Violation::BodyTruncated) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_counted_down_over_any_split() {
        let mut body = BodyDecoder::new(Framing::Length(5), Coding::Keep);
        assert_eq!(body.step(b""), Ok(Step::More));
        assert_eq!(body.step(b"ab"), Ok(Step::Forward(2)));
        assert_eq!(body.at_close(), Err(Violation::BodyTruncated));
        assert_eq!(body.step(b"cdeGET /"), Ok(Step::Forward(3)));
        assert_eq!(body.step(b"GET /"), Ok(Step::End));
        assert!(body.is_done());
        assert_eq!(body.data_bytes(), 5);
        assert_eq!(body.at_close(), Ok(()));
    }

    #[test]
    fn no_body_is_over_at_once() {
        let mut body = BodyDecoder::new(Framing::None, Coding::Keep);
        assert!(body.is_done());
        assert_eq!(body.step(b"GET /"), Ok(Step::End));
        assert_eq!(body.step(b""), Ok(Step::End));
    }

    #[test]
    fn a_close_ends_what_lasts_until_it() {
        let mut body = BodyDecoder::new(Framing::UntilClose, Coding::Keep);
        assert_eq!(body.step(b"abc"), Ok(Step::Forward(3)));
        assert_eq!(body.step(b""), Ok(Step::More));
        assert!(!body.is_done());
        assert_eq!(body.at_close(), Ok(()));
        assert_eq!(body.data_bytes(), 3);
    }
}
