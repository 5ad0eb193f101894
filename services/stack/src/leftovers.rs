//! What a Postgres that was killed leaves behind.
//!
//! A server that starts reads `postmaster.pid` of the one before and refuses to start while a process has that number.
//! That is right, except for a process that has ended and that nobody collected, as happens in containers whose first
//! process collects nothing. Only then is the file removed, and only when no process works in the data folder any more:
//! the killed server's children could still write to it.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Error;

/// How long the children of a killed server may take to notice.
const LIMIT: Duration = Duration::from_secs(10);

/// Removes `postmaster.pid` in `data` if it names a process that has ended but was not collected.
///
/// # Errors
/// When children of that process do not end, or the file cannot be removed.
pub(crate) fn clear(data: &Path) -> Result<(), Error> {
    let file = data.join("postmaster.pid");
    let Ok(text) = std::fs::read_to_string(&file) else { return Ok(()) };
    let pid = text.lines().next().unwrap_or_default().trim();
    if !is_uncollected(pid) {
        return Ok(());
    }
    let begun = Instant::now();
    while somebody_works_in(data)? {
        if begun.elapsed() > LIMIT {
            let data = data.display();
            return Err(Error::State(format!("the Postgres in {data} was killed, but its children are still at work")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::remove_file(&file).map_err(Error::path("remove", &file))
}

fn is_uncollected(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, fields)| fields.trim_start().starts_with('Z'))
}

/// Whether the working folder of any process is `data`, as that of every process of a server is.
fn somebody_works_in(data: &Path) -> Result<bool, Error> {
    let processes = std::fs::read_dir("/proc").map_err(Error::io("read /proc"))?;
    let mut folders = processes.flatten().filter_map(|process| std::fs::read_link(process.path().join("cwd")).ok());
    Ok(folders.any(|folder| folder == data))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn only_an_uncollected_process_without_children_loses_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().canonicalize().expect("a path");
        let file = data.join("postmaster.pid");
        let mut server = Command::new("sleep").arg("1000").spawn().expect("starts");
        std::fs::write(&file, format!("{}\nmore\n", server.id())).expect("writes");
        clear(&data).expect("does nothing");
        assert!(file.exists(), "the process lives");

        server.kill().expect("kills");
        while !is_uncollected(&server.id().to_string()) {
            std::thread::yield_now();
        }
        // A child that ends as soon as its input does, which is after it was seen at work.
        let mut child = Command::new("cat").current_dir(&data).stdin(Stdio::piped()).spawn().expect("starts");
        assert!(somebody_works_in(&data).expect("reads"));
        drop(child.stdin.take());
        child.wait().expect("ends");
        clear(&data).expect("clears");
        assert!(!file.exists(), "nobody is left");
        server.wait().expect("collected");
    }

    #[test]
    fn a_number_that_no_process_has_is_left_to_postgres() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("postmaster.pid");
        for text in ["4194305\n", "", "x\n"] {
            std::fs::write(&file, text).expect("writes");
            clear(folder.path()).expect("does nothing");
            assert!(file.exists());
        }
    }
}
