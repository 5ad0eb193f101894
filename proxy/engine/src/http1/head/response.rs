//! A response head (RFC 9112 sections 4, 5 and 6).

use std::mem::MaybeUninit;

use super::fields::Fields;
use super::{Field, FieldId, Framing, Limits, Version, diagnose, framing};
use crate::http1::{Method, Span, Violation};

/// A parsed response head. Reusable: [`ResponseHead::parse`] overwrites it and keeps its buffers.
#[derive(Debug)]
pub struct ResponseHead {
    status: u16,
    version: Version,
    /// Behind the version: a space, the status and the reason phrase.
    status_line: Span,
    fields: Fields,
    framing: Framing,
}

impl Default for ResponseHead {
    fn default() -> Self {
        Self::new()
    }
}

impl ResponseHead {
    /// A head to parse into. Until a parse succeeds its answers mean nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            status: 0,
            version: Version::Http10,
            status_line: Span::default(),
            fields: Fields::default(),
            framing: Framing::None,
        }
    }

    /// Parses the head at the beginning of `bytes`, which answers a request with `method`. The answer is the length of the
    /// head with its empty line, or `None` when more bytes are needed; the head's own answers hold only after a length
    /// was given.
    ///
    /// # Errors
    /// The first rule that was found broken, the limits included.
    pub fn parse(&mut self, bytes: &[u8], limits: Limits, method: Method) -> Result<Option<usize>, Violation> {
        // Nothing may stand before a status line; `httparse` would skip empty lines.
        match bytes.first() {
            Some(b'\r' | b'\n') => return Err(Violation::EmptyLines),
            Some(_) => {}
            None => return Ok(None),
        }
        let mut slots = [const { MaybeUninit::uninit() }; Limits::MOST_FIELDS];
        let slots = slots.get_mut(..limits.fields()).unwrap_or_default();
        let mut parsed = httparse::Response::new(&mut []);
        let config = httparse::ParserConfig::default();
        let length = match config.parse_response_with_uninit_headers(&mut parsed, bytes, slots) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if bytes.len() < limits.bytes() => return Ok(None),
            Ok(httparse::Status::Partial) => return Err(Violation::HeadTooLarge),
            Err(error) => return Err(diagnose::response(bytes, error)),
        };
        if length > limits.bytes() {
            return Err(Violation::HeadTooLarge);
        }
        self.take(bytes.get(..length).unwrap_or_default(), &parsed, method)?;
        Ok(Some(length))
    }

    fn take(&mut self, head: &[u8], parsed: &httparse::Response<'_, '_>, method: Method) -> Result<(), Violation> {
        self.status = parsed.code.unwrap_or_default();
        self.version = if parsed.version == Some(1) { Version::Http11 } else { Version::Http10 };
        if !(100..600).contains(&self.status) {
            return Err(Violation::StatusInvalid);
        }
        let end = memchr::memchr(b'\n', head).unwrap_or_default().wrapping_sub(1);
        if head.get(end) != Some(&b'\r') {
            return Err(Violation::BareLf);
        }
        self.status_line = Span::at("HTTP/1.1".len(), end);
        self.fields.read(head, parsed.headers)?;
        let declared = framing::declared(head, &self.fields, self.version)?;
        // RFC 9112 section 6.3, rule 1: these never have a body, whatever their fields say.
        let bodiless = method == Method::Head || self.status < 200 || matches!(self.status, 204 | 304);
        self.framing = if bodiless { Framing::None } else { declared.unwrap_or(Framing::UntilClose) };
        Ok(())
    }
}

/// What the head says.
impl ResponseHead {
    /// The status code, 100 to 599.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The version of the status line.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The fields in their order.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        self.fields.list()
    }

    /// The value of the first field of this name, in any case.
    #[must_use]
    pub fn find<'a>(&self, head: &'a [u8], name: &str) -> Option<&'a [u8]> {
        self.fields.find(head, name)
    }

    /// The value of the first field of a known name.
    #[must_use]
    pub fn field<'a>(&self, head: &'a [u8], id: FieldId) -> Option<&'a [u8]> {
        self.fields.first(id).map(|span| span.of(head))
    }

    /// How the end of the body is found. [`Framing::None`] for answers to HEAD and for 1xx, 204 and 304.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the upstream lets the connection be used again after this message (RFC 9112 section 9.3).
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        let options = self.fields.options();
        self.framing != Framing::UntilClose && !options.close && (self.version == Version::Http11 || options.keep_alive)
    }

    /// Whether another head follows for the same request: 1xx, but not 101.
    #[must_use]
    pub fn is_interim(&self) -> bool {
        self.status < 200 && self.status != 101
    }

    /// Whether the connection speaks another protocol from here on: 101.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        self.status == 101
    }

    /// A space, the status code, a space and the reason phrase, as written.
    pub(in crate::http1) fn status_line<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        self.status_line.of(head)
    }

    /// The value of the only field of a known name.
    pub(in crate::http1) fn sole(&self, id: FieldId) -> Option<Span> {
        if self.fields.repeated(id) { None } else { self.fields.first(id) }
    }

    /// Whether a known name occurs.
    pub(in crate::http1) fn has(&self, id: FieldId) -> bool {
        self.fields.has(id)
    }

    /// The offset of the empty line that ends the head.
    pub(in crate::http1) fn fields_end(&self) -> u16 {
        self.fields.end()
    }
}

#[cfg(test)]
mod tests;
