//! kill -9 of one payments node: connections break, and new ones are refused.

use super::isolation::{NODE, all_is_well, follow};
use crate::scene::Scene;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let watched = all_is_well(scene).await?;
    let event = scene.now();
    scene.notebook.tell(format_args!("kill -9 of {}", NODE.name()));
    // Does not wait for its end: the time runs already.
    let (killed, followed) =
        tokio::join!(scene.kill(NODE), follow(scene, &watched, event, async || { scene.start_again(NODE).await }));
    killed.and(followed)
}
