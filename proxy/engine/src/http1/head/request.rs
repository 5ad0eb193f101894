//! A request head (RFC 9112 sections 2, 3 and 5).
//!
//! Where to read on: `target.rs` for the request target, `framing.rs` for the body, `connection.rs` for the connection.

use std::mem::MaybeUninit;

use super::fields::Fields;
use super::{Field, FieldId, Framing, Limits, Version, diagnose, framing};
use crate::http1::ascii;
use crate::http1::target::{Path, Target};
use crate::http1::{Method, Span, Violation, host};

/// A parsed request head. Reusable: [`RequestHead::parse`] overwrites it and keeps its buffers.
#[derive(Debug)]
pub struct RequestHead {
    method: Method,
    method_token: Span,
    version: Version,
    target: Target,
    /// The path in normal form, when the one in the head is not.
    normal: Vec<u8>,
    fields: Fields,
    authority: Span,
    host: Span,
    framing: Framing,
    expects_continue: bool,
    upgrade: Option<Span>,
}

impl Default for RequestHead {
    fn default() -> Self {
        Self::new()
    }
}

impl RequestHead {
    /// A head to parse into. Until a parse succeeds its answers are those of an empty HTTP/1.0 request.
    #[must_use]
    pub fn new() -> Self {
        Self {
            method: Method::Extension,
            method_token: Span::default(),
            version: Version::Http10,
            target: Target::default(),
            normal: Vec::new(),
            fields: Fields::default(),
            authority: Span::default(),
            host: Span::default(),
            framing: Framing::None,
            expects_continue: false,
            upgrade: None,
        }
    }

    /// Parses the head at the beginning of `bytes`. The answer is the length of the head with its empty line, or `None`
    /// when more bytes are needed; the head's own answers hold only after a length was given.
    ///
    /// # Errors
    /// The first rule that was found broken, the limits included.
    pub fn parse(&mut self, bytes: &[u8], limits: Limits) -> Result<Option<usize>, Violation> {
        let Some(skipped) = diagnose::empty_lines(bytes)? else { return Ok(None) };
        let window = bytes.get(skipped..).unwrap_or_default();
        let mut slots = [const { MaybeUninit::uninit() }; Limits::MOST_FIELDS];
        let slots = slots.get_mut(..limits.fields()).unwrap_or_default();
        let mut parsed = httparse::Request::new(&mut []);
        let length = match parsed.parse_with_uninit_headers(window, slots) {
            Ok(httparse::Status::Complete(length)) => skipped + length,
            Ok(httparse::Status::Partial) if bytes.len() < limits.bytes() => return Ok(None),
            Ok(httparse::Status::Partial) => return Err(diagnose::too_large(bytes, limits)),
            Err(error) => return Err(diagnose::request(window, error)),
        };
        if length > limits.bytes() {
            return Err(diagnose::too_large(bytes, limits));
        }
        self.take(bytes.get(..length).unwrap_or_default(), &parsed)?;
        Ok(Some(length))
    }

    fn take(&mut self, head: &[u8], parsed: &httparse::Request<'_, '_>) -> Result<(), Violation> {
        let method = parsed.method.unwrap_or_default().as_bytes();
        let target = Span::locate(head, parsed.path.unwrap_or_default().as_bytes());
        self.method_token = Span::locate(head, method);
        self.method = Method::from_token(method);
        self.version = if parsed.version == Some(1) { Version::Http11 } else { Version::Http10 };
        // After the target come a space, eight bytes of version and the end of the line; the fields check theirs.
        let end = usize::from(target.end) + " HTTP/1.1".len();
        if head.get(end..end + 2) != Some(b"\r\n") {
            return Err(Violation::BareLf);
        }
        // RFC 9110 sections 9.3.6 and 9.3.8: a tunnel and an echo of credentials are no business of a gateway.
        if matches!(self.method, Method::Connect | Method::Trace) {
            return Err(Violation::MethodRefused);
        }
        self.target = Target::read(head, target, self.method, &mut self.normal)?;
        self.fields.read(head, parsed.headers)?;
        self.read_host(head)?;
        self.framing = framing::declared(head, &self.fields, self.version)?.unwrap_or(Framing::None);
        self.read_expectation(head)?;
        self.upgrade = self.wanted_upgrade(head);
        Ok(())
    }

    /// RFC 9112 section 3.2: exactly one valid Host in HTTP/1.1, whatever form the target has.
    fn read_host(&mut self, head: &[u8]) -> Result<(), Violation> {
        if self.fields.repeated(FieldId::Host) {
            return Err(Violation::HostDuplicate);
        }
        let field = self.fields.first(FieldId::Host);
        if let Some(authority) = field {
            self.set_authority(head, authority)?;
        } else if self.version == Version::Http11 {
            return Err(Violation::HostMissing);
        } else {
            self.authority = Span::default();
            self.host = Span::default();
        }
        // The authority of an absolute target wins over the field (RFC 9112 section 3.2.2).
        match self.target.authority {
            Some(authority) => self.set_authority(head, authority),
            None => Ok(()),
        }
    }

