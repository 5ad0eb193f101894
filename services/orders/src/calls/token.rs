//! The token that the services of the marketplace know each other by, as the one who shows it has it.

use std::fmt;

use axum::http::HeaderValue;
use supplex_kit::service_token::ServiceToken;

/// At least 16 visible ASCII characters. Never shown.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// Reads a token.
    ///
    /// # Errors
    /// In words, when it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // What the others would not take is not worth sending.
        ServiceToken::parse(text).map(|_| Self(text.to_owned()))
    }

    /// For the field `Authorization`.
    pub(super) fn bearer(&self) -> Option<HeaderValue> {
        let mut value = HeaderValue::try_from(format!("Bearer {}", self.0)).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    /// A secret that every process of this service knows, and its database does not.
    pub(crate) fn secret(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_visible_and_not_shown() {
        let token = Token::parse("0123456789-of-a-test").expect("good");
        assert_eq!(format!("{token:?}"), "Token(..)");
        assert_eq!(token.bearer().map(|value| value.is_sensitive()), Some(true));
        for wrong in ["", "short", "with spaces in between", "with\nlines-in-between", "mit-Umläuten-drin-geht-nicht"]
        {
            assert!(Token::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
