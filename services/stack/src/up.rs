//! `up`: starts what is missing, waits until everything is healthy, and says where to look.
//!
//! ```text
//! postgres ── redis ── users ── products ── payments ── orders ── gateway ── prometheus ── healthy
//!     └──────────┴────────┴─────────┴───────────┴─────────┴─────────┴───────────┴─ failed or interrupted ──▶ stops what
//!                                                                                                        this run started
//! ```

use std::time::{Duration, Instant};

use tokio::signal::unix::{SignalKind, signal};

use crate::component::Component;
use crate::gateway;
use crate::launch::Plan;
use crate::layout::Layout;
use crate::process::tail;
use crate::say::say;
use crate::state::{Running, State};
use crate::{Error, http};

/// How long a component may take until it is healthy.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long one that runs already may take to show that it is well.
const RUNNING_LIMIT: Duration = Duration::from_secs(5);

/// How often a component is asked.
const INTERVAL: Duration = Duration::from_millis(50);

/// Brings the stack up.
///
/// # Errors
/// When something does not start. What this call started is stopped then.
pub async fn up(layout: &Layout) -> Result<(), Error> {
    for program in [&layout.users, &layout.products, &layout.payments, &layout.orders, &layout.gateway] {
        if !program.is_file() {
            return Err(Error::Program(program.clone()));
        }
    }
    let _lock = layout.lock()?;
    layout.prepare()?;
    if layout.data != layout.run {
        say(format_args!(
            "data is in {}, because Postgres's account cannot enter {}",
            layout.data.display(),
            layout.run.display()
        ));
    }
    let mut state = State::load(layout)?;
    let mut started = Vec::new();
    let outcome = tokio::select! {
        outcome = start_all(layout, &mut state, &mut started) => outcome,
        interrupted = interruption() => Err(interrupted),
    };
    if let Err(error) = outcome {
        for component in started.into_iter().rev() {
            crate::down::stop(component, &mut state)?;
        }
        return Err(error);
    }
    print_summary(layout, &state).await;
    Ok(())
}

/// Starts one component that has ended again, on its old address, and waits until it is healthy. Leaves all others as they
/// are, well or not.
///
/// # Errors
/// When it lives, or does not start; it is stopped then.
pub async fn start_again(component: Component, layout: &Layout) -> Result<(), Error> {
    let _lock = layout.lock()?;
    let mut state = State::load(layout)?;
    if state.alive(component).is_some() {
        return Err(Error::State(format!("{} is still running", component.name())));
    }
    let outcome = start(component, layout, &mut state, &mut Vec::new()).await;
    if outcome.is_err() {
        crate::down::stop(component, &mut state)?;
    }
    outcome
}

/// Waits for SIGINT, SIGTERM or SIGHUP.
pub async fn interruption() -> Error {
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) = signals else {
        return Error::State("the system refuses signal handlers".into());
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Error::Interrupted
}

async fn start_all(layout: &Layout, state: &mut State, started: &mut Vec<Component>) -> Result<(), Error> {
    for component in layout.components() {
        if !is_well_already(component, layout, state).await? {
            start(component, layout, state, started).await?;
        }
    }
    follow_the_gateway(layout, state, started).await
}

/// The orders were told where the gateway would be. Somebody may have taken that port before the gateway could.
async fn follow_the_gateway(layout: &Layout, state: &mut State, started: &mut Vec<Component>) -> Result<(), Error> {
    let planned = Plan::new(Component::Orders, layout, state)?.made_from;
    if state.alive(Component::Orders).is_some_and(|orders| orders.made_from == planned) {
        return Ok(());
    }
    if !is_well_already(Component::Orders, layout, state).await? {
        start(Component::Orders, layout, state, started).await?;
    }
    Ok(())
}

/// Whether the component runs as it should. One that runs otherwise is stopped.
async fn is_well_already(component: Component, layout: &Layout, state: &mut State) -> Result<bool, Error> {
    let Some(running) = state.alive(component).cloned() else {
        state.forget(component)?;
        return Ok(false);
    };
    let name = component.name();
    let why_not = if Plan::new(component, layout, state)?.made_from == running.made_from {
        match become_healthy(component, layout, &running, RUNNING_LIMIT).await {
            Ok(()) => {
                say(format_args!("{name:<10} runs on {} (pid {})", running.address, running.process.pid));
                return Ok(true);
            }
            Err(seen) => format!("is not well ({seen})"),
        }
    } else {
        "has a new program or new settings".to_owned()
    };
    say(format_args!("{name:<10} {why_not}: starting it again"));
    crate::down::stop(component, state)?;
    Ok(false)
}

