//! What is broken, one thing at a time: each step has a while in which all is well, an event, and verdicts.
//!
//! A file per step; where several are the same but for the event, what they share has a file of its own.

mod abuser;
mod exactness;
mod failing_node;
mod isolation;
mod killed_node;
mod postgres_stopped;
mod redis_frozen;
mod redis_killed;
mod reload;
mod sidecar_stopped;
mod slow_node;
mod store_outage;

use clap::ValueEnum;

use crate::figures::Span;
use crate::load::group::Record;
use crate::scene::Scene;
use crate::verdict::Verdict;

/// A latency is compared over so many windows before and as many during an event.
const WINDOWS: u32 = 5;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Step {
    /// kill -9 of one payments node of three
    KilledNode,
    /// One payments node answers slowly
    SlowNode,
    /// One payments node fails half its calls
    FailingNode,
    /// kill -9 of Redis, and a restart
    RedisKilled,
    /// SIGSTOP of Redis, and SIGCONT
    RedisFrozen,
    /// Postgres is stopped and started again
    PostgresStopped,
    /// The sidecar thread of the gateway is stopped, and goes on
    SidecarStopped,
    /// Valid and invalid configurations are loaded
    Reload,
    /// One client comes at 100 times its limit among 50 others
    Abuser,
    /// What limits admit over a minute, exact and by lease, with one and with two gateways
    Exactness,
}

impl Step {
    /// All, in order.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::value_variants().to_vec()
    }

    /// The word by which it is chosen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::KilledNode => "killed-node",
            Self::SlowNode => "slow-node",
            Self::FailingNode => "failing-node",
            Self::RedisKilled => "redis-killed",
            Self::RedisFrozen => "redis-frozen",
            Self::PostgresStopped => "postgres-stopped",
            Self::SidecarStopped => "sidecar-stopped",
            Self::Reload => "reload",
            Self::Abuser => "abuser",
            Self::Exactness => "exactness",
        }
    }

    /// What it does.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::KilledNode => "kill -9 of one payments node of three",
            Self::SlowNode => "one payments node of three becomes slow",
            Self::FailingNode => "one payments node of three fails half its calls",
            Self::RedisKilled => "kill -9 of Redis, and a restart",
            Self::RedisFrozen => "Redis hangs (SIGSTOP), and goes on",
            Self::PostgresStopped => "Postgres is stopped, and started again",
            Self::SidecarStopped => "the gateway's sidecar thread stands still, and goes on",
            Self::Reload => "configurations are loaded, valid ones and invalid ones",
            Self::Abuser => "one client at 100 x its limit among 50 others",
            Self::Exactness => "what limits admit, exact and by lease, with one gateway and with two",
        }
    }
}

/// Makes a step. Verdicts go to the scene's notebook.
///
/// # Errors
/// In words, when it cannot be made.
pub async fn run(step: Step, scene: &Scene) -> Result<(), String> {
    match step {
        Step::KilledNode => killed_node::run(scene).await,
        Step::SlowNode => slow_node::run(scene).await,
        Step::FailingNode => failing_node::run(scene).await,
        Step::RedisKilled => redis_killed::run(scene).await,
        Step::RedisFrozen => redis_frozen::run(scene).await,
        Step::PostgresStopped => postgres_stopped::run(scene).await,
        Step::SidecarStopped => sidecar_stopped::run(scene).await,
        Step::Reload => reload::run(scene).await,
        Step::Abuser => abuser::run(scene).await,
        Step::Exactness => exactness::run(scene).await,
    }
}

/// The windows by which latencies of a span are judged.
fn windows(span: Span) -> Vec<Span> {
    span.windows((span.to - span.from) / WINDOWS)
}

/// No request of these groups may have failed in the span. Refusals by a limit are no failures.
fn judge_failures(scene: &Scene, records: &[Record], span: Span) {
    for record in records {
        let tally = record.tally(span);
        let mut measured = format!("{} of {}", tally.failed, tally.total());
        if tally.failed > 0 {
            measured = format!("{measured} ({})", tally.in_words());
        }
        let holds = tally.failed == 0 && tally.total() > 0;
        scene.notebook.judge(Verdict::new(format!("failed requests, {}", record.name()), "none", measured, holds));
    }
}

/// Latencies may not have grown by more than a factor.
fn judge_latency(scene: &Scene, record: &Record, most: f64, before: Span, during: Span) {
    let [was, is] = [before, during].map(|span| record.p99(&windows(span)));
    scene.notebook.judge(Verdict::ratio(format!("latency, {}", record.name()), most, was, is));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_of_a_step_is_the_one_that_chooses_it() {
        for step in Step::all() {
            assert_eq!(Step::from_str(step.word(), false), Ok(step));
        }
    }
}
