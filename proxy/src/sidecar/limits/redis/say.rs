//! What the log says about Redis: each trouble once, and when it is over.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use supplex_engine::config::redis::Node;
use tokio::time::Instant;

use super::super::measure::Measure;

/// A trouble that goes on is said again after this long.
const AGAIN: Duration = Duration::from_secs(60);
/// Troubles that are told apart; when there are more, the log has said enough.
const KINDS_MOST: usize = 16;

/// Speaks for one line. Clones share what was said.
#[derive(Clone, Debug)]
pub(super) struct Speaker {
    said: Rc<Said>,
    measure: Rc<Measure>,
}

#[derive(Debug)]
struct Said {
    /// Where Redis is, without a password.
    place: String,
    /// What was complained about lately, and when. A handful of kinds.
    complaints: RefCell<Vec<(String, Instant)>>,
    /// Whether the end of a trouble is still to be told.
    troubled: Cell<bool>,
}

impl Speaker {
    /// A speaker for the Redis at `place`, which has no password in it.
    #[must_use]
    pub(super) fn new(place: String, measure: Rc<Measure>) -> Self {
        let said = Said { place, complaints: RefCell::default(), troubled: Cell::default() };
        Self { said: Rc::new(said), measure }
    }

    /// Redis cannot be used, for this reason.
    pub(super) fn complain(&self, why: &str) {
        self.measure.fail(why);
        if self.is_news(why) {
            self.said.troubled.set(true);
            tracing::warn!("Redis at {}: {why}; limits follow `on_store_error` meanwhile", self.said.place);
        }
    }

    /// Redis answered a question with an error.
    pub(super) fn refused(&self, error: &str) {
        self.measure.fail(error);
        if self.is_news(error) {
            tracing::warn!("Redis at {} answers with an error: {error}", self.said.place);
        }
    }

    /// Redis can be used again, at this server of several.
    pub(super) fn recovered(&self, server: Option<&Node>) {
        if !self.said.troubled.take() {
            return;
        }
        match server {
            Some(server) => tracing::info!("Redis at {} answers, by {server}", self.said.place),
            None => tracing::info!("Redis at {} answers", self.said.place),
        }
    }

    /// Another node of the cluster has the buckets now.
    pub(super) fn moved(&self, to: Option<&Node>) {
        if let Some(to) = to {
            tracing::info!("Redis at {}: the buckets are at {to} now", self.said.place);
        }
    }

    fn is_news(&self, text: &str) -> bool {
        let mut complaints = self.said.complaints.borrow_mut();
        complaints.retain(|(_, at)| at.elapsed() < AGAIN);
        let new = complaints.len() < KINDS_MOST && !complaints.iter().any(|(other, _)| other == text);
        if new {
            complaints.push((text.to_owned(), Instant::now()));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_news_once() {
        let speaker = Speaker::new("redis://h".to_owned(), Rc::default());
        assert!(speaker.is_news("refused"));
        assert!(!speaker.is_news("refused"));
        assert!(speaker.is_news("late"));
        assert!(!speaker.clone().is_news("late"));
        let said = (0..100).filter(|number| speaker.is_news(&format!("error {number}"))).count();
        assert!(said < KINDS_MOST);
    }
}
