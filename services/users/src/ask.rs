//! What a client may ask for, checked: every wrong field is reported at once, with its name and what would be right.
//!
//! Never touches the database. Where to read on: `ask/email.rs` and `ask/password.rs` for what counts as one.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use supplex_kit::{FieldError, Problem};
use utoipa::ToSchema;

mod email;
mod password;

pub(crate) use email::Email;
pub(crate) use password::Password;

/// The most bytes of a body.
pub(crate) const LONGEST_BODY: usize = 8 << 10;

/// A body as axum gives it.
pub(crate) type Body = Result<Bytes, BytesRejection>;

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Registration)]
pub(crate) struct RawRegistration {
    /// In any case; it is kept in lower case.
    #[schema(min_length = 3, max_length = 254, format = "email")]
    email: String,
    /// Any characters, in any composition.
    #[schema(min_length = 8, max_length = 128, write_only)]
    password: String,
    /// What others call them.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// Who says that they are somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Login)]
pub(crate) struct RawLogin {
    email: String,
    #[schema(max_length = 128, write_only)]
    password: String,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Refresh)]
pub(crate) struct RawRefresh {
    /// The last one that was given out.
    refresh_token: String,
}

/// What somebody changes about themselves. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Changes)]
pub(crate) struct RawChanges {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    /// Needs `current_password`.
    #[schema(min_length = 3, max_length = 254, format = "email")]
    email: Option<String>,
    /// Needs `current_password`. Ends every session.
    #[schema(min_length = 8, max_length = 128, write_only)]
    new_password: Option<String>,
    #[schema(max_length = 128, write_only)]
    current_password: Option<String>,
}

/// A checked registration.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) email: Email,
    pub(crate) password: Password,
    pub(crate) name: String,
}

/// A checked login. No address means one that nobody can have.
#[derive(Debug)]
pub(crate) struct Login {
    pub(crate) email: Option<Email>,
    pub(crate) password: Password,
}

/// Checked changes.
#[derive(Debug)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<Email>,
    pub(crate) new_password: Option<Password>,
    pub(crate) current_password: Option<Password>,
}

/// Reads a registration.
pub(crate) fn registration(body: Body) -> Result<Registration, Problem> {
    let raw: RawRegistration = json(body)?;
    let mut errors = Vec::new();
    let email = email(&raw.email, &mut errors);
    let password = new_password("password", &raw.password, email.as_ref(), &mut errors);
    let name = name(&raw.name, &mut errors);
    match (email, password, name) {
        (Some(email), Some(password), Some(name)) => Ok(Registration { email, password, name }),
        _ => Err(Problem::invalid(errors)),
    }
}

/// Reads a login.
pub(crate) fn login(body: Body) -> Result<Login, Problem> {
    let raw: RawLogin = json(body)?;
    Ok(Login { email: Email::parse(&raw.email), password: claimed("password", &raw.password)? })
}

/// Reads a refresh token.
pub(crate) fn refresh_token(body: Body) -> Result<String, Problem> {
    let raw: RawRefresh = json(body)?;
    Ok(raw.refresh_token)
}

/// Reads changes.
pub(crate) fn changes(body: Body) -> Result<Changes, Problem> {
    let raw: RawChanges = json(body)?;
    let mut errors = Vec::new();
    let email = raw.email.and_then(|text| email(&text, &mut errors));
    let new_password =
        raw.new_password.and_then(|text| new_password("new_password", &text, email.as_ref(), &mut errors));
    let name = raw.name.and_then(|text| name(&text, &mut errors));
    let current_password = raw.current_password.map(|text| claimed("current_password", &text)).transpose()?;
    if (email.is_some() || new_password.is_some()) && current_password.is_none() {
        errors.push(FieldError::new("current_password", "must be there to change the e-mail or the password"));
    }
    if errors.is_empty() {
        Ok(Changes { name, email, new_password, current_password })
    } else {
        Err(Problem::invalid(errors))
    }
}

fn email(text: &str, errors: &mut Vec<FieldError>) -> Option<Email> {
    let email = Email::parse(text);
    if email.is_none() {
        errors.push(FieldError::new("email", "must be an e-mail address of at most 254 ASCII characters"));
    }
    email
}

fn new_password(field: &str, text: &str, email: Option<&Email>, errors: &mut Vec<FieldError>) -> Option<Password> {
    Password::new(text, email).map_err(|detail| errors.push(FieldError::new(field, detail))).ok()
}

/// A password that may be wrong, but must not be a burden.
fn claimed(field: &str, text: &str) -> Result<Password, Problem> {
    if text.len() > password::LONGEST {
        return Err(wrong(field, "has at most 128 characters"));
    }
    Ok(Password::given(text))
}

fn name(text: &str, errors: &mut Vec<FieldError>) -> Option<String> {
    let name = text.trim();
    let good = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if !good {
        errors.push(FieldError::new("name", "must have 1 to 100 characters, and no control characters"));
    }
    good.then(|| name.to_owned())
}

fn json<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let body = body.map_err(|error| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("The body has more than {LONGEST_BODY} bytes.");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too_large", detail)
        }
        _ => wrong("body", error.body_text()),
    })?;
    // What serde says names fields and places, and never repeats what was written there but for the kind of a value.
    serde_json::from_slice(&body).map_err(|error| wrong("body", format!("is not what it must be: {}", kind(&error))))
}

/// What is wrong with JSON, without values: one of them may be a password in the wrong place.
fn kind(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.starts_with("missing field") || text.starts_with("unknown field") {
        true => text,
        false => format!("no such JSON at line {} column {}", error.line(), error.column()),
    }
}

fn wrong(field: &str, detail: impl Into<String>) -> Problem {
    Problem::invalid(vec![FieldError::new(field, detail)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(problem: Problem) -> Vec<String> {
        let problem = serde_json::to_value(problem).expect("JSON");
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["parameter"].as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_and_no_value_is_repeated() {
        let body = |text: &str| Ok(Bytes::copy_from_slice(text.as_bytes()));
        let all = registration(body(r#"{"email":"x","password":"short","name":" "}"#)).expect_err("is refused");
        assert_eq!(named(all), ["email", "password", "name"]);
        let change = changes(body(r#"{"new_password":"long enough"}"#)).expect_err("is refused");
        assert_eq!(named(change), ["current_password"]);
        for text in
            ["", "[]", r#"{"email":"a@b.cd"}"#, r#"{"email":1,"password":"secret words"}"#, "{\"password\":\"se"]
        {
            let problem = serde_json::to_string(&login(body(text)).expect_err("is refused")).expect("JSON");
            assert!(!problem.contains("secret"), "{problem}");
        }
        let swapped = r#"{"email":"a@b.cd","password":["secret words"]}"#;
        let problem = serde_json::to_string(&login(body(swapped)).expect_err("is refused")).expect("JSON");
        assert!(!problem.contains("secret"), "{problem}");
    }
}
