//! Load at a constant rate, open loop: requests are due at fixed times, whatever the answers do.
//!
//! Latency counts from the time a request was due, not from when it could be sent, so that a stall is seen by all the
//! requests it delayed (wrk alone would wait politely and miss them: coordinated omission). One thread, one epoll; connection
//! `i` of `n` sends request `i`, `i + n`, `i + 2n`, ..., one at a time, late ones as soon as the answer before has come.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use super::fetch::{end_of_head, status_of};
use super::process::check_interrupted;
use super::wrk::{Errors, Outcome};

/// How long answers are awaited after the last request was due.
const GRACE: Duration = Duration::from_secs(1);

/// Sends `rate` requests per second for a while and reports what the client saw.
pub(crate) fn run(target: SocketAddr, path: &str, connections: u32, rate: f64, seconds: u32) -> io::Result<Outcome> {
    // The kernel rounds sleeps up by 50 us unless told otherwise, which would be most of the latency measured here.
    rustix::thread::set_current_timer_slack(NonZeroU64::new(1))?;
    let mut run = Run::connect(target, path, connections, rate, seconds)?;
    let end = run.drive()?;
    let at = |quantile: f64| run.latency.value_at_quantile(quantile) as f64 / 1000.0;
    let sent_late_p99_us = run.lateness.value_at_quantile(0.99) as f64 / 1000.0;
    Ok(Outcome {
        requests: run.latency.len(),
        seconds: end.as_secs_f64(),
        p50_us: at(0.5),
        p90_us: at(0.9),
        p99_us: at(0.99),
        p999_us: at(0.999),
        sent_late_p99_us,
        errors: run.errors,
    })
}

#[derive(Debug)]
struct Client {
    stream: TcpStream,
    /// The number of the next request to send here.
    next: u64,
    /// When the request under way was due, since the start.
    under_way: Option<Duration>,
    /// Bytes of an answer that is not complete.
    partial: Vec<u8>,
    closed: bool,
}

#[derive(Debug)]
struct Run {
    epoll: rustix::fd::OwnedFd,
    clients: Vec<Client>,
    request: Vec<u8>,
    gap: Duration,
    total: u64,
    /// From due to answered, nanoseconds.
    latency: Histogram<u64>,
    /// From due to sent where the client was free in time, nanoseconds.
    lateness: Histogram<u64>,
    errors: Errors,
    answered: u64,
}

impl Run {
    fn connect(target: SocketAddr, path: &str, connections: u32, rate: f64, seconds: u32) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut clients = Vec::new();
        for number in 0..u64::from(connections) {
            let stream = TcpStream::connect(target)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            epoll::add(&epoll, &stream, epoll::EventData::new_u64(number), epoll::EventFlags::IN)?;
            clients.push(Client { stream, next: number, under_way: None, partial: Vec::new(), closed: false });
        }
        Ok(Run {
            epoll,
            clients,
            request: format!("GET {path} HTTP/1.1\r\nHost: {target}\r\n\r\n").into_bytes(),
            gap: Duration::from_secs_f64(1.0 / rate),
            total: (rate * f64::from(seconds)) as u64,
            latency: histogram()?,
            lateness: histogram()?,
            errors: Errors::default(),
            answered: 0,
        })
    }

    fn due(&self, number: u64) -> Duration {
        Duration::from_nanos(nanoseconds(self.gap).saturating_mul(number))
    }

    /// Sends and receives until every answer is there, or too late; gives back how long it took.
    fn drive(&mut self) -> io::Result<Duration> {
        let start = Instant::now();
        let give_up = self.due(self.total) + GRACE;
        let mut upcoming = 0;
        let mut events: Vec<epoll::Event> = Vec::with_capacity(256);
        let mut buffer = vec![0; 64 * 1024];
        while self.answered + self.errors.sum() < self.total {
            let now = start.elapsed();
            if now > give_up {
                self.errors.unfinished = self.total.saturating_sub(self.answered + self.errors.sum());
                break;
            }
            while upcoming < self.total && self.due(upcoming) <= now {
                let client = (upcoming % self.clients.len() as u64) as usize;
                if self.send_if_free(client, now) {
                    self.lateness.saturating_record(nanoseconds(now.saturating_sub(self.due(upcoming))));
                }
                upcoming += 1;
            }
            let wake = if upcoming < self.total { self.due(upcoming) } else { give_up };
            let sleep = Timespec::try_from(wake.saturating_sub(start.elapsed())).map_err(io::Error::other)?;
            events.clear();
            match epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&sleep)) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => check_interrupted()?,
                Err(error) => return Err(error.into()),
            }
            for event in &events {
                self.receive(event.data.u64() as usize, &mut buffer, start);
            }
            if self.answered.is_multiple_of(4096) {
                check_interrupted()?;
            }
        }
        Ok(start.elapsed())
    }

    /// Sends the next request of a client if it is due and the one before is answered; says whether it did.
    fn send_if_free(&mut self, index: usize, now: Duration) -> bool {
        let stride = self.clients.len() as u64;
        let Some(client) = self.clients.get(index) else { return false };
        let due = self.due(client.next);
        if client.closed || client.under_way.is_some() || client.next >= self.total || due > now {
            return false;
        }
        let Some(client) = self.clients.get_mut(index) else { return false };
        client.next += stride;
        match client.stream.write(&self.request) {
            Ok(length) if length == self.request.len() => client.under_way = Some(due),
            // So small a request always fits into the socket's buffer unless the connection is broken.
            _ => self.errors.write += 1,
        }
        true
    }

    fn receive(&mut self, index: usize, buffer: &mut [u8], start: Instant) {
        let Some(client) = self.clients.get_mut(index) else { return };
        let length = match client.stream.read(buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(_) => 0,
        };
        let now = start.elapsed();
        if length == 0 {
            client.closed = true;
            let _ = epoll::delete(&self.epoll, &client.stream);
            self.errors.read += u64::from(client.under_way.take().is_some());
            return;
        }
        client.partial.extend_from_slice(&buffer[..length]);
        let Some(status) = complete(&client.partial) else { return };
        client.partial.clear();
        let Some(due) = client.under_way.take() else { return };
        if (200..300).contains(&status) {
            self.answered += 1;
            self.latency.saturating_record(nanoseconds(now.saturating_sub(due)));
        } else {
            self.errors.status += 1;
        }
        self.send_if_free(index, now);
    }
}

fn histogram() -> io::Result<Histogram<u64>> {
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3).map_err(io::Error::other)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The status of an answer once all of it is there. The answers here have a Content-Length; one without never completes.
fn complete(bytes: &[u8]) -> Option<u16> {
    let head_end = end_of_head(bytes)?;
    let head = std::str::from_utf8(bytes.get(..head_end)?).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    })?;
    if bytes.len() >= head_end + length { status_of(bytes) } else { None }
}
