//! What was started: `.run/stack.json`.
//!
//! Written after every change, whole or not at all, so that even a runner that is killed leaves a true account. Ports
//! stay in it when everything is stopped, so that addresses are the same the next time.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::component::Component;
use crate::layout::Layout;
use crate::postgres::write_private;
use crate::process::Identity;

/// Everything that was started.
#[derive(Debug)]
pub struct State {
    file: PathBuf,
    contents: Contents,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    running: BTreeMap<Component, Running>,
    ports: BTreeMap<Component, u16>,
}

/// A component that was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its process.
    #[serde(flatten)]
    pub process: Identity,
    /// Where it serves.
    pub address: SocketAddr,
    /// Where its admin endpoint serves, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<SocketAddr>,
    /// Where it can be made sick: `GET`, `PUT` and `DELETE` show, set and clear what goes wrong in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults: Option<String>,
    /// Its program and settings. When these change, it is started again.
    pub made_from: String,
}

impl State {
    /// Reads what was started in this clone.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn load(layout: &Layout) -> Result<Self, Error> {
        let file = layout.run.join("stack.json");
        let contents = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| {
                Error::State(format!("{} is damaged ({error}); stop what still runs and remove it", file.display()))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Contents::default(),
            Err(error) => return Err(Error::path("read", &file)(error)),
        };
        Ok(Self { file, contents })
    }

    /// A component that was started, whether or not it still lives.
    #[must_use]
    pub fn get(&self, component: Component) -> Option<&Running> {
        self.contents.running.get(&component)
    }

    /// A component that was started and still lives.
    #[must_use]
    pub fn alive(&self, component: Component) -> Option<&Running> {
        self.get(component).filter(|running| running.process.is_alive())
    }

    /// The port a component has or had.
    #[must_use]
    pub fn port(&self, component: Component) -> Option<u16> {
        self.contents.ports.get(&component).copied()
    }

    /// Notes that a component was started.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put(&mut self, component: Component, running: Running) -> Result<(), Error> {
        self.contents.ports.insert(component, running.address.port());
        self.contents.running.insert(component, running);
        self.save()
    }

    /// Notes that a component is gone.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn forget(&mut self, component: Component) -> Result<(), Error> {
        match self.contents.running.remove(&component) {
            Some(_) => self.save(),
            None => Ok(()),
        }
    }

    fn save(&self) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(&self.contents)
            .map_err(|error| Error::State(format!("cannot write {}: {error}", self.file.display())))?;
        let partial = self.file.with_extension("partial");
        write_private(&partial, &text)?;
        std::fs::rename(&partial, &self.file).map_err(Error::path("write", &self.file))
    }
}
