//! What a token says (RFC 7519 section 4), and whether that holds here and now. To be asked only of tokens whose signature
//! holds.

use serde_json::{Map, Value};

use super::Denial;
use crate::config::Auth;

/// Seconds in which no token is valid any more: times beyond it are as good as never.
const END_OF_TIME: u64 = 1 << 40;

/// The claims of a token.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

/// Who a request is from: claims that were verified, as far as somebody asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    claims: Vec<(Box<str>, Box<str>)>,
    expires: u64,
}

impl Claims {
    /// Reads the payload of a token.
    ///
    /// # Errors
    /// [`Denial::Malformed`] when it is not a JSON object.
    pub fn read(payload: &[u8]) -> Result<Self, Denial> {
        serde_json::from_slice(payload).map(Self).map_err(|_| Denial::Malformed)
    }

    /// Whose request it is, if the token is for us and valid `now`, in seconds since 1970.
    ///
    /// # Errors
    /// What does not hold; of several that do not, `iss` and `aud` come before the times: whether a token of somebody else
    /// has expired is of no interest.
    pub fn identify(&self, auth: &Auth, now: u64) -> Result<Identity, Denial> {
        if self.0.get("iss").and_then(Value::as_str) != Some(&*auth.issuer) {
            return Err(Denial::Issuer);
        }
        // RFC 7519 section 4.1.3: one audience or several.
        let is_ours = |value: &Value| value.as_str() == Some(&*auth.audience);
        let ours = match self.0.get("aud") {
            Some(Value::Array(list)) => list.iter().any(is_ours),
            Some(one) => is_ours(one),
            None => false,
        };
        if !ours {
            return Err(Denial::Audience);
        }
        let leeway = auth.leeway.as_secs();
        let expires = self.date("exp")?.ok_or(Denial::NoExpiry)?.saturating_add(leeway);
        // RFC 7519 section 4.1.4: not on or after this time.
        if now >= expires {
            return Err(Denial::Expired);
        }
        if self.date("nbf")?.is_some_and(|begins| now.saturating_add(leeway) < begins) {
            return Err(Denial::NotYet);
        }
        let claim = |name: &str| Some((name.into(), text(self.0.get(name)?)?));
        Ok(Identity { claims: auth.claims.iter().filter_map(|name| claim(name)).collect(), expires })
    }

    /// A time in whole seconds since 1970, fractions cut off; `None` when it does not stand there. What is before 1970 is
    /// 1970.
    fn date(&self, name: &str) -> Result<Option<u64>, Denial> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match (number.as_u64(), number.as_f64()) {
                (Some(seconds), _) => Ok(Some(seconds.min(END_OF_TIME))),
                // The cast saturates, and a number from JSON is never NaN.
                (None, Some(seconds)) => Ok(Some((seconds as u64).min(END_OF_TIME))),
                (None, None) => Err(Denial::Malformed),
            },
            Some(_) => Err(Denial::Malformed),
        }
    }
}

/// A claim as text: text, a whole number or a truth value. Empty text says nothing; lists and objects have no single
/// value.
fn text(value: &Value) -> Option<Box<str>> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.as_str().into()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string().into()),
        Value::Bool(flag) => Some(flag.to_string().into()),
        _ => None,
    }
}

impl Identity {
    /// The value of a claim, if the token has it.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<&str> {
        self.claims.iter().find(|(other, _)| **other == *name).map(|(_, value)| &**value)
    }

    /// When the token is no longer valid, leeway included, in seconds since 1970.
    #[must_use]
    pub fn expires(&self) -> u64 {
        self.expires
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::{Algorithm, Jwks};

    pub(in crate::auth) fn auth() -> Auth {
        Auth {
            name: "users".into(),
            jwks: Jwks::File("keys.json".into()),
            issuer: "supplex-users".into(),
            audience: "supplex".into(),
            algorithms: vec![Algorithm::EdDsa],
            leeway: Duration::from_secs(30),
            refresh: Duration::from_secs(300),
            forward: Vec::new(),
            claims: vec!["sub".into(), "level".into(), "admin".into(), "roles".into()],
        }
    }

    fn identify(more: &str, now: u64) -> Result<Identity, Denial> {
        let text = format!(r#"{{"iss":"supplex-users","aud":"supplex","sub":"u1"{more}}}"#);
        Claims::read(text.as_bytes())?.identify(&auth(), now)
    }

    #[test]
    fn times_hold_with_leeway_and_not_longer() {
        let at = |now| identify(r#","exp":1000,"nbf":900"#, now).map(|identity| identity.expires());
        assert_eq!(at(869), Err(Denial::NotYet));
        assert_eq!(at(870), Ok(1030));
        assert_eq!(at(1029), Ok(1030));
        assert_eq!(at(1030), Err(Denial::Expired));
        assert_eq!(identify("", 0), Err(Denial::NoExpiry));
        assert_eq!(identify(r#","exp":"soon""#, 0), Err(Denial::Malformed));
        assert_eq!(identify(r#","exp":-5"#, 100), Err(Denial::Expired));
        assert_eq!(identify(r#","exp":1000.9"#, 1030), Err(Denial::Expired));
        assert!(identify(r#","exp":1e300"#, u64::from(u32::MAX)).is_ok());
    }

    #[test]
    fn a_token_is_for_us_and_from_whom_we_believe() {
        let judge = |text: &str| Claims::read(text.as_bytes()).and_then(|claims| claims.identify(&auth(), 1));
        let iss = r#""iss":"supplex-users","exp":9"#;
        assert!(judge(&format!(r#"{{{iss},"aud":["x","supplex"]}}"#)).is_ok());
        for aud in [r#""aud":"other""#, r#""aud":["other"]"#, r#""aud":[]"#, r#""aud":7"#, r#""x":1"#] {
            assert_eq!(judge(&format!("{{{iss},{aud}}}")), Err(Denial::Audience), "{aud}");
        }
        for iss in [r#""iss":"supplex-users/""#, r#""iss":["supplex-users"]"#, r#""x":1"#] {
            assert_eq!(judge(&format!(r#"{{{iss},"aud":"supplex","exp":9}}"#)), Err(Denial::Issuer), "{iss}");
        }
        assert_eq!(judge("[]"), Err(Denial::Malformed));
        assert_eq!(judge("{} x"), Err(Denial::Malformed));
    }

    #[test]
    fn claims_with_a_single_value_are_kept_and_no_others() {
        let who = identify(r#","exp":9,"level":3,"admin":true,"roles":["a"],"secret":"x""#, 1).expect("valid");
        let claims = ["sub", "level", "admin", "roles", "secret"].map(|name| who.claim(name));
        assert_eq!(claims, [Some("u1"), Some("3"), Some("true"), None, None]);
    }
}
