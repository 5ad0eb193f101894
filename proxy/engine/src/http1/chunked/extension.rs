//! The grammar of chunk extensions (RFC 9112 section 7.1.1), which are checked and then dropped.

use crate::http1::Violation;
use crate::http1::ascii::{self, QUOTED, TOKEN, VALUE};

/// The most bytes of extensions behind one chunk size. Real ones are a signature.
pub(super) const MOST_LINE_BYTES: u16 = 256;

/// The most bytes of extensions in one body: many small chunks with long extensions are an attack.
pub(super) const MOST_BODY_BYTES: u16 = 16 * 1024;

/// ```text
/// chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    /// A semicolon must follow, after white space.
    Semicolon,
    /// Behind a semicolon: the name must follow.
    NameStart,
    /// In a name.
    Name,
    /// Behind a name and white space: an equals sign or a semicolon must follow.
    NameEnd,
    /// Behind an equals sign: the value must follow.
    ValueStart,
    /// In a value that is a token.
    Token,
    /// In a quoted string.
    Quoted,
    /// Behind a backslash in a quoted string.
    Escaped,
    /// Behind a quoted string.
    QuotedEnd,
}

/// Where a byte leads.
pub(super) enum Next {
    /// The byte is part of the extensions.
    Extension(Extension),
    /// The byte is the CR that ends the line.
    Line,
}

impl Extension {
    /// Before the first byte behind the chunk size.
    pub(super) const START: Extension = Extension::Semicolon;

    /// The state behind `byte`.
    pub(super) fn next(self, byte: u8) -> Result<Next, Violation> {
        use Extension::{Escaped, Name, NameEnd, NameStart, Quoted, QuotedEnd, Semicolon, Token, ValueStart};
        let token = ascii::is(byte, TOKEN);
        let state = match (self, byte) {
            (Semicolon | Name | NameEnd | Token | QuotedEnd, b';') => NameStart,
            (Semicolon | Token | QuotedEnd, b' ' | b'\t') => Semicolon,
            (NameStart, b' ' | b'\t') => NameStart,
            (NameStart | Name, _) if token => Name,
            (Name | NameEnd, b' ' | b'\t') => NameEnd,
            (Name | NameEnd, b'=') => ValueStart,
            (ValueStart, b' ' | b'\t') => ValueStart,
            (ValueStart | Token, _) if token => Token,
            (ValueStart, b'"') => Quoted,
            (Quoted, b'"') => QuotedEnd,
            (Quoted, b'\\') => Escaped,
            (Quoted, _) if ascii::is(byte, QUOTED) => Quoted,
            (Escaped, _) if ascii::is(byte, VALUE) => Quoted,
            (Name | Token | QuotedEnd, b'\r') => return Ok(Next::Line),
            (_, b'\n') => return Err(Violation::BareLf),
            _ => return Err(Violation::ChunkExtension),
        };
        Ok(Next::Extension(state))
    }
}
