//! Every rule of RFC 9112 and RFC 9110 that a message can break, each with the reason of the reply, the section it stands in
//! and one sentence for the client.
//!
//! A violation ends the connection it came from: what follows broken framing cannot be trusted (RFC 9112 section 11.2).

use crate::reason::Reason;

macro_rules! violations {
    ($($variant:ident $reason:ident $section:literal $detail:literal;)*) => {
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

            /// Where the rule stands, or, of a bound of our own, what allows it.
            #[must_use]
            pub fn section(self) -> &'static str {
                match self {
                    $(Violation::$variant => $section,)*
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
    BareLf RequestMalformed "RFC 9112 section 2.2" "A line ends with LF alone instead of CRLF.";
    BareCr RequestMalformed "RFC 9112 section 2.2" "A CR is not followed by LF.";
    EmptyLines RequestMalformed "RFC 9112 section 2.2" "More than two empty lines stand before the start line.";
    StartLine RequestMalformed "RFC 9112 section 3" "The request line is not a method, a target and a version, separated by single spaces.";
    MethodInvalid RequestMalformed "RFC 9110 section 9.1" "The method holds a character that is not allowed in a token.";
    MethodRefused MethodRefused "RFC 9110 sections 9.3.6 and 9.3.8" "CONNECT and TRACE are not forwarded.";
    TargetInvalid RequestMalformed "RFC 9112 section 3.2" "The request target is not a path, an http or https URL, or, for OPTIONS, an asterisk.";
    TargetCharacter RequestMalformed "RFC 3986 section 2" "The request target holds a character that must be percent-encoded.";
    TargetEscape RequestMalformed "RFC 3986 section 2.1" "The request target holds a percent sign without two hexadecimal digits.";
    TargetNul RequestMalformed "RFC 3986 section 7.3" "The path holds an encoded NUL.";
    TargetAboveRoot RequestMalformed "RFC 3986 section 5.2.4" "The path climbs above its root.";
    TargetUserinfo RequestMalformed "RFC 9110 section 4.2.4" "The request target holds user information.";
    TargetTooLong TargetTooLong "RFC 9112 section 3" "The request line is longer than the listener allows.";
    VersionInvalid RequestMalformed "RFC 9112 section 2.3" "The request line does not end with an HTTP version.";
    VersionUnsupported VersionUnsupported "RFC 9110 section 15.6.6" "Only HTTP/1.0 and HTTP/1.1 are spoken here.";
    StatusInvalid RequestMalformed "RFC 9112 section 4" "The status line does not hold a status code from 100 to 599.";
    HeadTooLarge HeaderTooLarge "RFC 6585 section 5" "The header section is larger than the listener allows.";
    TooManyFields HeaderTooLarge "RFC 6585 section 5" "The header section has more fields than the listener allows.";
    ObsFold RequestMalformed "RFC 9112 section 5.2" "A header line begins with white space; folded lines are obsolete.";
    SpaceBeforeColon RequestMalformed "RFC 9112 section 5.1" "White space stands between a field name and its colon.";
    FieldName RequestMalformed "RFC 9110 section 5.1" "A header line does not begin with a field name and a colon.";
    FieldValue RequestMalformed "RFC 9110 section 5.5" "A field value holds a control character.";
    HostMissing RequestMalformed "RFC 9112 section 3.2" "An HTTP/1.1 request needs a Host field.";
    HostDuplicate RequestMalformed "RFC 9112 section 3.2" "The request has more than one Host field.";
    HostInvalid RequestMalformed "RFC 9110 section 7.2" "The host is not a name or an address with an optional port.";
    ContentLengthInvalid RequestAmbiguous "RFC 9110 section 8.6" "The Content-Length is not one decimal number below 2 to the 64.";
    ContentLengthDuplicate RequestAmbiguous "RFC 9112 section 6.3" "The message has more than one Content-Length field.";
    LengthAndCoding RequestAmbiguous "RFC 9112 section 6.3" "The message has both a Content-Length and a Transfer-Encoding.";
    CodingInvalid RequestAmbiguous "RFC 9112 section 6.1" "The Transfer-Encoding is not exactly one chunked coding.";
    CodingDuplicate RequestAmbiguous "RFC 9112 section 6.1" "The message has more than one Transfer-Encoding field.";
    CodingUnknown CodingUnknown "RFC 9112 section 6.1" "The only transfer coding that is understood is chunked.";
    CodingVersion RequestAmbiguous "RFC 9112 section 6.1" "A Transfer-Encoding has no meaning in HTTP/1.0.";
    ConnectionInvalid RequestMalformed "RFC 9110 section 7.6.1" "The Connection field is not a list of tokens.";
    ConnectionFraming RequestAmbiguous "RFC 9110 section 7.6.1" "The Connection field names Host or Content-Length, which every recipient needs.";
    ConnectionTooLong RequestMalformed "RFC 9110 section 7.6.1" "The Connection field names too many other fields.";
    ExpectationFailed ExpectationFailed "RFC 9110 section 10.1.1" "The only expectation that is understood is 100-continue.";
    ChunkSize RequestMalformed "RFC 9112 section 7.1" "A chunk does not begin with its size in hexadecimal digits.";
    ChunkSizeOverflow RequestMalformed "RFC 9112 section 7.1" "A chunk size has more than 16 hexadecimal digits.";
    ChunkExtension RequestMalformed "RFC 9112 section 7.1.1" "A chunk extension is malformed.";
    ChunkExtensionTooLong RequestMalformed "RFC 9112 section 7.1.1" "The chunk extensions are too long.";
    ChunkEnd RequestMalformed "RFC 9112 section 7.1" "A chunk is not followed by CRLF.";
    TrailerInvalid RequestMalformed "RFC 9112 section 7.1.2" "A trailer line is not a field name, a colon and a value.";
    TrailerForbidden RequestMalformed "RFC 9110 section 6.5.1" "A field stands in the trailers that is allowed only in the header section.";
    TrailerTooLarge RequestMalformed "RFC 9112 section 7.1.2" "The trailer section is too large.";
    BodyTruncated RequestMalformed "RFC 9112 section 8" "The connection was closed before the body was complete.";
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
            assert!(
                violation.section().starts_with("RFC ") && violation.section().contains(" section"),
                "{violation:?}"
            );
            assert!(violation.detail().ends_with('.'), "{violation:?} is not a sentence");
            assert!(!seen.contains(&violation.detail()), "{violation:?} repeats a sentence");
            seen.push(violation.detail());
        }
    }
}
