//! SIGUSR1: the last minute of latencies goes to a file.
//!
//! It is written beside it and renamed, so that whoever reads it never sees half of it. What fails is told in the log and
//! changes nothing else.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::{Interval, SECONDS_KEPT, write_log};
use crate::sidecar::Sidecar;

/// Writes the file that the configuration names. One is written after the other.
pub(crate) async fn dump(sidecar: &Sidecar) {
    let _turn = sidecar.latency.dumping.lock().await;
    let path = sidecar.snapshot().telemetry.latency_dump.clone();
    let intervals = sidecar.latency.last(SECONDS_KEPT);
    let target = path.clone();
    let written = spawn_blocking(move || write(&target, &intervals)).await.map_err(io::Error::other).flatten();
    match written {
        Ok(()) => {
            // A relative path says little to whoever did not start the process.
            let path = std::path::absolute(&path).unwrap_or(path);
            tracing::info!("the latencies of the last minute are in {}", path.display());
        }
        Err(error) => tracing::error!("the latencies cannot be written to {}: {error}", path.display()),
    }
}

fn write(path: &Path, intervals: &[Arc<Interval>]) -> io::Result<()> {
    let beside = beside(path);
    let write = || {
        // What lies there in our name is not followed, wherever it leads.
        let mut file = BufWriter::new(OpenOptions::new().write(true).create_new(true).open(&beside)?);
        write_log(intervals, &mut file)?;
        file.flush()?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // Nothing of it is of use, and it may never have been there.
        let _ = fs::remove_file(&beside);
    })
}

/// In the same folder, so that it can be renamed; of this process alone.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}
