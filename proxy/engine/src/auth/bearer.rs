//! The token that a request shows (RFC 6750 section 2.1): in the field `Authorization` and nowhere else. Tokens in a query
//! or a form are not looked at: they end in logs.

use super::{Denial, TOKEN_MOST};
use crate::http1::RequestHead;

/// The token of a request; `None` when it shows none. Credentials of another scheme are no token, and nobody's business
/// here.
///
/// # Errors
/// [`Denial::Repeated`] and [`Denial::TooLong`], and [`Denial::Malformed`] when there is nothing behind `Bearer`.
pub fn bearer<'a>(head: &RequestHead, bytes: &'a [u8]) -> Result<Option<&'a [u8]>, Denial> {
    let mut fields = head.fields().iter().filter(|field| {
        let name = field.name.of(bytes);
        name.len() == "authorization".len() && name.eq_ignore_ascii_case(b"authorization")
    });
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(Denial::Repeated);
    }
    let value = field.value.of(bytes);
    let space = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (scheme, rest) = value.split_at(space);
    // The scheme has no case (RFC 9110 section 11.1).
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Ok(None);
    }
    match rest.trim_ascii() {
        b"" => Err(Denial::Malformed),
        token if token.len() > TOKEN_MOST => Err(Denial::TooLong),
        token => Ok(Some(token)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http1::Limits;

    fn found(fields: &str) -> Result<Option<String>, Denial> {
        let bytes = format!("GET / HTTP/1.1\r\nhost: x\r\n{fields}\r\n").into_bytes();
        let mut head = RequestHead::new();
        assert_eq!(head.parse(&bytes, Limits { bytes: 32_768, fields: 10 }), Ok(Some(bytes.len())));
        bearer(&head, &bytes).map(|token| token.map(|token| String::from_utf8_lossy(token).into_owned()))
    }

    #[test]
    fn a_token_stands_in_the_field_behind_its_scheme() {
        assert_eq!(found("Authorization: Bearer a.b.c\r\n"), Ok(Some("a.b.c".into())));
        assert_eq!(found("authorization: bEARER   a.b.c\r\n"), Ok(Some("a.b.c".into())));
        assert_eq!(found(""), Ok(None));
        assert_eq!(found("Authorization: Basic YTpi\r\n"), Ok(None));
        assert_eq!(found("Authorization: Bearera.b.c\r\n"), Ok(None));
        assert_eq!(found("Proxy-Authorization: Bearer a.b.c\r\n"), Ok(None));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        assert_eq!(found("Authorization: Bearer a.b.c\r\nauthorization: Bearer a.b.c\r\n"), Err(Denial::Repeated));
        assert_eq!(found("Authorization: Basic x\r\nauthorization: Bearer a.b.c\r\n"), Err(Denial::Repeated));
        assert_eq!(found("Authorization: Bearer\r\n"), Err(Denial::Malformed));
        assert_eq!(found("Authorization: Bearer  \r\n"), Err(Denial::Malformed));
        assert_eq!(found(&format!("Authorization: Bearer {}\r\n", "a".repeat(TOKEN_MOST + 1))), Err(Denial::TooLong));
        assert!(found(&format!("Authorization: Bearer {}\r\n", "a".repeat(TOKEN_MOST))).is_ok());
    }
}
