//! What an operator does with a running gateway: signals, a changed file, questions at the admin endpoint.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::super::{Kind, Message, Wire, wait_for};
use super::{Gateway, poll};

impl Gateway {
    /// The folder of its configuration. It is gone when the gateway is.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Replaces the configuration file as a deployment does: whole, by renaming.
    pub(crate) fn rewrite(&self, text: &str) {
        let beside = self.folder().join("config.toml.next");
        fs::write(&beside, text).expect("the configuration is written");
        fs::rename(beside, self.folder().join("config.toml")).expect("the configuration is renamed");
    }

    /// Sends a signal, by its name without SIG.
    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(told.is_ok_and(|status| status.success()), "the gateway is there to be told");
    }

    /// Waits until the process has ended; its exit code, `None` when it ended otherwise.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        poll(|| self.child.try_wait().ok().flatten()).expect("the gateway ends").code()
    }

    /// Open descriptors of the process.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("the gateway runs").count()
    }

    /// Where a listener listens now.
    pub(crate) fn listener(&self, name: &str) -> SocketAddr {
        let address = self.ready()["listeners"][name].as_str().and_then(|text| text.parse().ok());
        address.unwrap_or_else(|| panic!("no listener {name}"))
    }

    fn ready(&self) -> Value {
        let bytes = fs::read(self.folder().join("ready.json")).expect("the ready file is there");
        serde_json::from_slice(&bytes).expect("the ready file is JSON")
    }

    /// Where the admin endpoint listens.
    pub(crate) fn admin_address(&self) -> String {
        self.ready()["admin"].as_str().expect("an address").to_owned()
    }

    /// What the admin endpoint answers to a request.
    pub(crate) fn admin(&self, method: &str, path: &str) -> Message {
        let mut wire = Wire::tcp(TcpStream::connect(self.admin_address()).expect("the admin endpoint listens"));
        wire.send(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"));
        wire.message(Kind::Response).expect("the admin endpoint answers")
    }

    /// A document of the admin endpoint.
    pub(crate) fn document(&self, path: &str) -> Value {
        let response = self.admin("GET", path);
        assert_eq!(response.status(), 200, "{path}");
        serde_json::from_slice(&response.body).expect("the document is JSON")
    }

    /// The value of a metric, named with its labels in alphabetic order as Prometheus' text format writes them.
    pub(crate) fn metric(&self, name: &str) -> Option<f64> {
        let response = self.admin("GET", "/metrics");
        let value = |line: &str| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
        response.text().lines().find_map(value)
    }

    /// Waits until a metric has a value: the gateway counts a response when it has sent it.
    pub(crate) fn wait_for_metric(&self, name: &str, value: f64) {
        let mut last = None;
        let reached = poll(|| {
            last = self.metric(name);
            (last == Some(value)).then_some(())
        });
        assert!(reached.is_some(), "{name} is {last:?} instead of {value}");
    }

    /// Waits until every worker runs this generation.
    pub(crate) fn wait_for_generation(&self, generation: u64) {
        wait_for(&format!("generation {generation} on every worker"), || {
            let document = self.document("/api/config");
            let workers = document["workers"].as_array().expect("a list of workers");
            let all = workers.iter().all(|worker| worker["generation"] == generation);
            (document["generation"] == generation && all).then_some(())
        });
    }
}
