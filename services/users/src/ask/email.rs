//! E-mail addresses: what is one, and when two are the same.
//!
//! They are compared without regard to case, local part included, as every provider that people use does; those with
//! characters outside ASCII are refused rather than mangled. Whether anybody reads mail there is not found out.

/// An e-mail address as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email(String);

impl Email {
    /// Reads an address: trimmed, in lower case, of the kind that people have (RFC 5321 without quoted local parts and
    /// address literals).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let (local, domain) = text.split_once('@')?;
        let atom = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
        let local_good =
            (1..=64).contains(&local.len()) && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let domain_good = domain.contains('.') && domain.split('.').all(label);
        (local_good && domain_good && text.len() <= 254).then_some(Self(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn local(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_that_people_have_in_one_form() {
        let form = |text: &str| Email::parse(text).map(|email| email.0);
        assert_eq!(form(" Some.One+shop@Example.COM ").as_deref(), Some("some.one+shop@example.com"));
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}com", "long-label.".repeat(24));
        for wrong in [
            "",
            "a",
            "@",
            "a@",
            "@b.c",
            "a@b",
            "a@@b.c",
            "a@b@c.d",
            "a b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a..b@c.d",
            "a@.b",
            "a@b.",
            "a@-b.c",
            "a@b_c.d",
            "\"a\"@b.c",
            "a@[1.2.3.4]",
            "\u{fc}@b.c",
            "a@b\u{fc}.c",
            "a\0@b.c",
            &long,
            &longer,
        ] {
            assert_eq!(form(wrong), None, "{wrong:?} was accepted");
        }
    }
}
