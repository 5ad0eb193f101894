//! Every rule of RFC 9112 and RFC 9110 that a message can break, each with the reason of the reply and one sentence for
//! the client.
//!
//! A violation ends the connection it came from: what follows broken framing cannot be trusted (RFC 9112 section 11.2).

use crate::reason::Reason;

macro_rules! violations {
    ($($variant:ident $reason:ident $detail:literal;)*) => {
        /// The rule that a message broke.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Violation {
            $(#[doc = $detail] $variant,)*
        }

        impl Violation {
            /// Every violation.
            pub const ALL: &[Violation] = &[$(Violation::$variant),*];

            /// The reason of the reply when a request broke the rule. A response that breaks one is always
            /// [`Reason::UpstreamMalformed`].
            #[must_use]
            pub fn reason(self) -> Reason {
                match self {
                    $(Violation::$variant => Reason::$reason,)*
                }
            }

            /// One sentence for the client.
            #[must_use]
            pub fn detail(self) -> &'static str {
                match self {
                    $(Violation::$variant => $detail,)*
                }
            }
        }
    };
}

violations! {
    BareLf RequestMalformed "A line ends with LF alone instead of CRLF.";
    BareCr RequestMalformed "A CR is not followed by LF.";
    EmptyLines RequestMalformed "More than two empty lines stand before the start line.";
    StartLine RequestMalformed "The request line is not a method, a target and a version, separated by single spaces.";
    MethodInvalid RequestMalformed "The method holds a character that is not allowed in a token.";
    MethodRefused MethodRefused "CONNECT and TRACE are not forwarded.";
    TargetInvalid RequestMalformed "The request target is not a path, an http or https URL, or, for OPTIONS, an asterisk.";
    TargetCharacter RequestMalformed "The request target holds a character that must be percent-encoded.";
    TargetEscape RequestMalformed "The request target holds a percent sign without two hexadecimal digits.";
    TargetNul RequestMalformed "The path holds an encoded NUL.";
    TargetAboveRoot RequestMalformed "The path climbs above its root.";
    TargetUserinfo RequestMalformed "The request target holds user information.";
    TargetTooLong TargetTooLong "The request line is longer than the listener allows.";
    VersionInvalid RequestMalformed "The request line does not end with an HTTP version.";
    VersionUnsupported VersionUnsupported "Only HTTP/1.0 and HTTP/1.1 are spoken here.";
    StatusInvalid RequestMalformed "The status line does not hold a status code from 100 to 599.";
    HeadTooLarge HeaderTooLarge "The header section is larger than the listener allows.";
    TooManyFields HeaderTooLarge "The header section has more fields than the listener allows.";
    ObsFold RequestMalformed "A header line begins with white space; folded lines are obsolete.";
    SpaceBeforeColon RequestMalformed "White space stands between a field name and its colon.";
    FieldName RequestMalformed "A header line does not begin with a field name and a colon.";
    FieldValue RequestMalformed "A field value holds a control character.";
    HostMissing RequestMalformed "An HTTP/1.1 request needs a Host field.";
    HostDuplicate RequestMalformed "The request has more than one Host field.";
    HostInvalid RequestMalformed "The host is not a name or an address with an optional port.";
    ContentLengthInvalid RequestAmbiguous "The Content-Length is not one decimal number below 2 to the 64.";
    ContentLengthDuplicate RequestAmbiguous "The message has more than one Content-Length field.";
    LengthAndCoding RequestAmbiguous "The message has both a Content-Length and a Transfer-Encoding.";
    CodingInvalid RequestAmbiguous "The Transfer-Encoding is not exactly one chunked coding.";
    CodingDuplicate RequestAmbiguous "The message has more than one Transfer-Encoding field.";
    CodingUnknown CodingUnknown "The only transfer coding that is understood is chunked.";
    CodingVersion RequestAmbiguous "A Transfer-Encoding has no meaning in HTTP/1.0.";
    ConnectionInvalid RequestMalformed "The Connection field is not a list of tokens.";
    ConnectionFraming RequestAmbiguous "The Connection field names Host or Content-Length, which every recipient needs.";
    ConnectionTooLong RequestMalformed "The Connection field names too many other fields.";
    ExpectationFailed ExpectationFailed "The only expectation that is understood is 100-continue.";
    ChunkSize RequestMalformed "A chunk does not begin with its size in hexadecimal digits.";
    ChunkSizeOverflow RequestMalformed "A chunk size has more than 16 hexadecimal digits.";
    ChunkExtension RequestMalformed "A chunk extension is malformed.";
    ChunkExtensionTooLong RequestMalformed "The chunk extensions are too long.";
    ChunkEnd RequestMalformed "A chunk is not followed by CRLF.";
    TrailerInvalid RequestMalformed "A trailer line is not a field name, a colon and a value.";
    TrailerForbidden RequestMalformed "A field stands in the trailers that is allowed only in the header section.";
    TrailerTooLarge RequestMalformed "The trailer section is too large.";
    BodyTruncated RequestMalformed "The connection was closed before the body was complete.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_violation_has_a_client_error_or_a_refusal_and_a_sentence_of_its_own() {
        let mut seen: Vec<&str> = Vec::new();
        for violation in Violation::ALL {
            let status = violation.reason().status();
            assert!((400..=505).contains(&status), "{violation:?} answers {status}");
            assert!(violation.detail().ends_with('.'), "{violation:?} is not a sentence");
            assert!(!seen.contains(&violation.detail()), "{violation:?} repeats a sentence");
            seen.push(violation.detail());
        }
    }
}
