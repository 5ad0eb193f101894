//! The field lines of a head: gathered once, classified once, with the strict checks that `httparse` leaves out.
//!
//! `httparse` has already made sure of field-name and value characters and refused folded lines and spaces before the
//! colon. What it accepts and this file does not: a line that ends with LF alone.

use super::connection::ConnectionOptions;
use super::field::{Field, FieldId};
use crate::http1::{Span, Violation};

/// The fields of one head, with what is known about all of them together.
#[derive(Debug, Default)]
pub(super) struct Fields {
    list: Vec<Field>,
    /// The known names that occur, as bits.
    seen: u32,
    /// The known names that occur more than once, as bits.
    twice: u32,
    options: ConnectionOptions,
    /// The offset of the empty line.
    end: u16,
}

impl Fields {
    /// Takes over the fields of a head whose last byte is the last of the empty line.
    pub(super) fn read(&mut self, head: &[u8], parsed: &[httparse::Header<'_>]) -> Result<(), Violation> {
        self.list.clear();
        let (mut seen, mut twice) = (0, 0);
        let mut tidy = head.ends_with(b"\r\n\r\n");
        for header in parsed {
            let name = Span::locate(head, header.name.as_bytes());
            let start = usize::from(name.start);
            // The line before this one ends right here. `httparse` accepts CRLF and LF.
            tidy &= head.get(start.wrapping_sub(2)..start) == Some(b"\r\n");
            let id = FieldId::of(header.name.as_bytes());
            twice |= seen & id.bit();
            seen |= id.bit();
            self.list.push(Field { name, value: Span::locate(head, header.value), id, hop_only: false });
        }
        if !tidy {
            return Err(Violation::BareLf);
        }
        self.seen = seen;
        self.twice = twice;
        self.end = Span::at(head.len().saturating_sub(2), 0).start;
        self.options = ConnectionOptions::default();
        if self.has(FieldId::Connection) { self.read_connection(head) } else { Ok(()) }
    }

    fn read_connection(&mut self, head: &[u8]) -> Result<(), Violation> {
        let mut nominations = 0;
        for at in 0..self.list.len() {
            if let Some(Field { id: FieldId::Connection, value, .. }) = self.list.get(at).copied() {
                self.options.read(head, value, &mut self.list, &mut nominations)?;
            }
        }
        Ok(())
    }

    /// All fields in their order.
    #[inline]
    pub(super) fn list(&self) -> &[Field] {
        &self.list
    }

    /// The known names that occur, as bits.
    #[inline]
    pub(super) fn seen(&self) -> u32 {
        self.seen
    }

    /// Whether the name occurs.
    #[inline]
    pub(super) fn has(&self, id: FieldId) -> bool {
        self.seen & id.bit() != 0
    }

    /// Whether the name occurs more than once.
    #[inline]
    pub(super) fn repeated(&self, id: FieldId) -> bool {
        self.twice & id.bit() != 0
    }

    /// What the `Connection` fields say.
    #[inline]
    pub(super) fn options(&self) -> ConnectionOptions {
        self.options
    }

    /// The offset of the empty line that ends the head.
    #[inline]
    pub(super) fn end(&self) -> u16 {
        self.end
    }

    /// The value of the first field of a known name.
    #[inline]
    pub(super) fn first(&self, id: FieldId) -> Option<Span> {
        if self.has(id) { self.all(id).next() } else { None }
    }

    /// The values of all fields of a known name.
    pub(super) fn all(&self, id: FieldId) -> impl Iterator<Item = Span> {
        self.list.iter().filter(move |field| field.id == id).map(|field| field.value)
    }

    /// The value of the first field of any name.
    pub(super) fn find<'a>(&self, head: &'a [u8], name: &str) -> Option<&'a [u8]> {
        let id = FieldId::of(name.as_bytes());
        if !self.has(id) {
            return None;
        }
        let same = |field: &&Field| {
            field.id == id && (id != FieldId::Other || field.name.of(head).eq_ignore_ascii_case(name.as_bytes()))
        };
        self.list.iter().find(same).map(|field| field.value.of(head))
    }
}
