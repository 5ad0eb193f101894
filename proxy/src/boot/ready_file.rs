//! The ready file: says to whoever started the gateway that it serves, and where.
//!
//! It appears whole (written beside, then renamed) once every worker serves, and is gone after a clean end.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::{Map, Value, json};

/// What stands in it.
#[derive(Debug)]
pub(crate) struct Ready<'a> {
    /// Where the admin endpoint listens.
    pub(crate) admin: SocketAddr,
    /// Where the listeners listen, by name.
    pub(crate) listeners: &'a [(Box<str>, SocketAddr)],
    /// The generation in force.
    pub(crate) generation: u64,
    /// How many workers serve.
    pub(crate) workers: usize,
}

/// Writes it.
///
/// # Errors
/// When the folder cannot be written to.
pub(crate) fn write(path: &Path, ready: &Ready<'_>) -> io::Result<()> {
    let listeners: Map<String, Value> =
        ready.listeners.iter().map(|(name, address)| (name.to_string(), json!(address.to_string()))).collect();
    let document = json!({
        "pid": std::process::id(),
        "admin": ready.admin.to_string(),
        "listeners": listeners,
        "generation": ready.generation,
        "workers": ready.workers,
    });
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    fs::write(&beside, format!("{document:#}\n"))?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_appears_whole_and_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ready.json");
        let listeners = [("public".into(), SocketAddr::from(([127, 0, 0, 1], 8080)))];
        let admin = SocketAddr::from(([127, 0, 0, 1], 9900));
        write(&path, &Ready { admin, listeners: &listeners, generation: 1, workers: 2 }).expect("written");
        let text = fs::read_to_string(&path).expect("a file");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(document["listeners"]["public"], "127.0.0.1:8080");
        assert_eq!((&document["generation"], &document["workers"]), (&json!(1), &json!(2)));
        assert_eq!(document["pid"], json!(std::process::id()));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
