//! A piece of a message head by its offsets, so that a parsed head borrows nothing.

/// The bytes from `start` (included) to `end` (excluded) of a head. Heads are smaller than 64 KiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The offset of the first byte.
    pub start: u16,
    /// The offset behind the last byte.
    pub end: u16,
}

impl Span {
    /// The bytes the span names; empty when `head` is not the head the span was made for.
    #[must_use]
    #[inline]
    pub fn of(self, head: &[u8]) -> &[u8] {
        head.get(usize::from(self.start)..usize::from(self.end)).unwrap_or_default()
    }

    /// The number of bytes.
    #[must_use]
    #[inline]
    pub fn len(self) -> usize {
        usize::from(self.end.saturating_sub(self.start))
    }

    /// Whether there are no bytes.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// The span of `piece` within `whole`. Both ends saturate: a piece from elsewhere gives a span that reads as empty
    /// or as some other part of the head, never out of bounds.
    #[inline]
    pub(crate) fn locate(whole: &[u8], piece: &[u8]) -> Self {
        let start = (piece.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
        Self::at(start, start.wrapping_add(piece.len()))
    }

    /// The span between two offsets, each cut to 16 bits.
    #[inline]
    pub(crate) fn at(start: usize, end: usize) -> Self {
        let short = |offset: usize| u16::try_from(offset).unwrap_or(u16::MAX);
        Self { start: short(start), end: short(end) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_names_its_bytes_and_never_panics() {
        let head = b"GET / HTTP/1.1";
        assert_eq!(Span { start: 4, end: 5 }.of(head), b"/");
        assert_eq!(Span { start: 4, end: 5 }.len(), 1);
        assert_eq!(Span { start: 9, end: 4 }.of(head), b"");
        assert_eq!(Span { start: 9, end: 4 }.len(), 0);
        assert!(Span { start: 9, end: 4 }.is_empty());
        assert_eq!(Span { start: 0, end: 400 }.of(head), b"");
    }

    #[test]
    fn a_piece_is_located_by_its_address() {
        let head = b"GET / HTTP/1.1";
        assert_eq!(Span::locate(head, &head[4..5]), Span { start: 4, end: 5 });
        assert_eq!(Span::locate(head, &head[14..]), Span { start: 14, end: 14 });
    }
}
