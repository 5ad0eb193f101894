//! What an exchange says: verdicts while it lives, its outcome for the accounts.

use crate::reason::Reason;

/// How an attempt ended without a complete response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttemptFailure {
    /// No connection came about.
    Connect,
    /// The connection was closed or reset, or a send on it failed, before a complete response.
    Reset,
    /// The upstream did not answer in time.
    Timeout,
    /// What the upstream sent is not HTTP/1.1.
    Malformed,
}

impl AttemptFailure {
    /// The reason to give to the client.
    #[must_use]
    pub fn reason(self) -> Reason {
        match self {
            AttemptFailure::Connect => Reason::UpstreamConnect,
            AttemptFailure::Reset => Reason::UpstreamReset,
            AttemptFailure::Timeout => Reason::UpstreamTimeout,
            AttemptFailure::Malformed => Reason::UpstreamMalformed,
        }
    }
}

/// What to do now that something broke. The connection to the upstream, if there is one, must be closed in every case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "the verdict decides what the client gets"]
pub enum Verdict {
    /// Make another attempt on a fresh connection, not one from the pool.
    Retry,
    /// Answer with a local reply. Nothing of a final response has gone to the client.
    Reply(Reason),
    /// Close the client's connection: a response has begun, and nothing else tells the client that it is incomplete.
    /// Also after an exchange is over, for whatever happens late.
    Cut,
}

/// How an exchange ended; it ends once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The upstream's response was forwarded in full.
    Forwarded,
    /// The gateway answered itself.
    Replied(Reason),
    /// The client's connection was closed without a complete response.
    Cut(Cause),
}

/// Why an exchange was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The client left.
    ClientGone,
    /// The deadline passed within the response.
    Deadline,
    /// The attempt failed within the response.
    Upstream(AttemptFailure),
    /// The response's body broke its framing.
    ResponseBroken,
    /// The request's body was refused within the response.
    Body(Reason),
    /// The request was refused although its response had begun; only a defect of the caller leads here.
    Refused(Reason),
}