    fn set_authority(&mut self, head: &[u8], authority: Span) -> Result<(), Violation> {
        let length = host::host_length(authority.of(head)).ok_or(Violation::HostInvalid)?;
        let start = usize::from(authority.start);
        self.authority = authority;
        self.host = Span::at(start, start + length);
        Ok(())
    }

    /// RFC 9110 section 10.1.1. The expectation of an HTTP/1.0 client, or without a body, is ignored.
    fn read_expectation(&mut self, head: &[u8]) -> Result<(), Violation> {
        self.expects_continue = false;
        if !self.fields.has(FieldId::Expect) {
            return Ok(());
        }
        if !self.fields.all(FieldId::Expect).all(|value| value.of(head).eq_ignore_ascii_case(b"100-continue")) {
            return Err(Violation::ExpectationFailed);
        }
        self.expects_continue = self.version == Version::Http11 && self.has_body();
        Ok(())
    }

    /// RFC 9110 section 7.8 lets a server ignore an upgrade. Ignored are those with a body, where two readings of the
    /// bytes after it would be possible, and those to another HTTP or to TLS, which would lead requests past the routes.
    fn wanted_upgrade(&self, head: &[u8]) -> Option<Span> {
        if !self.fields.options().upgrade || self.version == Version::Http10 || self.has_body() {
            return None;
        }
        let value = self.fields.first(FieldId::Upgrade)?;
        if value.is_empty() || self.fields.repeated(FieldId::Upgrade) {
            return None;
        }
        let evades = |protocol: &[u8]| {
            let begins = |word: &[u8]| protocol.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
            begins(b"h2c") || begins(b"HTTP") || begins(b"TLS")
        };
        let mut protocols = value.of(head).split(|byte| *byte == b',').map(ascii::trim);
        (!protocols.any(evades)).then_some(value)
    }

    fn has_body(&self) -> bool {
        !matches!(self.framing, Framing::None | Framing::Length(0))
    }
}

/// What the head says.
impl RequestHead {
    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method as written.
    #[must_use]
    pub fn method_token<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        self.method_token.of(head)
    }

    /// The version of the request line.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The path in normal form (RFC 3986 section 6.2.2), which is what is matched and what is forwarded; `*` for
    /// `OPTIONS *`.
    #[must_use]
    pub fn path<'a>(&'a self, head: &'a [u8]) -> &'a [u8] {
        match self.target.path {
            Path::Written(span) => span.of(head),
            Path::Normalised => &self.normal,
            Path::Root => b"/",
            Path::Asterisk => b"*",
        }
    }

    /// The query without its question mark, as written.
    #[must_use]
    pub fn query<'a>(&self, head: &'a [u8]) -> Option<&'a [u8]> {
        self.target.query.map(|span| span.of(head))
    }

    /// The host without a port, as written. Empty only when an HTTP/1.0 client named none.
    #[must_use]
    pub fn host<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        self.host.of(head)
    }

    /// The host with the port, if any: what is forwarded as `Host`. Empty only when an HTTP/1.0 client named none.
    #[must_use]
    pub fn authority<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        self.authority.of(head)
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

    /// How the end of the body is found; never [`Framing::UntilClose`].
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the client wants to use the connection again (RFC 9112 section 9.3).
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        let options = self.fields.options();
        !options.close && (self.version == Version::Http11 || options.keep_alive)
    }

    /// Whether the client waits for `100 Continue` before it sends the body.
    #[must_use]
    pub fn expects_continue(&self) -> bool {
        self.expects_continue
    }

    /// The protocol the client wants to switch to: `Connection` names `upgrade`, `Upgrade` is there, the version is 1.1,
    /// there is no body, and the protocol is neither another HTTP nor TLS.
    #[must_use]
    pub fn upgrade<'a>(&self, head: &'a [u8]) -> Option<&'a [u8]> {
        self.upgrade.map(|span| span.of(head))
    }

    /// Whether the target is the server as a whole: `OPTIONS *`.
    #[must_use]
    pub fn is_asterisk(&self) -> bool {
        self.target.path == Path::Asterisk
    }

    /// Whether the client can take trailers (RFC 9110 section 10.1.4).
    #[must_use]
    pub fn takes_trailers(&self, head: &[u8]) -> bool {
        let trailers = |value: Span| {
            value
                .of(head)
                .split(|byte| *byte == b',')
                .any(|coding| ascii::trim(coding).eq_ignore_ascii_case(b"trailers"))
        };
        self.fields.has(FieldId::Te) && self.fields.all(FieldId::Te).any(trailers)
    }

    /// The values of all fields of a known name.
    pub(crate) fn all(&self, id: FieldId) -> impl Iterator<Item = Span> {
        self.fields.all(id)
    }

    /// Whether a known name occurs.
    pub(crate) fn has(&self, id: FieldId) -> bool {
        self.fields.has(id)
    }

    /// The offset of the empty line that ends the head.
    pub(in crate::http1) fn fields_end(&self) -> u16 {
        self.fields.end()
    }
}

#[cfg(test)]
mod tests;
