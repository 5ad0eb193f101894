//! The access log beyond its plain form (`admin/access_log.rs`): formats, fields, samples, rotation.

mod combined;
mod fields;
mod rotation;
mod sample;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::harness::{Config, Gateway, Upstream, wait_for};

/// A gateway whose route `/shop` leads to an upstream, with an access log.
struct Logged {
    gateway: Gateway,
    path: PathBuf,
    /// Dropped last: the gateway writes into it until it ends.
    _folder: TempDir,
}

impl Logged {
    /// `keys` are further keys of the log's table.
    fn start(upstream: &Upstream, keys: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("access.log");
        let (up, shown) = (upstream.address(), path.display());
        let gateway = Gateway::start(&Config::of(&format!(
            "[[routes]]\nname = \"shop\"\nmatch = {{ prefix = \"/shop\" }}\nupstream = \"up\"\n\
             [upstreams.up]\nendpoints = [\"{up}\"]\n[telemetry]\naccess_log = {{ path = \"{shown}\", {keys} }}\n"
        )));
        Self { gateway, path, _folder: folder }
    }

    /// The lines, once there are so many.
    fn lines(&self, count: usize) -> Vec<String> {
        lines_of(&self.path, count)
    }
}

/// The lines of a file, once there are so many.
fn lines_of(path: &Path, count: usize) -> Vec<String> {
    wait_for(&format!("{count} lines"), || {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        (lines.len() >= count && text.ends_with('\n')).then_some(lines)
    })
}
