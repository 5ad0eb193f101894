//! kill -9 of Redis, and a restart: what was in its buckets is gone.

use supplex_stack::component::Component;

use super::store_outage::{all_is_well, answers, judge};
use crate::figures::Span;
use crate::scene::Scene;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let crowd = all_is_well(scene).await?;
    let from = scene.now();
    scene.notebook.tell("kill -9 of Redis");
    scene.kill(Component::Redis).await?;
    scene.pass(3.0).await;
    scene.notebook.tell("Redis is started again");
    let (started, to) = tokio::join!(scene.start_again(Component::Redis), answers(scene));
    started?;
    judge(scene, crowd, Span { from, to: to? }).await
}
