//! What writing a request and a response head have in common: copying kept fields, edits, single lines.

use crate::auth::Vouched;
use crate::config::HeaderEdits;
use crate::http1::{Field, FieldId};
use crate::limit::Limited;

/// The fields of a head in front of its empty line, and which of them go on.
pub(super) struct Kept<'a> {
    /// The head.
    pub(super) bytes: &'a [u8],
    /// Its fields.
    pub(super) fields: &'a [Field],
    /// The offset of its empty line.
    pub(super) end: u16,
    /// The known names that are left out, as bits.
    pub(super) dropped: u32,
    /// The edits that replace or remove fields.
    pub(super) edits: &'a HeaderEdits,
    /// The fields that only the gateway writes.
    pub(super) vouched: Vouched<'a>,
}

impl Kept<'_> {
    /// Appends the lines that are kept. Neighbours are copied together, with their line ends: a typical head is two or
    /// three copies.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut run = None;
        for field in self.fields {
            let line = usize::from(field.name.start);
            if self.keeps(field) {
                run = run.or(Some(line));
            } else if let Some(start) = run.take() {
                out.extend_from_slice(self.bytes.get(start..line).unwrap_or_default());
            }
        }
        if let Some(start) = run {
            out.extend_from_slice(self.bytes.get(start..usize::from(self.end)).unwrap_or_default());
        }
    }

    #[inline]
    fn keeps(&self, field: &Field) -> bool {
        if self.dropped & field.id.bit() != 0 || field.hop_only {
            return false;
        }
        if !self.vouched.fields.is_empty() && self.vouched.drops(field.name.of(self.bytes)) {
            return false;
        }
        self.edits.is_empty() || is_framing(field.id) || !self.edits.drops(field.name.of(self.bytes))
    }
}

/// Whether a field says where the message ends: no edit touches these.
fn is_framing(id: FieldId) -> bool {
    matches!(id, FieldId::ContentLength | FieldId::TransferEncoding | FieldId::Connection)
}

/// Whether the gateway's own field of this name is written: not when the route removes or sets it.
#[inline]
pub(super) fn adds(edits: &HeaderEdits, name: &str) -> bool {
    edits.is_empty() || !edits.drops(name.as_bytes())
}

/// The value that the edits give to a field.
pub(super) fn set_value<'a>(edits: &'a HeaderEdits, name: &str) -> Option<&'a str> {
    edits.set.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

/// Appends the fields that the edits set, but those in `except`.
pub(super) fn write_set(out: &mut Vec<u8>, edits: &HeaderEdits, except: FieldId) {
    for (name, value) in &edits.set {
        let id = FieldId::of(name.as_bytes());
        if !is_framing(id) && (id != except || id == FieldId::Other) {
            write_line(out, &[name.as_bytes(), b": ", value.as_bytes()]);
        }
    }
}

/// Appends what the client is told about its limits.
pub(super) fn write_limits(out: &mut Vec<u8>, limited: &Limited<'_>) {
    if limited.told.is_empty() {
        return;
    }
    out.extend_from_slice(b"ratelimit-policy: ");
    limited.write_policy(out);
    out.extend_from_slice(b"\r\nratelimit: ");
    limited.write_state(out);
    out.extend_from_slice(b"\r\n");
}

/// Appends the pieces and the end of the line.
#[inline]
pub(super) fn write_line(out: &mut Vec<u8>, pieces: &[&[u8]]) {
    for piece in pieces {
        out.extend_from_slice(piece);
    }
    out.extend_from_slice(b"\r\n");
}
