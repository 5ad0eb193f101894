//! One connection to one server: opened, logged in, and asked the first questions, each in time.

use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo, RedisConnectionInfo, Value};
use supplex_engine::config::redis::{Login, Node};
use tokio::time::timeout;

use super::super::super::script;

/// How long an attempt to connect may take.
const PATIENCE_LEAST: Duration = Duration::from_millis(250);
const PATIENCE_MOST: Duration = Duration::from_secs(2);
/// The same where there are others to ask.
const ADVICE_MOST: Duration = Duration::from_secs(1);

/// How servers of one kind are connected to.
#[derive(Clone, Debug)]
pub(in super::super) struct Dial {
    settings: RedisConnectionInfo,
    /// How long an answer may take.
    limit: Duration,
    /// How long a connection may take.
    patience: Duration,
}

impl Dial {
    /// With this login and database, where an answer may take up to `limit`.
    pub(super) fn new(login: &Login, database: u16, limit: Duration) -> Self {
        let mut settings = RedisConnectionInfo::default().set_db(i64::from(database));
        if let Some(username) = &login.username {
            settings = settings.set_username(username);
        }
        if let Some(password) = &login.password {
            settings = settings.set_password(password);
        }
        Self { settings, limit, patience: (limit * 10).clamp(PATIENCE_LEAST, PATIENCE_MOST) }
    }

    /// The same for servers that only have to tell where another is. They are not in the path of any request, so they may
    /// take longer to answer; and there are others to ask, so a connection gets less time.
    pub(super) fn for_advice(&self) -> Self {
        let patience = self.patience.min(ADVICE_MOST);
        Self { patience, limit: patience, settings: self.settings.clone() }
    }

    /// A connection to the server at this address.
    pub(super) async fn open(&self, node: &Node) -> Result<MultiplexedConnection, String> {
        let info = (&*node.host, node.port).into_connection_info();
        let info = info.map(|info| info.set_redis_settings(self.settings.clone()));
        let client = info.and_then(Client::open).map_err(|error| format!("it has no address: {error}"))?;
        self.open_client(&client).await
    }

    /// A connection to the server of this client.
    pub(super) async fn open_client(&self, client: &Client) -> Result<MultiplexedConnection, String> {
        let patience = self.patience;
        // The time of answers is kept by whoever asks.
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(patience)).set_response_timeout(None);
        let attempt = client.get_multiplexed_async_connection_with_config(&config);
        match timeout(patience, attempt).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) if !error.is_timeout() => Err(format!("no connection: {error}")),
            Ok(Err(_)) | Err(_) => Err(format!("no connection within {patience:?}")),
        }
    }

    /// Makes the server know the script.
    pub(super) async fn teach(&self, connection: &mut MultiplexedConnection) -> Result<(), String> {
        match self.ask(connection, &script::load()).await? {
            Value::ServerError(error) => Err(format!("the script is not taken: {error}")),
            _hash => Ok(()),
        }
    }

    /// The reply to a question; it may be an error of the server.
    pub(super) async fn ask(&self, connection: &mut MultiplexedConnection, command: &Cmd) -> Result<Value, String> {
        match timeout(self.limit, connection.send_packed_command(command)).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(format!("the connection broke: {error}")),
            Err(_elapsed) => Err(format!("no answer within {:?}", self.limit)),
        }
    }
}

/// A reply as text, if it is some.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes.clone()).ok(),
        Value::SimpleString(text) => Some(text.clone()),
        _ => None,
    }
}
