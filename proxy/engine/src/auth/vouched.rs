//! Fields that the gateway vouches for: made of verified claims, and never taken from a client.

use super::Identity;
use crate::http1::TrailerName;

/// What is forwarded of an identity. The default forwards nothing and drops nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Vouched<'a> {
    /// Names of fields in lower case, each with the claim that is its value.
    pub fields: &'a [(Box<str>, Box<str>)],
    /// Whose request it is; `None` when it is nobody's.
    pub identity: Option<&'a Identity>,
}

impl<'a> Vouched<'a> {
    /// Whether a field of the client is dropped because of its name. Underscores count as dashes, since CGI and what came
    /// after it make the same variable of both.
    #[must_use]
    pub fn drops(&self, name: &[u8]) -> bool {
        let same =
            |field: &str| field.len() == name.len() && field.bytes().map(dashed).eq(name.iter().copied().map(dashed));
        !self.fields.is_empty() && self.fields.iter().any(|(field, _)| same(field))
    }

    /// Whether a request with a trailer of this name is refused: what is dropped from its head must not come behind its
    /// body, where an upstream may take it for a field of the head (RFC 9110 section 6.5.1).
    #[must_use]
    pub fn refuses(&self, trailer: TrailerName<'_>) -> bool {
        self.fields.iter().any(|(field, _)| trailer.may_be(field, dashed))
    }

    /// The fields that are written. A value that could not stand in a field (RFC 9110 section 5.5) is left out.
    pub fn written(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let value = move |claim: &str| self.identity.and_then(|identity| identity.claim(claim));
        let pairs = self.fields.iter().filter_map(move |(field, claim)| Some((&**field, value(claim)?)));
        pairs.filter(|(_, value)| is_field_value(value))
    }
}

/// Bytes of names that mean the same.
fn dashed(byte: u8) -> u8 {
    if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() }
}

fn is_field_value(value: &str) -> bool {
    let visible = |byte: u8| matches!(byte, 0x20..0x7f);
    value.bytes().all(visible) && value.trim_matches(' ') == value && !value.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::Claims;
    use super::super::claims::tests::auth;
    use super::*;

    #[test]
    fn lookalikes_are_dropped_as_well() {
        let fields = [("x-user-id".into(), "sub".into())];
        let vouched = Vouched { fields: &fields, identity: None };
        for name in ["x-user-id", "X-User-Id", "x_user_id", "X-USER_ID"] {
            assert!(vouched.drops(name.as_bytes()), "{name}");
        }
        for name in ["x-user", "x-user-ids", "x.user.id", ""] {
            assert!(!vouched.drops(name.as_bytes()), "{name}");
        }
        assert!(!Vouched::default().drops(b"x-user-id"));
        assert_eq!(vouched.written().count(), 0);
    }

    #[test]
    fn values_that_would_break_a_line_are_left_out() {
        let fields = [("x-user-id".into(), "sub".into()), ("x-level".into(), "level".into())];
        for (sub, written) in [("ann", 2), ("a b", 2), ("a\\r\\nx: y", 1), (" a", 1), ("\\u00e4", 1), ("", 1)] {
            let text = format!(r#"{{"iss":"supplex-users","aud":"supplex","exp":9,"sub":"{sub}","level":1}}"#);
            let claims = Claims::read(text.as_bytes()).expect("JSON");
            let identity = claims.identify(&auth(), 0).expect("valid");
            let vouched = Vouched { fields: &fields, identity: Some(&identity) };
            assert_eq!(vouched.written().count(), written, "{sub}");
        }
    }
}
