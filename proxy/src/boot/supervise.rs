//! From the first worker to the last: starts the workers, then waits for signals and for workers that end.
//!
//! ```text
//!   starting --every worker acknowledged--> serving --SIGTERM, SIGINT, POST /api/drain--> draining --all ended--> 0
//!      |                                       |                                             |--time is up-----> 0
//!      +-------- a worker ended --> 70 <-------+---------------------------------------------+--second signal--> 1
//! ```

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep_until};

use super::crew::{self, Ended};
use super::exit::{CUT_SHORT, DRAINED, Failure};
use super::listeners::Book;
use super::{Prepared, preflight};
use crate::link::{Message, limits};
use crate::sidecar::reload::{Trigger, reload};
use crate::sidecar::{Running, Sidecar, admin, auth, breakers, busy, latency, probes, publish, resolve, watch};
use resolve::Resolver;

/// How much longer than `drain_timeout` the workers get to cut what is left.
const DRAIN_GRACE: Duration = Duration::from_secs(2);

/// Runs everything. The answer is the exit code.
pub(super) async fn supervise(prepared: Prepared) -> Result<u8, Failure> {
    // Before anything serves, so that no signal kills it.
    let mut signals = Signals::listen().map_err(|error| Failure::Host(format!("signals cannot be caught: {error}")))?;
    let Prepared { origin, loaded, plan, fresh, admin: admin_socket, log, log_control, spans, otlp } = prepared;
    let resolver = Resolver::new(Resolver::system(), resolve::EVERY);
    resolver.watch(&loaded.blueprint.names(), resolve::PATIENCE).await;
    let snapshot = Arc::new(loaded.blueprint.snapshot(1, 0, &resolver.resolved()));
    let mut book = Book::default();
    let sockets = book.commit(fresh, &snapshot.listeners);
    let no_worker = |error: std::io::Error| Failure::Host(preflight::describe("a worker does not start", &error));
    let (members, inboxes) = crew::assemble(&plan.cpus).map_err(no_worker)?;
    let running = Running {
        blueprint: loaded.blueprint,
        content: loaded.content,
        snapshot: Arc::clone(&snapshot),
        loaded_at: SystemTime::now(),
    };
    let sidecar = Rc::new(Sidecar::new(origin, members, log_control, otlp, book, running, resolver));
    let keys = auth::prepare(&sidecar, &snapshot.auth).await;
    let mut messages = publish::assignments(&mut sidecar.registry.borrow_mut(), &snapshot, sockets);
    auth::enclose(&keys, &mut messages);
    publish::deliver(&sidecar.crew, messages).await;
    auth::follow(&sidecar, keys).await;
    sidecar.limits.configure(&snapshot);
    let (questions, asked) = limits::questions();
    let (answering, pulse) = (Rc::clone(&sidecar), questions.pulse().clone());
    spawn_local(async move { crate::sidecar::limits::run(&answering, asked, &pulse).await });
    sidecar.limits.settle().await;
    let mut ends = crew::start(&sidecar.crew, inboxes, &log, &questions, &spans).map_err(no_worker)?;
    drop((log, questions, spans));
    let admin = {
        let sidecar = Rc::clone(&sidecar);
        async move {
            admin::serve(sidecar, admin_socket).await.err().map(|error| tracing::error!("no admin endpoint: {error}"))
        }
    };
    spawn_local(admin);
    wait_for_workers(&sidecar, &mut ends).await?;
    announce(&sidecar);
    probes::follow(&sidecar);
    sidecar.write_ready_file();
    spawn_tasks(&sidecar);
    serve(&sidecar, &mut signals, &mut ends).await
}

/// Until every worker runs the first configuration.
async fn wait_for_workers(sidecar: &Sidecar, ends: &mut UnboundedReceiver<Ended>) -> Result<(), Failure> {
    let snapshot = sidecar.snapshot();
    tokio::select! {
        acknowledged = publish::acknowledged(&sidecar.crew, &snapshot) => acknowledged.map_err(|behind| {
            let (who, patience) = (publish::name_workers(&behind), publish::PATIENCE.as_secs());
            Failure::Worker(format!("{who} did not begin to serve within {patience} seconds"))
        }),
        ended = ends.recv() => Err(death(ended)),
    }
}

fn death(ended: Option<Ended>) -> Failure {
    Failure::Worker(match ended {
        Some(Ended { worker, failure: Some(failure) }) => format!("worker {worker} died: {failure}"),
        Some(Ended { worker, failure: None }) => format!("worker {worker} ended although nobody asked it to"),
        None => "every worker ended".to_owned(),
    })
}

fn announce(sidecar: &Sidecar) {
    let cpus: Vec<_> = sidecar.crew.iter().map(|member| member.cpu.to_string()).collect();
    let plural = if cpus.len() == 1 { "worker on CPU" } else { "workers on CPUs" };
    tracing::info!("Supplex Gateway {}: {} {plural} {}", env!("CARGO_PKG_VERSION"), cpus.len(), cpus.join(", "));
    for (name, address) in sidecar.addresses() {
        tracing::info!("listener `{name}` on http://{address}");
    }
    tracing::info!("admin endpoint on http://{}", sidecar.origin.admin);
}

