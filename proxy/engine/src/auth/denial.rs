//! Why a request is not let in.

use crate::reason::Reason;
use crate::stats::AuthDecision;

/// Everything that can be wrong with a request's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// There is none.
    Missing,
    /// More than one `Authorization` field: another reader could choose the other one.
    Repeated,
    /// It is longer than [`super::TOKEN_MOST`].
    TooLong,
    /// It is not a signed JSON Web Token.
    Malformed,
    /// Its algorithm is not allowed.
    Algorithm,
    /// No key of the set has its key id.
    UnknownKey,
    /// The signature does not hold.
    Signature,
    /// It never expires.
    NoExpiry,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYet,
    /// Somebody else issued it.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// No key set was ever loaded.
    Unavailable,
}

impl Denial {
    /// The reason of the local reply.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            Denial::Missing => Reason::AuthRequired,
            Denial::Expired => Reason::AuthExpired,
            Denial::Unavailable => Reason::AuthUnavailable,
            _ => Reason::AuthInvalid,
        }
    }

    /// How it is counted.
    #[must_use]
    pub fn decision(self) -> AuthDecision {
        match self {
            Denial::Missing => AuthDecision::Required,
            Denial::Expired => AuthDecision::Expired,
            Denial::Unavailable => AuthDecision::Unavailable,
            Denial::UnknownKey => AuthDecision::UnknownKey,
            _ => AuthDecision::Invalid,
        }
    }

    /// One sentence for the client.
    #[must_use]
    pub fn detail(self) -> &'static str {
        match self {
            Denial::Missing => "The request has no bearer token",
            Denial::Repeated => "The request has more than one Authorization field",
            Denial::TooLong => "The token is too long",
            Denial::Malformed => "The token is not a signed JSON Web Token",
            Denial::Algorithm => "The token is signed with an algorithm that is not allowed",
            Denial::UnknownKey => "The token is signed with a key that is not known",
            Denial::Signature => "The token's signature does not hold",
            Denial::NoExpiry => "The token never expires",
            Denial::Expired => "The token has expired",
            Denial::NotYet => "The token is not valid yet",
            Denial::Issuer => "The token is of another issuer",
            Denial::Audience => "The token is for another audience",
            Denial::Unavailable => "The keys that tokens are checked with cannot be had at the moment",
        }
    }
}
