//! Redis hangs: its connections stay open, and nothing is answered.

use supplex_stack::component::Component;

use super::store_outage::{all_is_well, answers, judge};
use crate::figures::Span;
use crate::freeze::StoppedProcess;
use crate::scene::Scene;

pub(super) async fn run(scene: &Scene) -> Result<(), String> {
    let crowd = all_is_well(scene).await?;
    let from = scene.now();
    scene.notebook.tell("SIGSTOP of Redis");
    let stopped = StoppedProcess::stop(&scene.running(Component::Redis)?.process)?;
    scene.pass(3.0).await;
    scene.notebook.tell("SIGCONT of Redis");
    drop(stopped);
    let to = answers(scene).await?;
    judge(scene, crowd, Span { from, to }).await
}
