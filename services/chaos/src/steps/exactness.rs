//! What limits admit when clients come at three times their rate, compared with what they should.
//!
//! Four clients at once, each with a bucket of its own: a limit with `exact` and one with `lease`, through one gateway, and
//! through two that share a Redis.

use std::net::SocketAddr;
use std::time::Duration;

use crate::admin::Metrics;
use crate::config::{SHARED_BURST, SHARED_RATE};
use crate::figures::Span;
use crate::load::Group;
use crate::load::group::Record;
use crate::scene::Scene;
use crate::second::Second;
use crate::traffic::{client, limited};
use crate::verdict::{Verdict, number};

/// How often each client comes in a second.
const RATE: f64 = SHARED_RATE * 3.0;
/// How far `exact` may be off.
const TOLERANCE: f64 = 0.01;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let second = Second::start(&scene.layout).await?;
    scene.notebook.tell(format_args!("a second gateway serves on {}", second.address));
    let both = vec![scene.gateway, second.address];
    let begin = |name, route, targets: &[SocketAddr], number| {
        scene.begin(limited(name, route, targets.to_vec(), RATE, vec![client(50, number)]))
    };
    let groups: [(Group, Kind, usize); 4] = [
        (begin("exact, 1 gateway", "/limited/exact", &both[..1], 0)?, Kind::Exact, 1),
        (begin("exact, 2 gateways", "/limited/exact", &both, 1)?, Kind::Exact, 2),
        (begin("lease, 1 gateway", "/limited/lease", &both[..1], 2)?, Kind::Lease, 1),
        (begin("lease, 2 gateways", "/limited/lease", &both, 3)?, Kind::Lease, 2),
    ];
    scene.notebook.tell(format_args!(
        "four clients come {RATE} times a second each; their limits are {SHARED_RATE} a second, {SHARED_BURST} at once"
    ));
    let counted = without_redis(scene, &second).await?;
    let span = scene.pass(60.0).await;
    scene.notebook.tell(format_args!("{:.0} s are over", span.seconds()));
    // All end at once, and only then is anybody waited for.
    let records = groups.map(|(group, kind, gateways)| (group.record(), kind, gateways));
    for (record, kind, gateways) in records {
        record.settle().await;
        judge(scene, &record, kind, gateways);
    }
    // Each is one that workers allowed or refused by themselves: what it lets through, Redis knows nothing of.
    let alone = without_redis(scene, &second).await? - counted;
    scene.notebook.figure("decisions without Redis, because it was not heard in time", alone);
    Ok(())
}

/// How many decisions both gateways made without Redis.
async fn without_redis(scene: &Scene, second: &Second) -> Result<f64, String> {
    let mut sum = 0.0;
    for admin in [scene.admin, second.admin] {
        sum += Metrics::of(admin).await?.sum("supplex_rate_limit_decisions_total", &[("source", "fallback")]);
    }
    Ok(sum)
}

#[derive(Clone, Copy)]
enum Kind {
    Exact,
    Lease,
}

fn judge(scene: &Scene, record: &Record, kind: Kind, gateways: usize) {
    let whole = Span { from: Duration::ZERO, to: Duration::MAX };
    let (samples, tally) = (record.samples(whole), record.tally(whole));
    let first = samples.iter().map(|sample| sample.at).min().unwrap_or_default();
    let last = samples.iter().map(|sample| sample.at).max().unwrap_or_default();
    let seconds = last.saturating_sub(first).as_secs_f64();
    let due = SHARED_RATE * seconds + SHARED_BURST;
    let admitted = tally.good as f64;
    let said = format!(
        "{admitted:.0} admitted, {due:.0} due: {:+.2} % in {} s",
        (admitted / due - 1.0) * 100.0,
        number(seconds)
    );
    let (bar, holds) = match kind {
        Kind::Exact => {
            let holds = (admitted - due).abs() <= due * TOLERANCE;
            ("within 1 % of rate x t + burst".to_owned(), holds)
        }
        Kind::Lease => {
            let bound = due + gateways as f64 * SHARED_BURST / 8.0;
            (format!("at most rate x t + burst + {gateways} x burst / 8 = {bound:.0}"), admitted <= bound)
        }
    };
    scene.notebook.judge(Verdict::new(format!("admitted, {}", record.name()), bar, said, holds));
    let failed = format!("{} of {}", tally.failed, tally.total());
    scene.notebook.judge(Verdict::new(
        format!("failed requests, {}", record.name()),
        "none",
        failed,
        tally.failed == 0,
    ));
}
