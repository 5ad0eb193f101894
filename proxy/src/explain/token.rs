//! The field that has a running gateway explain a real request: signed, so that not everybody may ask, and good for a
//! while only, since it travels.
//!
//! `X-Supplex-Explain: EXPIRY.MAC`, where EXPIRY is in seconds since 1970 and MAC the HMAC-SHA256 of its digits, in
//! hexadecimal. `printf %s EXPIRY | openssl dgst -sha256 -hmac KEY` makes the same.

use aws_lc_rs::hmac;
use supplex_engine::config::{Gateway, Telemetry};

/// The name of the field.
pub(crate) const FIELD: &str = "X-Supplex-Explain";
/// Seconds; one that is said to hold for longer was not made by us.
pub(crate) const LONGEST: u64 = 24 * 3_600;
/// Bytes of an HMAC-SHA256.
const MAC: usize = 32;

/// Whoever knows the key.
pub(crate) struct Signer(hmac::Key);

impl Signer {
    /// With `explain_key`, or else with the admin token. `None` when there is neither.
    pub(crate) fn new(gateway: &Gateway, telemetry: &Telemetry) -> Option<Self> {
        let key = telemetry.explain_key.as_ref().or(gateway.admin_token.as_ref())?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes())))
    }

    /// A value of the field that holds until `expiry`, in seconds since 1970.
    #[must_use]
    pub(crate) fn sign(&self, expiry: u64) -> String {
        let expiry = expiry.to_string();
        let mac = hmac::sign(&self.0, expiry.as_bytes());
        mac.as_ref().iter().fold(expiry + ".", |text, byte| text + &format!("{byte:02x}"))
    }

    /// Whether a value of the field was made with the key and has not expired `now`.
    #[must_use]
    pub(crate) fn holds(&self, value: &[u8], now: u64) -> bool {
        let Some(dot) = value.iter().position(|byte| *byte == b'.') else { return false };
        let (expiry, mac) = (value.get(..dot).unwrap_or_default(), value.get(dot + 1..).unwrap_or_default());
        // What has expired is known without any arithmetic.
        let timely = seconds(expiry).is_some_and(|expiry| now < expiry && expiry <= now.saturating_add(LONGEST));
        timely && bytes(mac).is_some_and(|mac| hmac::verify(&self.0, expiry, &mac).is_ok())
    }
}

fn seconds(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

/// A code in hexadecimal.
fn bytes(hex: &[u8]) -> Option<[u8; MAC]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = hex.as_chunks::<2>();
    let mut mac = [0; MAC];
    if pairs.len() != MAC || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in mac.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(key: &str) -> Signer {
        Signer(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()))
    }

    #[test]
    fn a_code_is_what_others_compute() {
        // printf %s 1700000000 | openssl dgst -sha256 -hmac 0123456789abcdef
        let expected = "1700000000.276b633610a53cefabdae7e95ac35cb2180e204eae074176be800ce37bcdd3e7";
        assert_eq!(signer("0123456789abcdef").sign(1_700_000_000), expected);
    }

    #[test]
    fn it_holds_until_it_expires_and_for_its_key_alone() {
        let ours = signer("0123456789abcdef");
        let value = ours.sign(1_000);
        for (now, holds) in [(999, true), (0, true), (1_000, false), (u64::MAX, false)] {
            assert_eq!(ours.holds(value.as_bytes(), now), holds, "{now}");
        }
        assert!(!signer("another key of ours").holds(value.as_bytes(), 999));
        assert!(!ours.holds(ours.sign(LONGEST + 2).as_bytes(), 1), "too far ahead");
    }

    #[test]
    fn whatever_is_not_one_does_not_hold() {
        let ours = signer("0123456789abcdef");
        let value = ours.sign(1_000);
        let (_, mac) = value.split_once('.').expect("a dot");
        for odd in [
            String::new(),
            ".".into(),
            "1000".into(),
            "1000.".into(),
            format!("+1000.{mac}"),
            format!("1001.{mac}"),
            format!("1000.{}", &mac[1..]),
            format!("1000.0{}", &mac[1..]),
            format!("{value}0"),
            format!("1000.{}", "g".repeat(64)),
            format!("{}.{mac}", "9".repeat(30)),
            format!(" 1000.{mac}"),
        ] {
            let same = odd == value;
            assert_eq!(ours.holds(odd.as_bytes(), 999), same, "{odd}");
        }
        assert!(ours.holds(value.to_ascii_uppercase().as_bytes(), 999), "hexadecimal digits have no case");
    }
}