/// Everything that goes on beside.
fn spawn_tasks(sidecar: &Rc<Sidecar>) {
    fn spawn<F: Future<Output = ()> + 'static>(sidecar: &Rc<Sidecar>, task: impl FnOnce(Rc<Sidecar>) -> F) {
        spawn_local(task(Rc::clone(sidecar)));
    }
    spawn(sidecar, |sidecar| async move { resolve::run(&sidecar).await });
    spawn(sidecar, |sidecar| async move { watch::run(&sidecar).await });
    spawn(sidecar, |sidecar| async move { busy::run(&sidecar).await });
    spawn(sidecar, |sidecar| async move { breakers::run(&sidecar).await });
    spawn(sidecar, |sidecar| async move { latency::run(&sidecar).await });
}

/// Until a drain is asked for.
async fn serve(
    sidecar: &Rc<Sidecar>,
    signals: &mut Signals,
    ends: &mut UnboundedReceiver<Ended>,
) -> Result<u8, Failure> {
    loop {
        tokio::select! {
            ended = ends.recv() => return Err(death(ended)),
            () = sidecar.drain_asked() => {
                tracing::info!("the admin endpoint asked for a drain");
                return drain(sidecar, signals, ends).await;
            }
            told = signals.next() => match told {
                Told::Stop(name) => {
                    tracing::info!("{name}: draining");
                    return drain(sidecar, signals, ends).await;
                }
                Told::Reload => {
                    let sidecar = Rc::clone(sidecar);
                    spawn_local(async move { reload(&sidecar, Trigger::Signal).await });
                }
                Told::Dump => dump(sidecar),
                Told::Rotated => rotated(sidecar),
            },
        }
    }
}

/// Writes the last minute of latencies to a file, beside everything else.
fn dump(sidecar: &Rc<Sidecar>) {
    let sidecar = Rc::clone(sidecar);
    spawn_local(async move { latency::dump::dump(&sidecar).await });
}

/// Goes on in a new file of the access log.
fn rotated(sidecar: &Sidecar) {
    tracing::info!("SIGUSR2: the access log is opened anew");
    sidecar.log.reopen();
}

/// Until every worker ended, or the time is up.
async fn drain(
    sidecar: &Rc<Sidecar>,
    signals: &mut Signals,
    ends: &mut UnboundedReceiver<Ended>,
) -> Result<u8, Failure> {
    sidecar.set_draining();
    let patience = sidecar.snapshot().gateway.drain_timeout;
    let deadline = Instant::now() + patience + DRAIN_GRACE;
    let messages = sidecar.crew.iter().map(|_| Message::Drain(patience)).collect();
    let told = publish::deliver(&sidecar.crew, messages);
    tokio::pin!(told);
    let (mut all_told, mut left) = (false, sidecar.crew.len());
    while left > 0 {
        tokio::select! {
            () = &mut told, if !all_told => all_told = true,
            ended = ends.recv() => match ended {
                Some(Ended { failure: None, .. }) => left -= 1,
                ended => return Err(death(ended)),
            },
            signal = signals.next() => match signal {
                Told::Stop(name) => {
                    tracing::warn!("{name} while draining: {} connections are cut", connections(sidecar));
                    return Ok(CUT_SHORT);
                }
                Told::Reload => tracing::info!("SIGHUP is ignored while draining"),
                Told::Dump => dump(sidecar),
                Told::Rotated => rotated(sidecar),
            },
            () = sleep_until(deadline) => {
                tracing::warn!("the time to drain is up: {} connections are cut", connections(sidecar));
                return Ok(DRAINED);
            }
        }
    }
    match connections(sidecar) {
        0 => tracing::info!("drained"),
        cut => tracing::warn!("drained; {cut} connections were not finished in time and were cut"),
    }
    Ok(DRAINED)
}

fn connections(sidecar: &Sidecar) -> u64 {
    sidecar.crew.iter().map(|member| member.block.connections.get()).sum()
}

/// The signals the process reacts to. SIGPIPE is ignored by the standard library.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
    user: Signal,
    rotated: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            user: signal(SignalKind::user_defined1())?,
            rotated: signal(SignalKind::user_defined2())?,
        })
    }

    /// Waits for the next.
    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop("SIGTERM"),
            _ = self.interrupt.recv() => Told::Stop("SIGINT"),
            _ = self.hang_up.recv() => Told::Reload,
            _ = self.user.recv() => Told::Dump,
            _ = self.rotated.recv() => Told::Rotated,
        }
    }
}

/// What a signal means.
enum Told {
    /// Drain and end; the signal's name.
    Stop(&'static str),
    /// Read the configuration again.
    Reload,
    /// Write the latencies of the last minute to a file.
    Dump,
    /// SIGUSR2: the access log's file was renamed.
    Rotated,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_names_the_worker_and_the_cause() {
        let message = |ended| match death(ended) {
            Failure::Worker(message) => message,
            other => panic!("{other:?}"),
        };
        let ended = |failure: Option<&str>| Some(Ended { worker: 2, failure: failure.map(str::to_owned) });
        assert_eq!(message(ended(Some("no ring"))), "worker 2 died: no ring");
        assert!(message(ended(None)).contains("worker 2 ended"));
        assert!(message(None).contains("every worker"));
    }
}
