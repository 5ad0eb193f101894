//! The gateway in the stack: its configuration (`gateway/config.rs`), and the file by which it says that it serves.

use std::net::SocketAddr;
use std::path::Path;

use serde::Deserialize;

mod config;

pub(crate) use config::{Addresses, config};

/// The name of the only listener.
const LISTENER: &str = "public";

#[derive(Deserialize)]
struct Ready {
    pid: u32,
    admin: SocketAddr,
    listeners: std::collections::BTreeMap<String, SocketAddr>,
}

/// Where the gateway of process `pid` serves: the listener and the admin endpoint. `None` until it does.
#[must_use]
pub fn serving(ready_file: &Path, pid: u32) -> Option<(SocketAddr, SocketAddr)> {
    let ready: Ready = serde_json::from_slice(&std::fs::read(ready_file).ok()?).ok()?;
    let listener = ready.listeners.get(LISTENER)?;
    // The file of an earlier gateway says nothing about this one.
    (ready.pid == pid).then_some((*listener, ready.admin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::local;

    #[test]
    fn only_the_ready_file_of_this_process_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("ready");
        assert_eq!(serving(&file, 7), None);
        for (text, expected) in [
            ("{\"pid\":7,\"adm", None),
            (r#"{"pid":8,"admin":"127.0.0.1:2","listeners":{"public":"127.0.0.1:1"}}"#, None),
            (r#"{"pid":7,"admin":"127.0.0.1:2","listeners":{"other":"127.0.0.1:1"}}"#, None),
            (r#"{"pid":7,"admin":"127.0.0.1:2","listeners":{"public":"127.0.0.1:1"}}"#, Some((local(1), local(2)))),
        ] {
            std::fs::write(&file, text).expect("writes");
            assert_eq!(serving(&file, 7), expected, "{text}");
        }
    }
}
