//! One client comes at a hundred times its limit, among fifty who keep to theirs.
//!
//! With it and without it take turns, so that whatever else the machine does meets both alike.

use std::time::Duration;

use super::judge_failures;
use crate::config::{FEW_BURST, FEW_RATE};
use crate::figures::Span;
use crate::load::group::Record;
use crate::scene::Scene;
use crate::traffic::{client, limited};
use crate::verdict::{Verdict, number};

const ROUTE: &str = "/limited/few";
/// So many keep to the limit, at this share of it.
const NORMALS: u64 = 50;
const SHARE: f64 = 0.4;
/// So many times its limit does the abuser come.
const TIMES: f64 = 100.0;
/// How often the two take turns.
const TURNS: u32 = 5;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let clients: Vec<_> = (0..NORMALS).map(|number| client(40, number)).collect();
    let rate = FEW_RATE * SHARE * NORMALS as f64;
    let normals = scene.begin(limited("normals", ROUTE, vec![scene.gateway], rate, clients))?;
    scene.notebook.tell(format_args!("{NORMALS} clients come {rate} times a second together, within their limits"));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (mut without, mut with, mut abusers) = (Vec::new(), Vec::new(), Vec::<(Span, Record)>::new());
    for turn in 0..TURNS {
        without.push(scene.pass(2.0).await);
        let order = limited("abuser", ROUTE, vec![scene.gateway], FEW_RATE * TIMES, vec![client(41, turn.into())]);
        let abuser = scene.begin(order)?;
        // What it takes to make its connections is not what is compared.
        let from = scene.now();
        tokio::time::sleep(Duration::from_millis(100)).await;
        with.push(scene.pass(2.0).await);
        let span = scene.since(from);
        abusers.push((span, abuser.end().await));
        scene.notebook.tell(format_args!(
            "turn {} of {TURNS}: {}",
            turn + 1,
            abusers.last().map_or(String::new(), |(span, record)| record.tally(*span).in_words())
        ));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let whole = Span { from: without.first().map_or(Duration::ZERO, |span| span.from), to: scene.now() };
    let normals = normals.end().await;
    judge_abuser(scene, &abusers);
    judge_normals(scene, &normals, whole);
    judge_failures(scene, std::slice::from_ref(&normals), whole);
    let [was, is] = [&without, &with].map(|windows| normals.p99(windows));
    scene.notebook.judge(Verdict::ratio("latency, normals, with the abuser", 1.1, was, is));
    let each = |windows: &[Span]| {
        let all: Vec<_> =
            windows.iter().map(|window| number(normals.percentile(*window, 0.99).unwrap_or_default())).collect();
        all.join(", ")
    };
    scene
        .notebook
        .figure("p99 of normals by turn, without and with, ms", format_args!("{} | {}", each(&without), each(&with)));
    Ok(())
}

fn judge_abuser(scene: &Scene, abusers: &[(Span, Record)]) {
    let (mut excess, mut beyond, mut refused, mut failed) = (0.0, 0.0, 0, 0);
    for (span, record) in abusers {
        // All of it: what it sent while the step looked away counts as well.
        let tally = record.tally(Span { from: Duration::ZERO, to: Duration::MAX });
        let allowed = FEW_RATE * span.seconds() + FEW_BURST;
        excess += tally.total() as f64 - allowed;
        beyond += (tally.good as f64 - allowed).max(0.0);
        refused += tally.refused;
        failed += tally.failed;
    }
    let share = if excess > 0.0 { (1.0 - beyond / excess) * 100.0 } else { 0.0 };
    let measured = format!("{share:.3} % of {excess:.0} ({refused} refusals in all)");
    scene.notebook.judge(Verdict::new(
        "the abuser's excess that was refused",
        "at least 99.9 %",
        measured,
        share >= 99.9,
    ));
    scene.notebook.judge(Verdict::exactly("the abuser's requests that failed otherwise", 0, Some(failed)));
}

fn judge_normals(scene: &Scene, normals: &Record, whole: Span) {
    let tally = normals.tally(whole);
    scene.notebook.judge(Verdict::exactly("normal clients' requests refused", 0, Some(tally.refused)));
}
