//! The export of spans: a thread of its own that makes spans of what workers leave in their queue and posts them by OTLP.
//!
//! It has a thread and a runtime to itself so that neither encoding nor a slow collector holds up the sidecar, on which exact
//! limits wait. A collector that is gone, slow or talks nonsense costs spans, which are counted, and nothing else. Where to
//! read on: `otlp/exporter.rs` is the loop, `otlp/client.rs` the HTTP, `otlp/spans.rs` what a span says.

mod client;
mod client_span;
mod exporter;
mod server_span;
mod spans;

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, bounded};
use supplex_engine::config::Collector;
use supplex_engine::stats::Counter;
use tokio::sync::watch;

use crate::link::spans::{SpanSender, spans};
use exporter::{Exporter, FLUSH_MOST, Wanted};

/// How much longer than the exporter gives itself its end is waited for.
const GRACE: Duration = Duration::from_millis(500);

/// What became of spans that reached the exporter. Written by its thread alone.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Taken by the collector.
    pub(crate) exported: Counter,
    /// Dropped because they could not be delivered.
    pub(crate) failed: Counter,
    /// Dropped by the collector, as it said.
    pub(crate) rejected: Counter,
    /// Dropped because the time at the end of the process was up.
    pub(crate) cut: Counter,
    last_failure: Mutex<Option<Failure>>,
}

/// A batch that was not delivered.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// When.
    pub(crate) at: SystemTime,
    /// Why, for a person.
    pub(crate) why: String,
}

impl Totals {
    /// Why the last batch that was not delivered was not.
    #[must_use]
    pub(crate) fn last_failure(&self) -> Option<Failure> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fail(&self, spans: u64, why: &str) {
        self.failed.add(spans);
        let failure = Failure { at: SystemTime::now(), why: why.to_owned() };
        *self.last_failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }
}

/// The sidecar's way to the exporter.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    wanted: watch::Sender<Wanted>,
    ended: Receiver<()>,
    totals: Arc<Totals>,
}

impl Control {
    /// Has spans go there from now on; `None` drops those that are still under way.
    pub(crate) fn retarget(&self, collector: Option<&Collector>) {
        self.wanted.send_if_modified(|wanted| {
            let changed = wanted.collector.as_ref() != collector;
            if changed {
                wanted.collector = collector.cloned();
            }
            changed
        });
    }

    /// Waits until everything handed over so far is exported, but not much longer than [`FLUSH_MOST`]. Ends the exporter.
    pub(crate) fn end(&self) {
        self.wanted.send_modify(|wanted| wanted.end = true);
        // Nothing is ever sent: the other end is dropped with the thread.
        let _ = self.ended.recv_timeout(FLUSH_MOST + GRACE);
    }

    /// What became of spans.
    #[must_use]
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }
}

/// Starts the exporter, which drops everything until it is told where to send it.
///
/// # Errors
/// When the system has no thread or no descriptor left.
pub(crate) fn start() -> io::Result<(SpanSender, Control)> {
    let (sender, queue) = spans();
    let (wanted, told) = watch::channel(Wanted::default());
    let (alive, ended) = bounded(0);
    let totals = Arc::new(Totals::default());
    let exporter = Exporter::new(queue, told, Arc::clone(&totals));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("otlp".into()).spawn(move || {
        runtime.block_on(exporter.run());
        // A look-up that hangs must not hold up the end.
        runtime.shutdown_background();
        drop::<crossbeam_channel::Sender<()>>(alive);
    })?;
    Ok((sender, Control { wanted, ended, totals }))
}

#[cfg(test)]
mod tests;
