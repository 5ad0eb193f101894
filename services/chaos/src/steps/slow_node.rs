//! One payments node takes half as long again as an answer may take without being slow.

use super::isolation::{NODE, all_is_well, follow};
use crate::config::SLOW_AFTER_MS;
use crate::scene::Scene;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let watched = all_is_well(scene).await?;
    let slow = SLOW_AFTER_MS * 3 / 2;
    let event = scene.now();
    scene.set_faults(NODE, &format!(r#"{{"latency":{{"kind":"fixed","ms":{slow}}}}}"#)).await?;
    scene.notebook.tell(format_args!("{} takes {slow} ms for every request", NODE.name()));
    follow(scene, &watched, event, async || Ok(())).await
}
