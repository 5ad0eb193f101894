//! Postgres goes away under both services: they must say so at once, and everything that needs no database must not notice.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use supplex_stack::component::Component;
use supplex_stack::http;
use supplex_stack::state::Running;

use super::{judge_failures, judge_latency, windows};
use crate::config::OPEN_FOR;
use crate::figures::{Span, percentile};
use crate::load::group::Record;
use crate::load::sample::Class;
use crate::scene::Scene;
use crate::traffic::{client, limited};
use crate::verdict::{Verdict, number};

/// How often the route that needs no database is asked.
const RATE: f64 = 100.0;
/// A failure must be told within this.
const BAR_MS: f64 = 100.0;
/// Longer than any breaker stays open here.
const PATIENCE: Duration = Duration::from_secs(40);
/// Services must work again within this, after Postgres answers: while it was away their breakers opened twice, the second
/// time for twice as long, and up to a tenth longer by chance.
const RETURN_S: f64 = OPEN_FOR * 2.0 * 1.1 + 1.0;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let clients = (0..10).map(|number| client(20, number)).collect();
    let alive = scene.begin(limited("no database", "/alive", vec![scene.gateway], RATE, clients))?;
    scene.notebook.tell("all is well");
    // Connections are made in the first second.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = scene.pass(5.0).await;

    let from = scene.now();
    scene.notebook.tell("Postgres is stopped (SIGINT: at once, whoever is connected)");
    let postgres = scene.running(Component::Postgres)?;
    postgres.process.signal(Signal::INT).map_err(|error| error.to_string())?;
    let ended = until_gone(scene, &postgres).await;
    scene.pass(4.0).await;
    let admin = http::get(scene.admin, "/readyz", Duration::from_secs(2)).await;
    let outage = Outage { begun: from, ended: ended.unwrap_or(from), over: scene.now() };
    if postgres.process.is_alive() {
        scene.kill(Component::Postgres).await?;
    }
    scene.notebook.tell("Postgres is started again");
    scene.start_again(Component::Postgres).await?;
    let answered = scene.now();
    scene.notebook.tell("Postgres answers");
    let groups = [scene.products.record(), scene.payments.record()];
    all_good_again(scene, &groups).await?;
    scene.pass(2.0).await;
    let during = scene.since(from);
    for record in &groups {
        record.settle().await;
    }
    let alive = alive.end().await;

    let said = admin.map_or_else(|error| error, |answer| answer.status.to_string());
    let holds = said == "200";
    scene.notebook.judge(Verdict::new("the gateway itself, while Postgres was away", "is ready (200)", said, holds));
    judge_failures(scene, std::slice::from_ref(&alive), during);
    judge_latency(scene, &alive, 1.2, before, during);
    for record in &groups {
        judge_honesty(scene, record, &outage);
        let back = last_failure(record, during).map_or(0.0, |at| at.saturating_sub(answered).as_secs_f64());
        let what = format!("{} work again by themselves, after Postgres answers", record.name());
        scene.notebook.judge(Verdict::at_most(what, " s", RETURN_S, Some(back)));
    }
    Ok(())
}

/// The time in which Postgres was away.
struct Outage {
    /// When it was told to stop.
    begun: Duration,
    /// When it had stopped.
    ended: Duration,
    /// When it was started again.
    over: Duration,
}

/// Waits until the server has ended; it shuts down in order. `None` when it takes too long.
async fn until_gone(scene: &Scene, postgres: &Running) -> Option<Duration> {
    let begun = Instant::now();
    while postgres.process.is_alive() {
        if begun.elapsed() > Duration::from_secs(10) {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    scene.notebook.tell("Postgres has ended");
    Some(scene.now())
}

/// Waits until nobody has failed for half a second.
async fn all_good_again(scene: &Scene, groups: &[Record]) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = scene.now();
        let span = Span { from: now.saturating_sub(Duration::from_millis(500)), to: now };
        let tallies: Vec<_> = groups.iter().map(|record| record.tally(span)).collect();
        if tallies.iter().all(|tally| tally.failed == 0 && tally.good > 0) {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(format!(
                "still not all is well: {}",
                tallies.iter().map(|tally| tally.in_words()).collect::<Vec<_>>().join("; ")
            ));
        }
    }
}

/// What fails must be told as 503 with a reason, and soon. While Postgres shuts down it keeps the services waiting itself.
fn judge_honesty(scene: &Scene, record: &Record, outage: &Outage) {
    let whole = Span { from: outage.begun, to: outage.over };
    let gone = Span { from: outage.ended, to: outage.over };
    let tally = record.tally(whole);
    let honest = |outcome: &String| outcome.starts_with("503 ") || outcome.starts_with('2');
    let dishonest: u64 = tally.outcomes.iter().filter(|(outcome, _)| !honest(outcome)).map(|(_, count)| count).sum();
    let holds = dishonest == 0 && tally.failed > 0;
    let what = format!("{} fail honestly", record.name());
    scene.notebook.judge(Verdict::new(what, "503 with a reason, and nothing else", tally.in_words(), holds));
    let p99_in = |span: Span| {
        let failed = record.samples(span).into_iter().filter(|sample| sample.class == Class::Failed);
        percentile(failed.map(|sample| sample.took), 0.99)
    };
    let p99 = p99_in(gone);
    scene.notebook.judge(Verdict::at_most(
        format!("{} fail quickly once it has ended (p99 of failures)", record.name()),
        " ms",
        BAR_MS,
        p99,
    ));
    let parts: Vec<_> =
        windows(whole).into_iter().map(|part| p99_in(part).map_or_else(|| "-".to_owned(), number)).collect();
    scene
        .notebook
        .figure(format!("p99 of failures of {}, by fifths of the outage, ms", record.name()), parts.join(", "));
}

fn last_failure(record: &Record, span: Span) -> Option<Duration> {
    let failed = record.samples(span).into_iter().filter(|sample| sample.class == Class::Failed);
    failed.map(|sample| sample.at).max()
}
