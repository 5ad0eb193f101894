//! Configurations are loaded under load: valid ones come into force, an invalid one changes nothing, and nobody notices.

use std::time::Duration;

use supplex_stack::http;

use super::{judge_failures, judge_latency};
use crate::config;
use crate::scene::Scene;
use crate::verdict::Verdict;

/// How many valid ones, and how many invalid ones after them.
const VALID: u64 = 5;
const INVALID: u64 = 2;
/// How long one may take until all workers have it.
const LIMIT: Duration = Duration::from_secs(15);

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    scene.notebook.tell("all is well");
    let before = scene.pass(4.0).await;
    let generation = async || scene.metrics().await.map(|page| page.sum("supplex_config_generation", &[]) as u64);
    let first = generation().await?;
    let file = scene.layout.gateway_config();
    let good = std::fs::read_to_string(&file).map_err(|error| error.to_string())?;
    let from = scene.now();
    let mut accepted = 0;
    for number in 0..VALID {
        accepted += u64::from(load(scene, &config::touched(&good, 30 + number)?).await? == 200);
        scene.pass(0.8).await;
    }
    let valid = generation().await?;
    scene.notebook.tell(format_args!("{accepted} of {VALID} valid configurations were taken; generation {valid}"));
    let mut refused = 0;
    for number in 0..INVALID {
        // One that is no TOML, and one in which a route leads nowhere.
        let broken = if number == 0 {
            good.replace("[[routes]]", "[[routes")
        } else {
            good.replace("upstream = \"products\"", "upstream = \"prodcuts\"")
        };
        let status = load(scene, &broken).await?;
        refused += u64::from((400..500).contains(&status));
        scene.pass(0.8).await;
    }
    let after = generation().await?;
    scene.notebook.tell(format_args!("{refused} of {INVALID} invalid ones were refused; generation {after}"));
    let restored = load(scene, &good).await?;
    scene.notebook.tell(format_args!("the first one again: {restored}"));
    scene.pass(2.0).await;
    let during = scene.since(from);
    let records = [scene.products.record(), scene.payments.record()];
    for record in &records {
        record.settle().await;
    }
    let note = &scene.notebook;
    judge_failures(scene, &records, during);
    note.judge(Verdict::exactly("valid configurations taken", VALID, Some(accepted)));
    let holds = valid >= first + VALID;
    note.judge(Verdict::new("generations", format!("at least {VALID} more"), format!("{first}, then {valid}"), holds));
    note.judge(Verdict::exactly("invalid configurations refused", INVALID, Some(refused)));
    note.judge(Verdict::exactly("generation after them", valid, Some(after)));
    judge_latency(scene, &records[0], 1.2, before, during);
    Ok(())
}

/// Writes a configuration and has it loaded. The status of the answer.
async fn load(scene: &Scene, text: &str) -> Result<u16, String> {
    std::fs::write(scene.layout.gateway_config(), text).map_err(|error| error.to_string())?;
    let answer = http::request(scene.admin, "POST", "/api/reload", &[], LIMIT).await?;
    Ok(answer.status)
}
