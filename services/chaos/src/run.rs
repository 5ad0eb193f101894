//! A whole run: the stack comes up, the steps are made one after the other, the stack goes down, the results are written.
//!
//! Whatever happens, also Ctrl-C, the stack goes down. After SIGKILL the next run takes down what is left.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use supplex_stack::layout::{self, Layout};
use supplex_stack::{down, packages, port, seed, up};

use crate::notebook::{Page, say};
use crate::options::Options;
use crate::report::Report;
use crate::scene::Scene;
use crate::steps::Step;
use crate::verdict::Verdict;
use crate::{config, steps};

/// How long the load runs before anything is measured: connections are made and caches filled.
const WARM_UP: Duration = Duration::from_secs(2);

/// Makes a run. Says whether every verdict holds.
///
/// # Errors
/// In words, when the run could not be made.
pub async fn run(options: &Options) -> Result<bool, String> {
    packages::provide(&packages::STACK).map_err(|error| error.to_string())?;
    let layout = lay_out(options)?;
    let _lock = lock(&options.out)?;
    take_down(&layout)?;
    let outcome = tokio::select! {
        outcome = on_a_stack(options, layout.clone()) => outcome,
        interrupted = up::interruption() => Err(interrupted.to_string()),
    };
    say("");
    take_down(&layout)?;
    let report = outcome?;
    report.write(&options.out)?;
    say(report.text());
    say(format_args!("written to {}: chaos.txt, chaos.json, chaos.svg", options.out.display()));
    Ok(report.holds())
}

fn lay_out(options: &Options) -> Result<Layout, String> {
    let in_words = |error: supplex_stack::Error| error.to_string();
    let layout = Layout::new(&layout::Options {
        run: options.out.join("run"),
        gateway: options.gateway.clone(),
        products: options.products.clone(),
        payments: options.payments.clone(),
        users: options.users.clone(),
        orders: options.orders.clone(),
        port: port::free().map_err(in_words)?,
        admin_port: port::free().map_err(in_words)?,
        // It would take part of the time that is measured.
        no_prometheus: true,
        ..layout::Options::in_folder(&options.out)
    });
    Ok(Layout { adjust: Some(config::adjust), ..layout.map_err(in_words)? })
}

/// Keeps a second run out of the same folder.
fn lock(out: &Path) -> Result<File, String> {
    let file = File::create(out.join("lock")).map_err(|error| error.to_string())?;
    file.try_lock().map_err(|_| format!("another run is at work in {}", out.display()))?;
    Ok(file)
}

fn take_down(layout: &Layout) -> Result<(), String> {
    down::down(layout, true).map_err(|error| error.to_string())
}

/// How busy the machine is.
fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|minute| minute.parse().ok()).unwrap_or_default()
}

async fn on_a_stack(options: &Options, layout: Layout) -> Result<Report, String> {
    let load_average = load_average();
    let in_words = |error: supplex_stack::Error| error.to_string();
    up::up(&layout).await.map_err(in_words)?;
    seed::seed(&layout, &[]).map_err(in_words)?;
    let origin = Instant::now();
    let scene = Scene::of(layout, origin, options.seconds).await?;
    say("\nThe gateway is configured as by `make up`, except:");
    for difference in config::DIFFERENCES {
        say(format_args!("- {difference}"));
    }
    tokio::time::sleep(WARM_UP).await;
    let chosen = if options.steps.is_empty() { Step::all() } else { options.steps.clone() };
    let mut pages = Vec::new();
    let mut well = Ok(());
    for step in chosen {
        pages.push(make(&scene, step, &mut well).await);
    }
    for group in [&scene.products, &scene.payments] {
        group.settle().await;
    }
    Ok(Report::of(&scene, pages, options.seconds, load_average))
}

/// One step, if the stack is `well`, and the mending afterwards.
async fn make(scene: &Scene, step: Step, well: &mut Result<(), String>) -> Page {
    scene.notebook.open(step.word(), step.title());
    let outcome = match well.clone() {
        Ok(()) => steps::run(step, scene).await,
        Err(_) => Err("not tried, because the stack was not well any more".to_owned()),
    };
    if let Err(what) = outcome {
        scene.notebook.judge(Verdict::new("the step", "can be made", what, false));
    }
    if well.is_ok() {
        *well = scene.heal().await;
        if let Err(what) = &*well {
            scene.notebook.judge(Verdict::new("afterwards", "everything is well again", what, false));
        }
    }
    scene.notebook.close()
}
