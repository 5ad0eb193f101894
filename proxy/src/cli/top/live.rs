//! Looking again and again: on the screen of a terminal until somebody ends it, or as text as long as somebody reads.
//!
//! A gateway that does not answer at the start is a failure; one that goes away later is waited for.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::ask::{Admin, Failure};
use super::format::{blocks, count};
use super::frame::{frame, requests};
use super::grid::{Line, Style, piece};
use super::latency::Latency;
use super::look::{Between, Look};
use super::screen::Screen;

/// Looks whose requests per second are drawn.
const DRAWN: usize = 60;
/// Wider than any line: text is not cut.
const ENDLESS: usize = usize::MAX;

/// Why it ended before it was told to.
#[derive(Debug)]
pub(super) enum Ended {
    /// The gateway did not answer, at the start.
    Gateway(Failure),
    /// The output took no more.
    Output(io::Error),
}

/// What was seen so far.
#[derive(Debug)]
pub(super) struct Watch {
    admin: Admin,
    every: Duration,
    latency: Latency,
    before: Option<Look>,
    now: Option<Look>,
    /// Requests per second, the latest last.
    drawn: VecDeque<f64>,
    /// Why the last look failed, if it did.
    failure: Option<Failure>,
}

impl Watch {
    pub(super) fn new(admin: Admin, every: Duration) -> Self {
        let (before, now, drawn, failure) = (None, None, VecDeque::new(), None);
        Self { admin, every, latency: Latency::default(), before, now, drawn, failure }
    }

    /// Looks once.
    ///
    /// # Errors
    /// When the gateway does not answer.
    pub(super) async fn look(&mut self) -> Result<(), Failure> {
        let look = Look::take(&self.admin, &mut self.latency).await?;
        self.before = self.now.replace(look);
        if let Some(rate) = self.between().and_then(requests) {
            self.drawn.push_back(rate);
            if self.drawn.len() > DRAWN {
                self.drawn.pop_front();
            }
        }
        Ok(())
    }

    fn between(&self) -> Option<Between<'_>> {
        self.now.as_ref().map(|now| Between { before: self.before.as_ref(), now })
    }

    /// One frame as text.
    pub(super) fn plain(&self) -> String {
        self.lines(false).iter().map(|line| line.render(ENDLESS, false) + "\n").collect()
    }

    fn lines(&self, drawing: bool) -> Vec<Line> {
        let Some(between) = self.between() else { return Vec::new() };
        let workers = between.now.workers.workers.len();
        let mut lines = vec![Line::of([
            piece("Supplex Gateway", Style::Strong),
            piece(
                format!(
                    "  {}  generation {}  workers {}",
                    self.admin.place(),
                    between.now.routes.generation,
                    count(workers as u64)
                ),
                Style::Plain,
            ),
        ])];
        if let Some(failure) = &self.failure {
            lines.push(Line::of([piece(format!("{failure}; trying again"), Style::Bad)]));
        }
        lines.extend(frame(between));
        if drawing {
            lines.insert(1, Line::of([piece(blocks(self.drawn.iter()), Style::Good)]));
        }
        lines
    }

    /// Looks, and keeps going when the gateway is not there.
    async fn look_again(&mut self, ticks: &mut Interval) {
        ticks.tick().await;
        self.failure = self.look().await.err();
    }

    fn ticks(&self) -> Interval {
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    }

    /// On a terminal, until `q` or a signal.
    ///
    /// # Errors
    /// See [`Ended`].
    pub(super) async fn on_screen(mut self) -> Result<ExitCode, Ended> {
        let mut ticks = self.ticks();
        ticks.tick().await;
        self.look().await.map_err(Ended::Gateway)?;
        let listen = |kind| signal(kind).map_err(Ended::Output);
        let mut resized = listen(SignalKind::window_change())?;
        let (mut interrupted, mut terminated, mut hung_up) =
            (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?);
        let mut screen = Screen::enter().map_err(Ended::Output)?;
        let mut keys = Screen::keys();
        loop {
            screen.draw(&self.lines(true)).map_err(Ended::Output)?;
            tokio::select! {
                () = self.look_again(&mut ticks) => {}
                _ = resized.recv() => {}
                Some(key) = keys.recv() => if key.eq_ignore_ascii_case(&b'q') { break },
                _ = interrupted.recv() => break,
                _ = terminated.recv() => break,
                _ = hung_up.recv() => break,
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// As text, one frame after the other, as long as somebody reads.
    ///
    /// # Errors
    /// See [`Ended`].
    pub(super) async fn onto_pipe(mut self) -> Result<ExitCode, Ended> {
        let mut ticks = self.ticks();
        ticks.tick().await;
        self.look().await.map_err(Ended::Gateway)?;
        loop {
            self.look_again(&mut ticks).await;
            let mut out = io::stdout().lock();
            out.write_all(format!("{}\n", self.plain()).as_bytes())
                .and_then(|()| out.flush())
                .map_err(Ended::Output)?;
        }
    }
}
