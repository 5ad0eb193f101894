//! What can go wrong, as it is written in JSON. Every value that exists is a possible one.
//!
//! ```json
//! { "seed": 7, "reach": "api",
//!   "latency":   { "kind": "long_tail", "ratio": 1.0, "median_ms": 20, "p99_ms": 1500 },
//!   "error":     { "ratio": 0.3, "status": 503 },
//!   "reset":     { "ratio": 0.05, "after": "work" },
//!   "hang":      { "ratio": 0.01 },
//!   "slow_body": { "ratio": 0.1, "bytes_per_second": 20 } }
//! ```
//!
//! Each part may be left out, and `{}` is a service that is well. Draws no lots; `fate.rs` does.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Everything that goes wrong in a process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = Faults)]
pub struct Plan {
    /// With the same seed the same requests are hit: the n-th since the plan was set. By chance when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Which requests are hit.
    pub reach: Reach,
    /// Requests take longer. Comes before every other fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// The service answers with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorFault>,
    /// The service does not answer until the client leaves, the plan changes or the process stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hang: Option<Fault>,
    /// The connection is reset (RST) instead of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<Fault>,
    /// The body of the answer trickles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_body: Option<SlowBody>,
}

/// A plan as the text of an environment variable.
impl FromStr for Plan {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

/// Which requests are hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Those to the service's API. The probes stay well: only its clients can see that the service is sick.
    #[default]
    Api,
    /// The probes as well.
    All,
}

impl Reach {
    /// Whether a request for `path` is hit.
    pub(crate) fn covers(self, path: &str) -> bool {
        match path {
            "/faults" | "/metrics" => false,
            "/healthz" | "/readyz" => self == Self::All,
            _ => true,
        }
    }
}

/// A share of the requests, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "f64")]
#[schema(minimum = 0, maximum = 1, default = 1.0)]
pub struct Ratio(f64);

impl Ratio {
    /// The share.
    #[must_use]
    pub fn share(self) -> f64 {
        self.0
    }
}

impl Default for Ratio {
    fn default() -> Self {
        Self(1.0)
    }
}

impl TryFrom<f64> for Ratio {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, Self::Error> {
        match (0.0..=1.0).contains(&share) {
            true => Ok(Self(share)),
            false => Err(format!("a ratio is a number from 0 to 1, not {share}")),
        }
    }
}

/// A time in milliseconds, at most ten minutes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "f64")]
#[schema(minimum = 0, maximum = 600000)]
pub struct Millis(f64);

impl Millis {
    /// The longest.
    pub(crate) const MOST: f64 = 600_000.0;

    pub(crate) fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Millis {
    type Error = String;

    fn try_from(ms: f64) -> Result<Self, Self::Error> {
        match (0.0..=Self::MOST).contains(&ms) {
            true => Ok(Self(ms)),
            false => Err(format!("a time is a number of milliseconds from 0 to {}, not {ms}", Self::MOST)),
        }
    }
}

/// How much longer requests take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Latency {
    /// All the same.
    Fixed {
        /// Which share of the requests.
        #[serde(default)]
        ratio: Ratio,
        /// How long.
        ms: Millis,
    },
    /// By the normal distribution; what would be negative is zero.
    Normal {
        /// Which share of the requests.
        #[serde(default)]
        ratio: Ratio,
        /// The mean.
        mean_ms: Millis,
        /// The standard deviation.
        deviation_ms: Millis,
    },
    /// By the log-normal distribution: most are quick and a few are very slow, as in real services.
    LongTail {
        /// Which share of the requests.
        #[serde(default)]
        ratio: Ratio,
        /// Half of the requests take longer.
        median_ms: Millis,
        /// One of a hundred takes longer.
        p99_ms: Millis,
    },
}

impl Latency {
    /// Which share of the requests, whatever the kind.
    pub(crate) fn ratio(self) -> f64 {
        match self {
            Self::Fixed { ratio, .. } | Self::Normal { ratio, .. } | Self::LongTail { ratio, .. } => ratio.share(),
        }
    }
}

/// A fault instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which share of the requests.
    #[serde(default)]
    pub ratio: Ratio,
    /// What was done before.
    #[serde(default)]
    pub after: After,
}

/// An error instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorFault {
    /// Which share of the requests.
    #[serde(default)]
    pub ratio: Ratio,
    /// What was done before.
    #[serde(default)]
    pub after: After,
    /// Its status.
    #[serde(default)]
    pub status: Status,
}

/// When a fault strikes: the difference matters to whoever has to repeat the request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum After {
    /// Before anything was done.
    #[default]
    Arrival,
    /// After the work was done: only its answer is lost.
    Work,
}

/// The status of an error, from 400 to 599.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "u16")]
#[schema(minimum = 400, maximum = 599, default = 503)]
pub struct Status(u16);

impl Status {
    /// The number.
    #[must_use]
    pub fn code(self) -> u16 {
        self.0
    }
}

impl Default for Status {
    fn default() -> Self {
        Self(503)
    }
}

impl TryFrom<u16> for Status {
    type Error = String;

    fn try_from(code: u16) -> Result<Self, Self::Error> {
        match code {
            400..=599 => Ok(Self(code)),
            _ => Err(format!("the status of an error is a number from 400 to 599, not {code}")),
        }
    }
}

/// How the body of an answer trickles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowBody {
    /// Which share of the requests.
    #[serde(default)]
    pub ratio: Ratio,
    /// How fast.
    #[schema(value_type = u32, minimum = 1)]
    pub bytes_per_second: std::num::NonZeroU32,
}
