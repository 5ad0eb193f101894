//! The loop of the exporter: gather what comes within a moment, send it, count what became of it.
//!
//! ```text
//!   waiting ──an exchange──► gathering ──LINGER, or a full batch──► sending ──► waiting
//!                                                                     └─failed──► pausing ──PAUSE──► waiting
//!   told to end: from anywhere ──► flushing ──queue empty, or FLUSH_MOST──► gone
//! ```
//!
//! While it sends or pauses, the queue fills; what does not fit any more the workers drop and count.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanExporter as _;
use supplex_engine::config::Collector;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Totals;
use super::client::{Client, Notes};
use super::spans::spans_of;
use crate::link::spans::Finished;

/// Exchanges in one batch at most.
const BATCH_MOST: usize = 512;
/// How long a batch that is not full waits for more.
const LINGER: Duration = Duration::from_millis(200);
/// How long a collector may take over a batch.
const EXPORT_MOST: Duration = Duration::from_secs(5);
/// How long a collector that failed is left alone.
const PAUSE: Duration = Duration::from_secs(1);
/// How long the end of the process waits for what is left.
pub(super) const FLUSH_MOST: Duration = Duration::from_secs(3);
/// How often a failing export is mentioned.
const MENTION_EVERY: Duration = Duration::from_secs(60);

/// What the exporter is told.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Where spans go; `None` drops them.
    pub(super) collector: Option<Collector>,
    /// Send what is left and end.
    pub(super) end: bool,
}

/// The state of the thread.
pub(super) struct Exporter {
    queue: Receiver<Box<Finished>>,
    wanted: watch::Receiver<Wanted>,
    totals: Arc<Totals>,
    sink: Option<Sink>,
    /// When the time at the end is up.
    until: Option<Instant>,
    mentioned: Option<Instant>,
}

/// The way to one collector.
struct Sink {
    collector: Collector,
    exporter: SpanExporter,
    notes: Arc<Notes>,
}

#[expect(clippy::vec_box, reason = "the boxes come from the workers and go back to them, to be filled again")]
impl Exporter {
    pub(super) fn new(queue: Receiver<Box<Finished>>, wanted: watch::Receiver<Wanted>, totals: Arc<Totals>) -> Self {
        Self { queue, wanted, totals, sink: None, until: None, mentioned: None }
    }

    /// Exports until told to end, or until nobody is left to do it for.
    pub(super) async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH_MOST);
        loop {
            let came = tokio::select! {
                biased;
                () = ending(&mut self.wanted) => break,
                came = self.queue.recv_many(&mut batch, BATCH_MOST) => came,
            };
            if came == 0 {
                return;
            }
            if batch.len() < BATCH_MOST {
                self.rest(LINGER).await;
                self.fill(&mut batch);
            }
            if !self.send(&mut batch).await {
                self.rest(PAUSE).await;
            }
        }
        self.flush(batch).await;
    }

    /// Waits, unless the end has come.
    async fn rest(&mut self, time: Duration) {
        tokio::select! {
            () = ending(&mut self.wanted) => {}
            () = sleep(time) => {}
        }
    }

    fn fill(&mut self, batch: &mut Vec<Box<Finished>>) {
        while batch.len() < BATCH_MOST
            && let Ok(next) = self.queue.try_recv()
        {
            batch.push(next);
        }
    }

    /// Sends what is left, as long as there is time.
    async fn flush(&mut self, mut batch: Vec<Box<Finished>>) {
        let until = self.until();
        loop {
            self.fill(&mut batch);
            if batch.is_empty() {
                return;
            }
            if Instant::now() >= until {
                break;
            }
            self.send(&mut batch).await;
        }
        let mut cut = 0;
        while !batch.is_empty() {
            cut += batch.drain(..).map(|finished| finished.spans()).sum::<u64>();
            self.fill(&mut batch);
        }
        self.totals.cut.add(cut);
        tracing::warn!("{cut} spans were not exported in time");
    }

    fn until(&mut self) -> Instant {
        *self.until.get_or_insert_with(|| Instant::now() + FLUSH_MOST)
    }

    /// Sends a batch, which is empty then. Whether the collector took it.
    async fn send(&mut self, batch: &mut Vec<Box<Finished>>) -> bool {
        let spans: Vec<_> = batch.drain(..).flat_map(|finished| spans_of(&finished)).collect();
        let count = spans.len() as u64;
        if let Err(why) = self.follow() {
            return self.fail(count, &why);
        }
        // Taken out, so that it can be used beside the rest.
        let Some(sink) = self.sink.take() else { return self.fail(count, "there is no collector any more") };
        let outcome = {
            let mut sending = pin!(sink.exporter.export(spans));
            tokio::select! {
                outcome = timeout(EXPORT_MOST, &mut sending) => outcome,
                () = ending(&mut self.wanted) => timeout_at(self.until(), &mut sending).await,
            }
        };
        let (rejected, noted) = sink.notes.take();
        self.sink = Some(sink);
        match outcome {
            Ok(Ok(())) => {
                let rejected = rejected.min(count);
                self.totals.exported.add(count - rejected);
                self.totals.rejected.add(rejected);
                true
            }
            Ok(Err(error)) => self.fail(count, &noted.unwrap_or_else(|| error.to_string())),
            Err(_) => self.fail(count, "the collector does not answer in time"),
        }
    }

    fn fail(&mut self, spans: u64, why: &str) -> bool {
        self.totals.fail(spans, why);
        if self.mentioned.is_none_or(|at| at.elapsed() >= MENTION_EVERY) {
            self.mentioned = Some(Instant::now());
            tracing::warn!("spans are not exported: {why} ({} dropped so far)", self.totals.failed.get());
        }
        false
    }

    /// Goes where spans are wanted now.
    ///
    /// # Errors
    /// Why there is no way there.
    fn follow(&mut self) -> Result<(), String> {
        let wanted = self.wanted.borrow().collector.clone();
        if self.sink.as_ref().map(|sink| &sink.collector) != wanted.as_ref() {
            self.sink = wanted.map(Sink::new).transpose()?;
        }
        Ok(())
    }
}

/// Ready when the end has come.
async fn ending(wanted: &mut watch::Receiver<Wanted>) {
    // An error says that the sidecar is gone, which is an end as well.
    let _ = wanted.wait_for(|wanted| wanted.end).await;
}

impl Sink {
    fn new(collector: Collector) -> Result<Self, String> {
        let notes = Arc::new(Notes::default());
        let client = Client::new(collector.clone(), Arc::clone(&notes));
        let mut exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(collector.url())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(EXPORT_MOST)
            .with_http_client(client)
            .build()
            .map_err(|error| error.to_string())?;
        exporter.set_resource(&resource());
        Ok(Self { collector, exporter, notes })
    }
}

/// Who sends the spans. Variables of the environment that OpenTelemetry names say more, or otherwise.
fn resource() -> Resource {
    let named = std::env::var("OTEL_SERVICE_NAME").ok().filter(|name| !name.is_empty());
    Resource::builder()
        .with_service_name(named.unwrap_or_else(|| "supplex-gateway".to_owned()))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attribute(KeyValue::new("process.pid", i64::from(std::process::id())))
        .build()
}
