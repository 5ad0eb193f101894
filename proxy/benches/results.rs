//! `make results`: writes `RESULTS.md` from the runs that are kept in `runtime-notes/runs`.
//!
//! Measures nothing and invents nothing: every figure on the page is computed here from the samples of a kept run.
//! `--check` writes nothing, and fails when the page is not what the runs say. Where to read on: `pages/run.rs` for what a
//! run holds, `pages/tables.rs` for how it is shown, `pages/chaos.rs` for the faults, `pages/chart.rs` for the pictures.

mod pages;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, io};

use pages::chaos::Chaos;
use pages::run::Run;
use pages::{Kept, chart, page};

/// The folder of kept runs, from the root of the repository.
const RUNS: &str = "runtime-notes/runs";

fn main() -> ExitCode {
    let checks = env::args().any(|argument| argument == "--check");
    match results(&root(), checks) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("RESULTS.md is not what the kept runs say; write it anew with: make results");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("results: {error}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Writes every page, or only looks whether it is current; says whether it is.
fn results(root: &Path, checks: bool) -> io::Result<bool> {
    let kept = read(&root.join(RUNS))?;
    let mut files = vec![(root.join("RESULTS.md"), page::text(&kept, RUNS))];
    for run in &kept.runs {
        files.push((root.join(RUNS).join(format!("{}.svg", run.name)), chart::svg(run)));
    }
    let mut current = true;
    for (path, text) in files {
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        current = false;
        if !checks {
            fs::write(&path, text)?;
            println!("written: {}", path.display());
        }
    }
    Ok(current || !checks)
}

/// Every kept run, the newest of each kind; their names begin with a date and end with the kind.
fn read(folder: &Path) -> io::Result<Kept> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".json").map(str::to_owned));
    }
    names.sort_unstable();
    let mut kept = Kept::default();
    for name in names {
        let path = folder.join(format!("{name}.json"));
        let wrong = |error: serde_json::Error| io::Error::other(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(&path)?;
        if name.ends_with("-chaos") {
            let chaos: Chaos = serde_json::from_str(&text).map_err(wrong)?;
            kept.chaos = Some(Chaos { name, ..chaos });
        } else {
            let run: Run = serde_json::from_str(&text).map_err(wrong)?;
            kept.runs.push(Run { name, ..run });
        }
    }
    Ok(kept)
}
