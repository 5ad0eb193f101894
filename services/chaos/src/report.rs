//! The results of a run: as text for people, as JSON for programs, as a picture.

mod chart;
mod picture;
mod svg;
mod text;
pub mod timeline;

use std::path::Path;

use serde::Serialize;

use crate::config::DIFFERENCES;
use crate::notebook::Page;
use crate::scene::Scene;
use timeline::Line;

/// All there is to say about a run.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether every verdict holds.
    pub holds: bool,
    /// What was run.
    pub gateway: String,
    /// How many CPUs there are for everything together: gateway, services, databases, load.
    pub cpus: usize,
    /// How busy the machine was before the run: processes that ran or wanted to, on average over a minute.
    pub load_average: f64,
    /// How long limits were watched.
    pub seconds: u32,
    /// How the gateway's configuration differs from that of `make up`.
    pub differences: Vec<String>,
    /// The steps.
    pub steps: Vec<Page>,
    /// What each group of clients saw, by tenths of a second.
    pub timeline: Vec<Line>,
}

impl Report {
    /// The report on what happened in a scene.
    #[must_use]
    pub fn of(scene: &Scene, steps: Vec<Page>, seconds: u32, load_average: f64) -> Self {
        Self {
            holds: !steps.is_empty() && steps.iter().all(Page::holds),
            gateway: scene
                .layout
                .gateway
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            cpus: std::thread::available_parallelism().map_or(0, usize::from),
            load_average,
            seconds,
            differences: DIFFERENCES.map(str::to_owned).into(),
            timeline: timeline::lines(&scene.records(), scene.now()),
            steps,
        }
    }

    /// Whether every verdict holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.holds
    }

    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        text::of(self)
    }

    /// Writes `chaos.txt`, `chaos.json` and `chaos.svg` into the folder.
    ///
    /// # Errors
    /// In words, when they cannot be written.
    pub fn write(&self, out: &Path) -> Result<(), String> {
        let json = serde_json::to_string(self).map_err(|error| error.to_string())?;
        for (name, contents) in [("chaos.txt", self.text()), ("chaos.json", json), ("chaos.svg", picture::of(self))] {
            let file = out.join(name);
            std::fs::write(&file, contents).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::Event;
    use crate::verdict::Verdict;

    /// A small report in which one verdict of two holds.
    pub(super) fn report() -> Report {
        let verdicts = vec![Verdict::exactly("a", 1, Some(1)), Verdict::exactly("b", 1, Some(2))];
        let events = vec![Event { at: 1.5, what: "kill -9".into() }];
        let (step, title) = ("killed-node".to_owned(), "kills".to_owned());
        let page = Page { step, title, from: 1.0, to: 2.0, events, verdicts, figures: vec![] };
        let line = Line {
            group: "products".into(),
            rate: 200.0,
            good: vec![20; 30],
            refused: vec![0; 30],
            failed: vec![1; 30],
            p99_ms: vec![Some(1.0), None, Some(2.0)],
        };
        Report {
            holds: false,
            gateway: "supplex".into(),
            cpus: 2,
            load_average: 0.1,
            seconds: 60,
            differences: vec!["shorter".into()],
            steps: vec![page],
            timeline: vec![line],
        }
    }

    #[test]
    fn three_files_are_written() {
        let folder = tempfile::tempdir().expect("a folder");
        report().write(folder.path()).expect("writes");
        let json = std::fs::read(folder.path().join("chaos.json")).expect("is there");
        let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
        assert_eq!(json["steps"][0]["verdicts"][1]["holds"], false);
        assert_eq!(json["timeline"][0]["good"][0], 20);
        assert!(folder.path().join("chaos.txt").exists() && folder.path().join("chaos.svg").exists());
    }
}
