//! Redis is away for a while: nobody may notice, and limits must be enforced again as soon as it answers.
//!
//! Two groups show what limits do. `lenient` is one client far above a limit that lets everything through without Redis:
//! its first refusal after the outage is the moment from which limits are enforced again. `strict` is one client above a
//! limit that each worker enforces by itself meanwhile.

use std::time::{Duration, Instant};

use supplex_stack::component::Component;

use super::judge_failures;
use crate::config::{OPEN_BURST, OPEN_RATE, SHARED_BURST, SHARED_RATE};
use crate::figures::Span;
use crate::load::Group;
use crate::load::group::Record;
use crate::load::sample::Class;
use crate::scene::Scene;
use crate::traffic::{client, limited};
use crate::verdict::{Verdict, number};

/// Limits must be enforced again within this after Redis answers.
const BAR_MS: f64 = 1000.0;
/// How often each of the two comes in a second.
const RATE: f64 = 100.0;
/// How long Redis may take to answer after it was started.
const PATIENCE: Duration = Duration::from_secs(20);

/// The two groups.
pub(super) struct Crowd {
    lenient: Group,
    strict: Group,
    begun: Duration,
}

/// A while in which all is well.
pub(super) async fn all_is_well(scene: &Scene) -> Result<Crowd, String> {
    let order = |name, route, network| limited(name, route, vec![scene.gateway], RATE, vec![client(network, 0)]);
    let lenient = scene.begin(order("lenient", "/limited/open", 10))?;
    let strict = scene.begin(order("strict", "/limited/exact", 11))?;
    let begun = scene.now();
    scene.notebook.tell(format_args!("all is well; two clients come {RATE} times a second, above their limits"));
    scene.pass(4.0).await;
    Ok(Crowd { lenient, strict, begun })
}

/// When Redis first answers.
pub(super) async fn answers(scene: &Scene) -> Result<Duration, String> {
    let store = scene.layout.store().map_err(|error| error.to_string())?;
    let (address, begun) = (scene.running(Component::Redis)?.address, Instant::now());
    loop {
        match store.check(address).await {
            Ok(()) => return Ok(scene.now()),
            Err(what) if begun.elapsed() > PATIENCE => return Err(format!("Redis does not answer: {what}")),
            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
        }
    }
}

/// The verdicts, some time after Redis answers again.
pub(super) async fn judge(scene: &Scene, crowd: Crowd, outage: Span) -> Result<(), String> {
    scene.notebook.tell_of(outage.to, "Redis answers");
    scene.pass(4.0).await;
    let during = scene.since(crowd.begun);
    let (lenient, strict) = (crowd.lenient.end().await, crowd.strict.end().await);
    for group in [&scene.products, &scene.payments] {
        group.settle().await;
    }
    let steady = [scene.products.record(), scene.payments.record()];
    judge_failures(scene, &[&steady[..], &[lenient.clone(), strict.clone()]].concat(), during);

    let refusal = first_refusal(&lenient, Span { from: outage.to, to: during.to });
    let delay = refusal.map(|at| at.saturating_sub(outage.to).as_secs_f64() * 1e3);
    let note = &scene.notebook;
    if let Some(at) = refusal {
        note.tell_of(at, "the first refusal by a limit that needs Redis");
    }
    note.judge(Verdict::at_most("limits enforced again, after it answers", " ms", BAR_MS, delay));
    // Not the first part of the outage, in which the gateway still has to find out.
    let late = Span { from: outage.from + (outage.to - outage.from) / 2, to: outage.to };
    let refused = lenient.tally(late).refused;
    note.judge(Verdict::exactly("refusals by that limit while Redis was away", 0, Some(refused)));
    let after = Span { from: outage.to + Duration::from_secs(1), to: during.to };
    judge_rate(scene, &lenient, after, (OPEN_RATE, OPEN_BURST));

    // Its bucket may be new, and the workers have filled ones of their own when the outage begins.
    let admitted = strict.tally(during).good as f64;
    let bar = SHARED_RATE * during.seconds() + 3.0 * SHARED_BURST;
    let what = "admitted by a limit that workers enforce meanwhile (rate x t + a burst before, during and after)";
    note.judge(Verdict::at_most(what, "", bar.floor(), Some(admitted)));
    for record in steady {
        let [was, is] = [Span { from: crowd.begun, to: outage.from }, outage].map(|span| record.percentile(span, 0.99));
        let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
        note.figure(format!("p99 of {}, before and during", record.name()), format_args!("{was:.2} ms, {is:.2} ms"));
    }
    Ok(())
}

/// When the first client was refused that should have begun in the span.
fn first_refusal(record: &Record, span: Span) -> Option<Duration> {
    let refused = record.samples(span).into_iter().filter(|sample| sample.class == Class::Refused);
    refused.map(|sample| sample.ended()).min()
}

fn judge_rate(scene: &Scene, record: &Record, span: Span, (rate, burst): (f64, f64)) {
    let admitted = record.tally(span).good as f64;
    let bar = rate * span.seconds() + burst + 1.0;
    let what = format!("admitted by that limit from a second later on, in {} s", number(span.seconds()));
    scene.notebook.judge(Verdict::at_most(what, "", bar.floor(), Some(admitted)));
}
