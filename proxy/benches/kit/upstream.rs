//! The upstream behind every candidate: an nginx that answers fixed bytes out of memory and is never the bottleneck.
//!
//! It lives on the load CPU, in a temporary folder of its own. `/headers` answers with what it was sent, so that the bench
//! can check that every candidate does the same work.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use super::candidate::nginx;
use super::fetch::{answers, free_address};
use super::process::Process;

/// The small answer.
pub(crate) const JSON: &str = concat!(
    r#"{"id":"prd_01HZX4","name":"Magnesium bisglycinate 300","brand":"Northfield","price":{"amount":1890,"#,
    r#""currency":"EUR"},"stock":42,"rating":4.75}"#
);
const _: () = assert!(JSON.len() == 142);

/// Bytes of the large answer.
pub(crate) const LARGE: usize = 64 * 1024;

/// The running upstream.
#[derive(Debug)]
pub(crate) struct Upstream {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    _process: Process,
}

impl Upstream {
    /// Starts it in a folder that it has for itself.
    pub(crate) fn start(folder: &Path, cpu: usize) -> io::Result<Self> {
        let address = free_address()?;
        std::fs::create_dir_all(folder)?;
        let line = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_\n";
        std::fs::write(folder.join("body-64k"), line.repeat(LARGE / line.len()))?;
        let config = format!(
            r#"{preamble}
    open_file_cache max=16 inactive=1h;
    server {{
        listen {address} backlog=4096;
        default_type application/json;
        location = /json {{ return 200 '{JSON}'; }}
        location = /body-64k {{ alias {folder}/body-64k; }}
        location = /headers {{
            return 200 'id=$http_x_request_id for=$http_x_forwarded_for proto=$http_x_forwarded_proto host=$http_x_forwarded_host connection=$http_connection';
        }}
    }}
}}
"#,
            preamble = nginx::preamble(folder),
            folder = folder.display(),
        );
        let mut process = nginx::start("upstream", folder, &config, cpu)?;
        process.wait_until("listen", || answers(address))?;
        Ok(Upstream { address, _process: process })
    }
}
