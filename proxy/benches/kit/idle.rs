//! What idle keep-alive connections cost: memory before they came, while they are held, and after they left.
//!
//! The client's side lives in this process: one descriptor each, so both processes need a limit above the number held.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, getrlimit};
use serde::Serialize;

use super::candidate::Candidate;
use super::figures::Spread;
use super::process::check_interrupted;
use super::verdict::Verdict;
use super::wrk;

/// User memory an idle connection may cost.
const BAR_BYTES: f64 = 6.0 * 1024.0;
/// How far above the memory before the connections came it may stay after they left.
const BAR_AFTER: f64 = 1.10;
/// How long the gateway may take to give memory back.
const SETTLE: Duration = Duration::from_secs(15);

/// The findings; memory in bytes of resident set.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Idle {
    pub(crate) connections: u32,
    /// Connections still open at the end of the hold.
    pub(crate) held: u32,
    pub(crate) rss_before: u64,
    pub(crate) rss_held: u64,
    pub(crate) rss_after: u64,
    pub(crate) bytes_per_connection: f64,
    pub(crate) after_to_before: f64,
}

/// Opens the connections, one request each, holds them for some seconds, and lets them go.
pub(crate) fn measure(candidate: &mut Candidate, connections: u32, load_cpu: usize) -> io::Result<Idle> {
    need_descriptors(connections)?;
    let group = candidate.process.group();
    // What the first requests allocate for good is not the price of an idle connection.
    wrk::run(candidate.address, "json.lua", 64, 1, load_cpu)?;
    let rss_before = settled(group, None)?;
    println!("\n{connections} idle keep-alive connections\n  resident before: {}", kib(rss_before));
    let mut streams = Vec::new();
    for number in 1..=connections {
        check_interrupted()?;
        let stream = open(candidate.address)
            .map_err(|error| io::Error::other(format!("connection {number} of {connections} failed: {error}")))?;
        streams.push(stream);
        if number % 2_500 == 0 {
            println!("  {number} open");
        }
    }
    std::thread::sleep(Duration::from_secs(3));
    candidate.process.check_alive()?;
    let rss_held = resident(group)?;
    let held = streams.iter_mut().map(|stream| u32::from(is_open(stream))).sum();
    println!("  resident with {held} held: {}", kib(rss_held));
    drop(streams);
    let rss_after = settled(group, Some(rss_before))?;
    println!("  resident after they left: {}", kib(rss_after));
    Ok(Idle {
        connections,
        held,
        rss_before,
        rss_held,
        rss_after,
        bytes_per_connection: rss_held.saturating_sub(rss_before) as f64 / f64::from(connections.max(1)),
        after_to_before: rss_after as f64 / rss_before.max(1) as f64,
    })
}

impl Idle {
    /// The two bars.
    pub(crate) fn verdicts(&self) -> Vec<Verdict> {
        let verdict = |bar: String, value: f64, limit: f64| Verdict {
            bar,
            measured: Spread { median: value, min: value, max: value },
            met: value <= limit,
        };
        vec![
            verdict(
                "idle: at most 6 KiB of memory per connection (KiB)".to_owned(),
                self.bytes_per_connection / 1024.0,
                BAR_BYTES / 1024.0,
            ),
            verdict("idle: memory after they left at most 1.10 x before".to_owned(), self.after_to_before, BAR_AFTER),
        ]
    }
}

impl fmt::Display for Idle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} idle keep-alive connections, one request each ({} still open at the end)",
            self.connections, self.held
        )?;
        writeln!(
            out,
            "  resident before {}, held {}, after they left {}",
            kib(self.rss_before),
            kib(self.rss_held),
            kib(self.rss_after)
        )?;
        write!(
            out,
            "  {:.0} bytes per connection; after / before {:.2}",
            self.bytes_per_connection, self.after_to_before
        )
    }
}

fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /json HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
    let mut buffer = [0; 2048];
    let mut length = 0;
    // The body is the end of the answer and ends with the only closing brace.
    while buffer.get(length.max(1) - 1) != Some(&b'}') {
        match stream.read(buffer.get_mut(length..).unwrap_or_default())? {
            0 => return Err(io::Error::new(ErrorKind::UnexpectedEof, "closed in the middle of the answer")),
            more => length += more,
        }
    }
    if !buffer.starts_with(b"HTTP/1.1 200") {
        return Err(io::Error::other(String::from_utf8_lossy(&buffer[..length]).into_owned()));
    }
    stream.set_nonblocking(true)?;
    Ok(stream)
}

fn is_open(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0; 16]), Err(error) if error.kind() == ErrorKind::WouldBlock)
}

/// The resident set once it stops changing by more than 1 %, or, when a goal is given, once it is within the bar.
fn settled(group: Pid, goal: Option<u64>) -> io::Result<u64> {
    let give_up = Instant::now() + SETTLE;
    let mut last = resident(group)?;
    loop {
        check_interrupted()?;
        std::thread::sleep(Duration::from_secs(1));
        let now = resident(group)?;
        let done = match goal {
            Some(before) => now as f64 <= before as f64 * BAR_AFTER,
            None => now.abs_diff(last) < last / 100,
        };
        if done || Instant::now() > give_up {
            return Ok(now);
        }
        last = now;
    }
}

fn resident(process: Pid) -> io::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.as_raw_pid()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| io::Error::other("no VmRSS in /proc"))
}

fn need_descriptors(connections: u32) -> io::Result<()> {
    let needed = u64::from(connections) + 512;
    match getrlimit(Resource::Nofile).current {
        Some(limit) if limit < needed => Err(io::Error::other(format!(
            "{connections} connections need a limit of {needed} open files, it is {limit}; run `ulimit -n {needed}` first, or pass --idle 0"
        ))),
        _ => Ok(()),
    }
}

fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes / 1024)
}
