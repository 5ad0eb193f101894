//! A second gateway beside that of the stack: the same limits in the same Redis, ports of its own. Ends with its value.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use supplex_stack::gateway::serving;
use supplex_stack::layout::Layout;
use supplex_stack::leash::Leash;
use supplex_stack::process::{Program, tail};

use crate::admin::Metrics;
use crate::config;

/// How long it may take until it serves.
const LIMIT: Duration = Duration::from_secs(30);

/// A running gateway.
#[derive(Debug)]
pub struct Second {
    _leash: Leash,
    /// Where it serves.
    pub address: SocketAddr,
    /// Its admin endpoint.
    pub admin: SocketAddr,
}

impl Second {
    /// Starts it, and waits until it serves and has found Redis.
    ///
    /// # Errors
    /// In words, when it does not.
    pub async fn start(layout: &Layout) -> Result<Self, String> {
        let (file, ready, log) =
            (layout.run.join("second.toml"), layout.run.join("second.ready"), layout.run.join("log/second.log"));
        let text = std::fs::read_to_string(layout.gateway_config()).map_err(|error| error.to_string())?;
        std::fs::write(&file, config::beside(&text)?).map_err(|error| error.to_string())?;
        if ready.exists() {
            std::fs::remove_file(&ready).map_err(|error| error.to_string())?;
        }
        let words = ["run", "--config", &file.display().to_string(), "--ready-file", &ready.display().to_string()];
        let program = Program {
            path: layout.gateway.clone(),
            arguments: words.map(str::to_owned).into(),
            environment: vec![],
            account: None,
            folder: layout.run.clone(),
        };
        let mut leash = Leash::start(&program, "TERM", &log).map_err(|error| error.to_string())?;
        let begun = Instant::now();
        loop {
            let addresses = pid_in(&ready).and_then(|pid| serving(&ready, pid));
            if let Some((address, admin)) = addresses
                && Metrics::of(admin).await.is_ok_and(|metrics| metrics.sum("supplex_limit_store_up", &REDIS) > 0.0)
            {
                return Ok(Self { _leash: leash, address, admin });
            }
            if leash.has_ended() || begun.elapsed() > LIMIT {
                return Err(format!("the second gateway does not serve:\n{}", tail(&log)));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The labels of the store that is Redis.
pub const REDIS: [(&str, &str); 1] = [("store", "redis")];

/// The process that wrote the file. (The one that was started is the shell that holds the leash.)
fn pid_in(ready: &std::path::Path) -> Option<u32> {
    let ready: serde_json::Value = serde_json::from_slice(&std::fs::read(ready).ok()?).ok()?;
    u32::try_from(ready.get("pid")?.as_u64()?).ok()
}
