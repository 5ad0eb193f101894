//! How the line to a store is used: how much goes out at once, and how long is waited before it is tried again.
//!
//! Only the numbers that the behaviour under faults hangs on, so that a simulation of the line has the same. Which states a
//! line has, and its sockets and tasks, are in the shell's `sidecar/limits/redis.rs`.

use std::time::Duration;

/// Questions one pipeline takes.
pub const PIPELINE_MOST: usize = 512;
/// Pipelines under way at once. What is asked while one is under way goes out in the next, together: a pipeline costs the
/// gateway and the store more than the questions in it, so many small ones would be dear.
pub const FLIGHTS_MOST: usize = 1;
/// How long a connection whose reply was late gets to answer before another is made.
pub const STALL_MOST: Duration = Duration::from_secs(1);
/// The longest pause between two attempts. Short, so that the time in which the return of a store goes unnoticed stays well
/// below a second.
const PAUSE_MOST: Duration = Duration::from_millis(100);
/// The first pause.
const PAUSE_LEAST: Duration = Duration::from_millis(10);

/// Pauses that double.
#[derive(Clone, Debug, Default)]
pub struct Backoff(Duration);

impl Backoff {
    /// The pause before the next attempt; none before the first.
    pub fn pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).clamp(PAUSE_LEAST, PAUSE_MOST);
        pause
    }

    /// An attempt led to something.
    pub fn reset(&mut self) {
        self.0 = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..8).map(|_| backoff.pause().as_millis()).collect();
        assert_eq!(pauses, [0, 10, 20, 40, 80, 100, 100, 100]);
        backoff.reset();
        assert_eq!(backoff.pause(), Duration::ZERO);
    }
}
