//! A gate that is shut until somebody opens it: how one side of a scenario waits for another.

use std::sync::{Arc, Condvar, Mutex};

use super::GUARD;

/// Shut at first; once open it stays open. Clones are the same gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn open(&self) {
        *self.0.0.lock().expect("nobody panics with the lock held") = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open.
    pub(crate) fn pass(&self) {
        let open = self.0.0.lock().expect("nobody panics with the lock held");
        let waited = self.0.1.wait_timeout_while(open, GUARD, |open| !*open);
        let (_open, timeout) = waited.expect("nobody panics with the lock held");
        assert!(!timeout.timed_out(), "the gate was never opened");
    }
}
