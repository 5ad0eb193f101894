//! What the service counts, besides what every service does.
//!
//! | Name | Meaning |
//! |---|---|
//! | `svc_users_events_total{event}` | what became of registrations, logins, refreshes and logouts |
//! | `svc_users_password_work_total{kind}` | passwords that were hashed (`hash`) or compared with a hash (`verify`) |
//! | `svc_users_password_busy_total` | requests that were refused because too many others wanted that |
//!
//! A rising `reuse` is somebody with stolen refresh tokens, or a client that repeats itself.

use prometheus::{IntCounter, IntCounterVec, Opts};
use supplex_kit::Metrics;

/// The counters. Clones count into the same.
#[derive(Clone, Debug)]
pub(crate) struct Counters {
    events: IntCounterVec,
    work: IntCounterVec,
    pub(crate) busy: IntCounter,
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    Registered,
    LoggedIn,
    LoginRefused,
    Refreshed,
    RefreshRefused,
    /// A used refresh token came again, and its family was revoked.
    Reuse,
    LoggedOut,
    PasswordChanged,
}

/// What is done with a password.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work {
    Hash,
    Verify,
}

impl Counters {
    /// Counters at zero, shown by `metrics`.
    ///
    /// # Errors
    /// When `metrics` shows them already.
    pub(crate) fn new(metrics: &Metrics) -> Result<Self, prometheus::Error> {
        let events = Opts::new("svc_users_events_total", "What became of registrations, logins, refreshes and logouts");
        let work = Opts::new("svc_users_password_work_total", "Passwords that were hashed or compared with a hash");
        let counters = Self {
            events: IntCounterVec::new(events, &["event"])?,
            work: IntCounterVec::new(work, &["kind"])?,
            busy: IntCounter::new("svc_users_password_busy_total", "Requests refused because too many want hashing")?,
        };
        metrics.register(counters.events.clone())?;
        metrics.register(counters.work.clone())?;
        metrics.register(counters.busy.clone())?;
        Ok(counters)
    }

    /// Counts something that happened.
    pub(crate) fn event(&self, event: Event) {
        let word = match event {
            Event::Registered => "registered",
            Event::LoggedIn => "logged_in",
            Event::LoginRefused => "login_refused",
            Event::Refreshed => "refreshed",
            Event::RefreshRefused => "refresh_refused",
            Event::Reuse => "reuse",
            Event::LoggedOut => "logged_out",
            Event::PasswordChanged => "password_changed",
        };
        self.events.with_label_values(&[word]).inc();
    }

    /// Counts work on a password.
    pub(crate) fn work(&self, work: Work) {
        let word = match work {
            Work::Hash => "hash",
            Work::Verify => "verify",
        };
        self.work.with_label_values(&[word]).inc();
    }
}
