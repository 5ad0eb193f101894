//! The soak: a worker that has to fight for its processor never stops serving.
//!
//! The gateway runs with one worker on one CPU. Beside it, at random (seeded) moments, a busy loop fights for that CPU, and
//! the gateway is stopped and continued. After every such phase each of many keep-alive connections must have an answer
//! within a generous guard, and at no time may a request fail. `SOAK_SECONDS` says how long it goes on (15 when not set,
//! 600 with `make soak`), `SOAK_SEED` repeats a run's plan.

#[path = "scenarios"]
#[expect(dead_code, unused_imports, reason = "the scenarios use the rest of the harness")]
mod scenarios {
    pub(crate) mod harness;
}

#[path = "soak/hog.rs"]
mod hog;
#[path = "soak/traffic.rs"]
mod traffic;

use std::env;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use scenarios::harness;

use harness::{Config, Gateway, Upstream};
use hog::Hog;
use traffic::Traffic;

const CONNECTIONS: usize = 48;
/// How long a connection may take for an answer once nothing disturbs the gateway any more. A stall lasts for ever, so
/// this only has to be longer than any delay.
const GUARD: Duration = Duration::from_secs(10);
const TELL_EVERY: Duration = Duration::from_secs(10);

/// SplitMix64: the plan of a run from its seed.
struct Plan(u64);

impl Plan {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.next() % (to - from))
    }
}

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

fn first_cpu() -> usize {
    let allowed = rustix::thread::sched_getaffinity(None).expect("the allowed CPUs");
    (0..rustix::thread::CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu)).expect("at least one")
}

/// One phase of contention: the busy loop, stops, or both.
fn contend(plan: &mut Plan, gateway: &Gateway, cpu: usize) -> (u32, u32) {
    let kind = plan.next() % 3;
    let hog = (kind != 1).then(|| Hog::start(cpu));
    let hogs = u32::from(hog.is_some());
    let mut stops = 0;
    if kind == 0 {
        thread::sleep(plan.millis(50, 1200));
    } else {
        for _ in 0..1 + plan.next() % 6 {
            thread::sleep(plan.millis(1, 150));
            gateway.signal("STOP");
            thread::sleep(plan.millis(1, 250));
            gateway.signal("CONT");
            stops += 1;
        }
    }
    drop(hog);
    (hogs, stops)
}

#[test]
fn a_worker_under_contention_never_stalls() {
    let lasts = Duration::from_secs(number("SOAK_SECONDS").unwrap_or(15));
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
    let seed = number("SOAK_SEED").unwrap_or(since_epoch.as_secs());
    println!("soak: {} s, seed {seed}, {CONNECTIONS} connections", lasts.as_secs());
    let cpu = first_cpu();
    let upstream = Upstream::saying("ok");
    // Shorter than the upstream waits for a request: the gateway gives up the connections it has no use for.
    let config = Config::to(&upstream).upstream(r#"idle_timeout = "5s""#);
    let gateway = Gateway::start_on(cpu, &config);
    let traffic = Traffic::start(gateway.address(), CONNECTIONS);
    let mut plan = Plan(seed);
    let (mut phases, mut hogs, mut stops, mut slowest) = (0_u32, 0, 0, Duration::ZERO);
    let start = Instant::now();
    let mut told = start;
    while start.elapsed() < lasts {
        let (hogged, stopped) = contend(&mut plan, &gateway, cpu);
        (phases, hogs, stops) = (phases + 1, hogs + hogged, stops + stopped);
        // Nothing disturbs it from here.
        let took = traffic.everyone_gets_an_answer(GUARD).unwrap_or_else(|silent| {
            panic!(
                "a stall: in phase {phases} (seed {seed}) {} of {CONNECTIONS} connections got no answer: {silent:?}; {}",
                silent.len(),
                gateway.document("/api/workers")
            )
        });
        slowest = slowest.max(took);
        upstream.seen_so_far();
        if told.elapsed() >= TELL_EVERY {
            told = Instant::now();
            let answered = traffic.answered();
            println!("soak: {} s, {phases} phases, {answered} requests", start.elapsed().as_secs());
        }
        // Now and then it has time to become quiet.
        thread::sleep(plan.millis(0, 120));
    }
    let answered = traffic.stop();
    println!(
        "soak: {phases} phases, {hogs} with a busy loop, {stops} stops, {answered} requests, none failed; \
         after a phase, the slowest connection had its answer in {slowest:?}"
    );
}
