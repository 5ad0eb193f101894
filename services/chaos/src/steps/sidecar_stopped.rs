//! The sidecar stands still: the thread of the gateway that does everything but serving. Workers go on without it.

use std::time::{Duration, Instant};

use supplex_stack::component::Component;
use supplex_stack::http;

use super::{judge_failures, judge_latency};
use crate::admin::{self, Metrics};
use crate::config::{self, SHARED_BURST, SHARED_RATE};
use crate::figures::Span;
use crate::freeze::StoppedThread;
use crate::scene::Scene;
use crate::traffic::{client, limited};
use crate::verdict::Verdict;

/// How often the limited client comes.
const RATE: f64 = 100.0;
/// How long an admin endpoint that works never takes.
const SILENCE: Duration = Duration::from_millis(500);
/// Everything must be current again within this.
const BAR_S: f64 = 1.0;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let order = limited("strict", "/limited/exact", vec![scene.gateway], RATE, vec![client(30, 0)]);
    let strict = scene.begin(order)?;
    let begun = scene.now();
    scene.notebook.tell(format_args!("all is well; one client comes {RATE} times a second, above its limit"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = scene.pass(6.0).await;
    let counted = scene.metrics().await?;

    let stopped = StoppedThread::stop_main(&scene.running(Component::Gateway)?.process)?;
    let from = scene.now();
    scene.notebook.tell("the sidecar stands still (ptrace, its thread only)");
    let admin = http::get(scene.admin, "/healthz", SILENCE).await;
    scene.pass(5.0).await;
    drop(stopped);
    let frozen = scene.since(from);
    scene.notebook.tell("the sidecar goes on");
    let back = current_again(scene, &counted).await;
    match &back {
        Ok(at) => scene.notebook.tell_of(*at, "it has answered, loaded a configuration and asked Redis"),
        Err(what) => scene.notebook.tell(what),
    }
    scene.pass(3.0).await;

    let during = scene.since(begun);
    let strict = strict.end().await;
    let steady = [scene.products.record(), scene.payments.record()];
    for record in &steady {
        record.settle().await;
    }
    let said = admin.map_or_else(|error| error, |answer| format!("answered {}", answer.status));
    let silent = said.starts_with("no answer");
    scene.notebook.judge(Verdict::new(
        "the admin endpoint, meanwhile",
        "is silent, so it did stand still",
        said,
        silent,
    ));
    judge_failures(scene, &[&steady[..], std::slice::from_ref(&strict)].concat(), during);
    for record in &steady {
        judge_latency(scene, record, 1.2, before, frozen);
    }
    let admitted = strict.tally(during).good as f64;
    // The workers' own buckets are full when they begin to decide, and that of Redis is when it decides again.
    let bar = SHARED_RATE * during.seconds() + 3.0 * SHARED_BURST;
    let what = "admitted by a limit, decided by workers meanwhile (rate x t + a burst before, during and after)";
    scene.notebook.judge(Verdict::at_most(what, "", bar.floor(), Some(admitted)));
    let seconds = back.ok().map(|at| at.saturating_sub(frozen.to).as_secs_f64());
    scene.notebook.judge(Verdict::at_most("everything is current again", " s", BAR_S, seconds));
    show(scene, &counted, frozen).await
}

/// Waits until a new configuration is in force and limits are decided by Redis.
async fn current_again(scene: &Scene, counted: &Metrics) -> Result<Duration, String> {
    let begun = Instant::now();
    let file = scene.layout.gateway_config();
    let generation = |page: &Metrics| page.sum("supplex_config_generation", &[]);
    let text = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    std::fs::write(&file, config::touched(&text, 21)?).map_err(|error| error.to_string())?;
    let reload = http::request(scene.admin, "POST", "/api/reload", &[], Duration::from_secs(10)).await?;
    if reload.status != 200 {
        return Err(format!("the reload afterwards was answered with {}: {}", reload.status, reload.body));
    }
    let asked =
        |page: &Metrics| page.sum("supplex_limit_store_questions_total", &[("store", "redis"), ("result", "answered")]);
    let first = scene.metrics().await?;
    loop {
        let page = scene.metrics().await?;
        if generation(&page) > generation(counted) && asked(&page) > asked(&first) {
            return Ok(scene.now());
        }
        if begun.elapsed() > Duration::from_secs(20) {
            return Err("the configuration or the limits did not become current again".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn show(scene: &Scene, counted: &Metrics, frozen: Span) -> Result<(), String> {
    let now = scene.metrics().await?;
    let decisions = |source: &str| {
        let of = |page: &Metrics| page.sum("supplex_rate_limit_decisions_total", &[("source", source)]);
        of(&now) - of(counted)
    };
    let sources = ["store", "lease", "remembered", "fallback"];
    let words: Vec<_> = sources.iter().map(|source| format!("{} {source}", decisions(source))).collect();
    scene.notebook.figure("decisions of limits, from before to after", words.join(", "));
    scene.notebook.figure("it stood still for", format_args!("{:.1} s", frozen.seconds()));
    let limits = admin::json(scene.admin, "/api/limits").await?;
    scene.notebook.figure("questions to Redis", &limits["store"]["redis"]["questions"]);
    Ok(())
}
