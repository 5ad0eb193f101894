//! Finds installed programs, including those that Debian keeps out of the search path.

use std::path::{Path, PathBuf};

/// Folders that an ordinary user's search path may lack.
const ADMIN_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Where Debian keeps each version of Postgres.
const POSTGRES_FOLDER: &str = "/usr/lib/postgresql";

/// The program `name` in the search path or an administrator's folder.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(ADMIN_FOLDERS.iter().map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|program| is_program(program))
}

/// The programs of one version of Postgres.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Postgres {
    /// Makes a data folder.
    pub initdb: PathBuf,
    /// The server.
    pub server: PathBuf,
}

impl Postgres {
    fn in_folder(folder: &Path) -> Option<Self> {
        let programs = Self { initdb: folder.join("initdb"), server: folder.join("postgres") };
        (is_program(&programs.initdb) && is_program(&programs.server)).then_some(programs)
    }

    /// The newest Postgres there is.
    #[must_use]
    pub fn newest() -> Option<Self> {
        let mut versions: Vec<u32> = std::fs::read_dir(POSTGRES_FOLDER)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .collect();
        versions.sort_unstable();
        versions.iter().rev().find_map(|version| Self::of_version(&version.to_string())).or_else(|| {
            let initdb = find("initdb")?.canonicalize().ok()?;
            Self::in_folder(initdb.parent()?)
        })
    }

    /// The Postgres of a major version such as `15`.
    #[must_use]
    pub fn of_version(version: &str) -> Option<Self> {
        Self::in_folder(&Path::new(POSTGRES_FOLDER).join(version).join("bin"))
    }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}
