//! Under which account a database runs.
//!
//! Postgres refuses to run as root, and Redis should not. When the runner is root, both run under the account that their
//! Debian packages made, or `nobody`. An ordinary user runs everything as itself.

use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Error;

/// An account other than our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    uid: u32,
    gid: u32,
}

/// Whether we are root.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Account {
    /// The account for a database whose data is, or will be, at `data`: the owner of the data if there is some, else the
    /// first of `names` that exists, else `nobody`. `None` means our own.
    ///
    /// # Errors
    /// When the data belongs to somebody else and we are not root.
    pub fn for_data(data: &Path, names: &[&str]) -> Result<Option<Self>, Error> {
        let us = rustix::process::geteuid().as_raw();
        let owner = std::fs::metadata(data).ok().map(|data| Self { uid: data.uid(), gid: data.gid() });
        match owner {
            Some(owner) if owner.uid == us && us != 0 => Ok(None),
            Some(owner) if us == 0 && owner.uid != 0 => Ok(Some(owner)),
            Some(owner) if us != 0 => Err(Error::State(format!(
                "{} belongs to user {}: run this as root or as that user, or remove it",
                data.display(),
                owner.uid
            ))),
            None if us != 0 => Ok(None),
            _ => Ok(Some(Self::first_of(names))),
        }
    }

    fn first_of(names: &[&str]) -> Self {
        let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let known = names.iter().chain(&["nobody"]).find_map(|name| lookup(&passwd, name));
        // The number of `nobody` on Debian.
        known.unwrap_or(Self { uid: 65534, gid: 65534 })
    }

    /// Makes `command` run under this account, with no other groups.
    pub fn apply(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives `path` to this account.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn own(self, path: &Path) -> Result<(), Error> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::path("give away", path))
    }

    /// Whether this account can reach what is in the folder `path`.
    #[must_use]
    pub fn can_enter(self, path: &Path) -> bool {
        // Asking the kernel as that account takes everything into account: owners, groups, ACLs, mounts.
        let mut test = Command::new("test");
        test.arg("-x").arg(path).current_dir("/").stdin(Stdio::null());
        self.apply(&mut test);
        test.status().is_ok_and(|status| status.success())
    }
}

fn lookup(passwd: &str, name: &str) -> Option<Account> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2).map(str::parse);
    Some(Account { uid: fields.next()?.ok()?, gid: fields.next()?.ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_their_whole_name() {
        let passwd = "root:x:0:0::/root:/bin/sh\npostgres-old:x:7:8::/:/x\npostgres:x:101:104::/var/lib:/bin/sh\n";
        assert_eq!(lookup(passwd, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(lookup(passwd, "redis"), None);
        assert_eq!(lookup("postgres:x:a:b", "postgres"), None);
    }
}