async fn start(
    component: Component,
    layout: &Layout,
    state: &mut State,
    started: &mut Vec<Component>,
) -> Result<(), Error> {
    let begun = Instant::now();
    let plan = Plan::new(component, layout, state)?;
    say(format_args!("{:<10} starts on {} ...", component.name(), plan.address));
    let program = plan.program(component, layout, state).await?;
    let log = layout.log(component);
    if log.exists() {
        let older = log.with_extension("log.old");
        std::fs::rename(&log, &older).map_err(Error::path("rename", &log))?;
    }
    let process = program.start_detached(&log)?;
    let faults = component.has_faults().then(|| format!("http://{}/faults", plan.address));
    let mut running = Running { process, address: plan.address, admin: plan.admin, faults, made_from: plan.made_from };
    started.push(component);
    state.put(component, running.clone())?;
    let outcome = match component {
        Component::Gateway => gateway_serves(layout, &mut running).await,
        _ => Ok(()),
    };
    let outcome = match outcome {
        Ok(()) => become_healthy(component, layout, &running, START_LIMIT).await,
        Err(seen) => Err(seen),
    };
    if let Err(seen) = outcome {
        let tail = tail(&log);
        return Err(Error::Unhealthy { name: component.name().into(), seen, log, tail });
    }
    say(format_args!(
        "{:<10} is healthy (pid {}, {:.1} s)",
        component.name(),
        running.process.pid,
        begun.elapsed().as_secs_f64()
    ));
    state.put(component, running)
}

/// Waits until the gateway says that it serves, and takes its word for where.
async fn gateway_serves(layout: &Layout, running: &mut Running) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        if let Some((listener, admin)) = gateway::serving(&layout.gateway_ready(), running.process.pid) {
            running.address = listener;
            running.admin = Some(admin);
            return Ok(());
        }
        if !running.process.is_alive() {
            return Err("it ended before it served".into());
        }
        if begun.elapsed() > START_LIMIT {
            return Err(format!("it did not write {}", layout.gateway_ready().display()));
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn become_healthy(
    component: Component,
    layout: &Layout,
    running: &Running,
    limit: Duration,
) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let Err(seen) = component.check(layout, running).await else { return Ok(()) };
        if !running.process.is_alive() {
            return Err("it ended".into());
        }
        if begun.elapsed() > limit {
            return Err(seen);
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn print_summary(layout: &Layout, state: &State) {
    let address = |component| state.get(component).map(|running| running.address);
    let Some(gateway) = state.get(Component::Gateway) else { return };
    let Some(products) = address(Component::Products1) else { return };
    say("\nSupplex is up.\n");
    say(format_args!("  gateway    http://{}", gateway.address));
    if let Some(admin) = gateway.admin {
        say(format_args!("  admin      http://{admin}"));
    }
    let services = [Component::Users].into_iter().chain(Component::PRODUCTS).chain(Component::PAYMENTS);
    for component in services.chain([Component::Orders]) {
        if let Some(address) = address(component) {
            say(format_args!("  {:<10} http://{address}", component.name()));
        }
    }
    if let Some(postgres) = address(Component::Postgres) {
        say(format_args!("  postgres   postgresql://supplex@{postgres}/products   (and users, payments, orders)"));
    }
    if let Some(redis) = address(Component::Redis) {
        say(format_args!("  redis      redis://{redis}/0"));
    }
    if let Some(prometheus) = address(Component::Prometheus) {
        say(format_args!("  prometheus http://{prometheus}   (alerts: http://{prometheus}/alerts)"));
    }
    say(format_args!("  password of both databases: {}", layout.password_file().display()));
    say(format_args!("  token of admins of the catalogue: {}", layout.admin_token_file().display()));
    say(format_args!("  token of the services: {}", layout.service_token_file().display()));
    say(format_args!("  logs: {}\n\nTry", layout.run.join("log").display()));
    let page = http::get(products, "/products?limit=1", RUNNING_LIMIT).await;
    if page.is_ok_and(|page| page.body.contains("\"items\":[]")) {
        say("  make seed      # the catalogue is still empty");
    }
    say("  make demo      # a shopper walks through everything");
    say(format_args!("  curl -s 'http://{}/api/products?category=protein&limit=3'", gateway.address));
    if let Some(admin) = gateway.admin {
        say(format_args!("  curl -s http://{admin}/metrics"));
        say(format_args!("  curl -s http://{admin}/api/routes"));
    }
    if let Some(faults) = state.get(Component::Payments2).and_then(|running| running.faults.as_ref()) {
        say(format_args!(
            "  curl -s -X PUT {faults} -d '{{\"error\":{{\"ratio\":0.5}}}}'   # makes one node of three sick"
        ));
    }
    say("  make status\n  make down");
}
