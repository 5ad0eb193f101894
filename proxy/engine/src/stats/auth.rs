//! What a worker counts per `[auth]` table: decisions about requests.

use super::Counter;

/// What was decided about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum AuthDecision {
    /// Its token holds.
    Passed,
    /// It has none, and need not have one.
    Anonymous,
    /// It has none, and must have one.
    Required,
    /// Its token does not hold.
    Invalid,
    /// Its token has expired.
    Expired,
    /// Its token is signed with a key that is not known. What has the keys fetched again.
    UnknownKey,
    /// There are no keys to check it with.
    Unavailable,
}

impl AuthDecision {
    /// Every decision with its label.
    pub const ALL: [(AuthDecision, &'static str); 7] = [
        (AuthDecision::Passed, "passed"),
        (AuthDecision::Anonymous, "anonymous"),
        (AuthDecision::Required, "required"),
        (AuthDecision::Invalid, "invalid"),
        (AuthDecision::Expired, "expired"),
        (AuthDecision::UnknownKey, "unknown_key"),
        (AuthDecision::Unavailable, "unavailable"),
    ];
}

/// What a worker counts per `[auth]` table.
#[derive(Debug, Default)]
#[repr(align(128))]
pub struct AuthBlock {
    decisions: [Counter; AuthDecision::ALL.len()],
}

impl AuthBlock {
    /// The decisions of this kind.
    #[must_use]
    pub fn decisions(&self, decision: AuthDecision) -> &Counter {
        &self.decisions[decision as usize]
    }
}
