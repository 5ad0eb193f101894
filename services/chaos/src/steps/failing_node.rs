//! One payments node answers half its calls with 503, and the other half well.

use super::isolation::{NODE, all_is_well, follow};
use crate::scene::Scene;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let watched = all_is_well(scene).await?;
    let event = scene.now();
    scene.set_faults(NODE, r#"{"error":{"ratio":0.5,"status":503}}"#).await?;
    scene.notebook.tell(format_args!("{} fails half its calls", NODE.name()));
    follow(scene, &watched, event, async || Ok(())).await
}
