//! Passwords that everybody tries first, as NIST SP 800-63B-4 section 3.1.1.2 wants them refused: those at the head of
//! every published list that are long enough to be passwords at all, and the words of this shop.
//!
//! Short on purpose. It is no defence against somebody with a long list; limits on logins are.

/// In lower case.
const COMMON: [&str; 60] = [
    "00000000",
    "11111111",
    "11223344",
    "12121212",
    "12312312",
    "123123123",
    "1234567890",
    "12345678",
    "123456789",
    "1234qwer",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "22222222",
    "55555555",
    "66666666",
    "69696969",
    "77777777",
    "87654321",
    "88888888",
    "987654321",
    "99999999",
    "aa123456",
    "aaaaaaaa",
    "abc12345",
    "abcd1234",
    "asdf1234",
    "asdfasdf",
    "asdfghjkl",
    "baseball",
    "basketball",
    "changeme",
    "computer",
    "corvette",
    "danielle",
    "football",
    "football1",
    "iloveyou",
    "internet",
    "jennifer",
    "liverpool",
    "michelle",
    "passw0rd",
    "password",
    "password1",
    "password12",
    "password123",
    "princess",
    "qwer1234",
    "qwerty12",
    "qwerty123",
    "qwertyuiop",
    "starwars",
    "sunshine",
    "superman",
    "supplements",
    "supplex123",
    "trustno1",
    "whatever",
];

/// Whether a password, in lower case, is one of them.
pub(crate) fn contains(lower: &str) -> bool {
    COMMON.contains(&lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_a_password_is_listed_and_once() {
        assert!(COMMON.iter().all(|word| word.len() >= 8 && *word == word.to_lowercase()));
        let different: std::collections::HashSet<_> = COMMON.iter().collect();
        assert_eq!(different.len(), COMMON.len());
    }
}
