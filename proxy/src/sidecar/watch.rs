//! Watching the configuration file.
//!
//! The folder is watched, not the file: editors and deployment tools replace files by renaming, and a watch on the old file
//! would see nothing ever after. For a file behind a symbolic link the folder of its target is watched too, which covers
//! the way Kubernetes swaps mounted configurations. Whether anything changed is decided by the file's bytes (`reload.rs`).

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use notify::event::ModifyKind;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, timeout_at};

use super::Sidecar;
use super::reload::{Trigger, reload};

/// How long it must be quiet: a file is often written in several steps.
const QUIET: Duration = Duration::from_millis(100);
/// How long a folder that never becomes quiet can put a reload off.
const LONGEST: Duration = Duration::from_secs(1);

/// Events of the folders, and what keeps them coming.
pub(crate) struct Watch {
    events: UnboundedReceiver<()>,
    _watcher: RecommendedWatcher,
}

/// Begins to watch.
///
/// # Errors
/// When the system has no watch left (`fs.inotify.max_user_watches`).
pub(crate) fn begin(path: &Path) -> notify::Result<Watch> {
    let (sender, events) = unbounded_channel();
    let name = path.file_name().map(OsStr::to_owned).unwrap_or_default();
    // Called on a thread of the library; when the sidecar is gone nobody minds.
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| may_matter(&event, &name)) {
            let _ = sender.send(());
        }
    })?;
    for folder in folders(path) {
        watcher.watch(&folder, RecursiveMode::NonRecursive)?;
    }
    Ok(Watch { events, _watcher: watcher })
}

/// The folder of the file, and that of what it links to.
fn folders(path: &Path) -> Vec<PathBuf> {
    let folder = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut folders = vec![folder(path)];
    folders.extend(path.canonicalize().ok().map(|target| folder(&target)));
    let same = |one: &PathBuf, other: &PathBuf| one.canonicalize().ok() == other.canonicalize().ok();
    folders.dedup_by(|one, other| same(one, other));
    folders
}

/// Another file that comes, goes or is renamed may be the link that leads to ours; its content is none of our business.
fn may_matter(event: &Event, name: &OsStr) -> bool {
    match event.kind {
        EventKind::Access(_) => false,
        EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_) | ModifyKind::Any) => {
            event.paths.iter().any(|path| path.file_name() == Some(name))
        }
        _ => true,
    }
}

impl Watch {
    /// Waits until something happened and it is quiet again. `None` when nothing will ever happen.
    async fn settled(&mut self) -> Option<()> {
        self.events.recv().await?;
        let latest = Instant::now() + LONGEST;
        while let Ok(event) = timeout_at((Instant::now() + QUIET).min(latest), self.events.recv()).await {
            event?;
            if Instant::now() >= latest {
                break;
            }
        }
        Some(())
    }
}

/// Reloads whenever the file changed. Ends only when the file cannot be watched.
pub(crate) async fn run(sidecar: &Rc<Sidecar>) {
    let mut watch = match begin(&sidecar.origin.config) {
        Ok(watch) => watch,
        Err(error) => {
            let file = sidecar.origin.config.display();
            tracing::warn!("{file} is not watched for changes: {error}. SIGHUP and POST /api/reload still work");
            return;
        }
    };
    // What changed between the start and the watch.
    reload(sidecar, Trigger::File).await;
    while watch.settled().await.is_some() {
        reload(sidecar, Trigger::File).await;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::sample::{Sample, block_on, text};
    use super::*;

    async fn generation(sample: &Sample, wanted: u64) {
        while sample.sidecar.snapshot().generation != wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[test]
    fn a_file_that_is_written_or_replaced_comes_into_force_by_itself() {
        block_on(async {
            let sample = Sample::new(&text(&["a"], &["127.0.0.1:1"]));
            let watched = run(&sample.sidecar);
            let edits = async {
                sample.rewrite(&text(&["b"], &["127.0.0.1:1"]));
                generation(&sample, 2).await;
                let beside = sample.path.with_extension("new");
                fs::write(&beside, text(&["c"], &["127.0.0.1:1"])).expect("written");
                fs::rename(&beside, &sample.path).expect("renamed");
                generation(&sample, 3).await;
            };
            sample
                .with_workers(async {
                    tokio::select! {
                        () = watched => panic!("the watch ended"),
                        () = edits => {}
                    }
                })
                .await;
            assert_eq!(&*sample.sidecar.snapshot().routes[0].name, "c");
        });
    }

    #[test]
    fn the_folder_behind_a_link_is_watched_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("a path");
        fs::create_dir_all(root.join("data")).expect("a folder");
        fs::write(root.join("data/config.toml"), "").expect("written");
        std::os::unix::fs::symlink(root.join("data/config.toml"), root.join("config.toml")).expect("linked");
        assert_eq!(folders(&root.join("config.toml")), [root.clone(), root.join("data")]);
        assert_eq!(folders(&root.join("data/config.toml")), [root.join("data")]);
        assert_eq!(folders(Path::new("config.toml"))[0], Path::new("."));
    }

    #[test]
    fn the_content_of_other_files_is_none_of_our_business() {
        let event = |kind, path: &str| Event::new(kind).add_path(PathBuf::from(path));
        let name = OsStr::new("config.toml");
        let written = EventKind::Modify(ModifyKind::Data(notify::event::DataChange::Any));
        assert!(may_matter(&event(written, "/etc/supplex/config.toml"), name));
        assert!(!may_matter(&event(written, "/etc/supplex/access.log"), name));
        assert!(may_matter(&event(EventKind::Create(notify::event::CreateKind::Any), "/etc/supplex/..data"), name));
    }
}
