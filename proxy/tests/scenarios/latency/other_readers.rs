//! The log is read by other programs: HdrHistogram for Python and for JavaScript, and they find in it what `/api/latency`
//! says.
//!
//! The two packages come from PyPI and npm into the build folder; python3 with venv, and node with npm, must be there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::{after, named};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

/// So many that every percentile that is asked for falls on a whole exchange but the highest, which every reader rounds up.
const EXCHANGES: u64 = 1000;
const PYTHON_PACKAGE: &str = "hdrhistogram>=0.10.8,<0.11";
const NODE_PACKAGE: &str = "hdr-histogram-js@^3.0.1";

/// Runs a command to its end and returns what it printed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).expect("text")
}

/// The programs that read logs, with what they need.
struct Readers {
    folder: PathBuf,
}

impl Readers {
    /// Installs what is missing. Another process that does the same is waited for.
    fn install() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hdr-readers");
        fs::create_dir_all(&folder).expect("a folder");
        let lock = File::create(folder.join("lock")).expect("a file");
        lock.lock().expect("a lock");
        let readers = Self { folder };
        if !Command::new(readers.python()).args(["-c", "import hdrh.log"]).output().is_ok_and(|it| it.status.success())
        {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(readers.folder.join("venv")));
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTHON_PACKAGE];
            run(Command::new(readers.python()).args(pip));
        }
        if !readers.folder.join("node_modules/hdr-histogram-js/package.json").exists() {
            let npm = ["install", "--no-audit", "--no-fund", "--ignore-scripts", NODE_PACKAGE, "--prefix"];
            run(Command::new("npm").args(npm).arg(&readers.folder));
        }
        readers
    }

    fn python(&self) -> PathBuf {
        self.folder.join("venv/bin/python")
    }

    /// What each of them says about a log, by its name.
    fn read(&self, log: &Path) -> [(&'static str, Value); 2] {
        let script = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios/latency").join(name);
        let python = run(Command::new(self.python()).arg(script("read_log.py")).arg(log));
        let node = Command::new("node")
            .env("NODE_PATH", self.folder.join("node_modules"))
            .arg(script("read_log.js"))
            .arg(log)
            .output()
            .expect("node starts");
        assert!(node.status.success(), "{}", String::from_utf8_lossy(&node.stderr));
        let parse = |text: &[u8]| serde_json::from_slice(text).expect("JSON");
        [("Python", parse(python.as_bytes())), ("JavaScript", parse(&node.stdout))]
    }
}

#[test]
fn python_and_javascript_find_what_the_gateway_says() {
    let readers = Readers::install();
    let upstream = Upstream::run(|peer| {
        for number in 0.. {
            if peer.request().is_none() {
                return;
            }
            // Something to tell apart: most answers come at once, some take their time.
            std::thread::sleep(Duration::from_micros(if number % 50 == 0 { 5_000 } else { number % 7 * 100 }));
            peer.answer("ok");
        }
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("latency.hlog");
    let dump = format!("[telemetry]\nlatency_dump = \"{}\"\n", path.display());
    let gateway = Gateway::start(&Config::to(&upstream).and(&dump));
    let mut client = Client::connect(&gateway);
    for _ in 0..EXCHANGES {
        assert_eq!(client.get("/").status(), 200);
    }
    let document = after(&gateway, EXCHANGES);
    gateway.signal("USR1");
    wait_for("the file", || path.exists().then_some(()));

    let said = readers.read(&path);
    for (program, said) in &said {
        for (list, key, name) in [("routes", "route", "all"), ("upstreams", "upstream", "up")] {
            for phase in ["total", "upstream", "overhead"] {
                let (own, theirs) =
                    (&named(&document, list, name)[phase], &said[format!("{key}={name};phase={phase}")]);
                for figure in ["count", "p50_us", "p90_us", "p99_us", "p999_us", "p9999_us", "max_us"] {
                    assert_eq!(own[figure], theirs[figure], "{figure} of {name}, {phase}, in {program}: {theirs}");
                }
            }
        }
        assert_eq!(said.as_object().map(serde_json::Map::len), Some(6), "no series but these, in {program}: {said}");
    }
    // Bucket by bucket as well, as far as each of them lets its buckets be seen.
    assert_eq!(said[0].1["route=all;phase=total"]["buckets"], said[1].1["route=all;phase=total"]["buckets"]);
}
