//! Getting a connection to Redis, and the pauses between attempts.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use supplex_engine::config::Redis;
use tokio::time::timeout;

use super::super::script;

/// The longest pause between two attempts. Short, so that the time in which the return of Redis goes
/// unnoticed stays well below a second.
const PAUSE_MOST: Duration = Duration::from_millis(100);
/// The first pause.
const PAUSE_LEAST: Duration = Duration::from_millis(10);
/// How long an attempt to connect may take.
const PATIENCE_LEAST: Duration = Duration::from_millis(250);
const PATIENCE_MOST: Duration = Duration::from_secs(2);

/// Pauses that double.
#[derive(Debug, Default)]
pub(super) struct Backoff(Duration);

impl Backoff {
    /// The pause before the next attempt; none before the first.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).clamp(PAUSE_LEAST, PAUSE_MOST);
        pause
    }

    /// An attempt led to something.
    pub(super) fn reset(&mut self) {
        self.0 = Duration::ZERO;
    }
}

/// A Redis to connect to.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
}

impl Endpoint {
    /// The server at the URL.
    ///
    /// # Errors
    /// In words without the URL, which may hold a password, when it is none.
    pub(super) fn new(redis: &Redis) -> Result<Self, String> {
        let client = Client::open(&*redis.url).map_err(|_| "its URL cannot be understood".to_owned())?;
        Ok(Self { client })
    }

    /// A connection to a server that knows the script and answers within `limit`.
    ///
    /// # Errors
    /// In words, why there is none.
    pub(super) async fn connect(&self, limit: Duration) -> Result<MultiplexedConnection, String> {
        let patience = (limit * 10).clamp(PATIENCE_LEAST, PATIENCE_MOST);
        // The time of answers is kept by whoever asks.
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(patience)).set_response_timeout(None);
        let attempt = self.client.get_multiplexed_async_connection_with_config(&config);
        let mut connection = match timeout(patience, attempt).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) if error.is_timeout() => return Err(format!("no connection within {patience:?}")),
            Ok(Err(error)) => return Err(format!("no connection: {error}")),
            Err(_elapsed) => return Err(format!("no connection within {patience:?}")),
        };
        match timeout(limit, script::load().query_async::<String>(&mut connection)).await {
            Ok(Ok(_hash)) => Ok(connection),
            Ok(Err(error)) => Err(format!("the script is not taken: {error}")),
            Err(_elapsed) => Err(format!("no answer within {limit:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let pauses: Vec<_> = (0..8).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(pauses, [0, 10, 20, 40, 80, 100, 100, 100]);
        backoff.reset();
        assert_eq!(backoff.next(), Duration::ZERO);
    }

    #[test]
    fn a_url_that_is_none_is_not_repeated() {
        let redis = Redis { url: "rodis://:secret@h".into(), timeout: Duration::from_millis(20) };
        let error = Endpoint::new(&redis).expect_err("no Redis");
        assert!(!error.contains("secret"), "{error}");
    }
}
