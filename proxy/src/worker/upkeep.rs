//! What a worker does beside serving: its loop, and what it looks after once a tick.

pub(super) mod clock;
pub(super) mod mailbox;
pub(super) mod random;
pub(super) mod wheel;

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::SystemTime;

use supplex_engine::ebb::Ebb;

use super::Worker;
use super::connection::nanos;
use crate::ring;
use crate::rt;
use wheel::TICK;

/// A pass that took longer than this, sleep not counted, is a stall.
const STALL: u64 = 100_000_000;
/// Nanoseconds between two looks at what changes slowly: idle connections, memory.
const SLOW: u64 = 1_000_000_000;

/// Drives the ring until the worker has drained. The main future of the worker: always runnable, see `rt.rs`.
pub(super) async fn drive(worker: &Rc<Worker>) -> io::Result<()> {
    let ring = &worker.ring;
    let times = Times::default();
    loop {
        let seen = ring.local_wakes();
        rt::yield_now().await;
        let now = ring.coarse_now();
        let pass = ring.pass(seen, times.next_tick.get().saturating_sub(now).max(1))?;
        let after = ring.coarse_now();
        times.account(worker, now, after, pass.slept);
        if after >= times.next_tick.get() {
            times.next_tick.set(after + TICK);
            tick(worker, after, &times);
            if worker.has_drained(after) {
                return Ok(());
            }
        }
    }
}

#[derive(Default)]
struct Times {
    next_tick: Cell<u64>,
    next_slow: Cell<u64>,
    ebb: RefCell<Ebb>,
}

impl Times {
    fn account(&self, worker: &Worker, before: u64, after: u64, slept: u64) {
        let busy = (after - before).saturating_sub(slept);
        worker.block.busy_nanos.add(busy);
        worker.block.idle_nanos.add(slept);
        // Whoever became ready at the start of a pass has waited for all the others.
        let mut overload = worker.overload.get();
        overload.observe(busy, after);
        worker.overload.set(overload);
        if busy > STALL {
            worker.block.stalls.increment();
        }
    }
}

fn tick(worker: &Worker, now: u64, times: &Times) {
    worker.clock.update(SystemTime::now(), now);
    worker.timers.advance(now);
    for upstream in worker.live().upstreams() {
        upstream.gate.adaptive.tick(now);
        // A place that came free in another worker wakes nobody here, nor does a limit that rises.
        upstream.gate.serve();
        if upstream.is_watched() {
            upstream.refresh(now);
        }
    }
    worker.block.log_drops.add(worker.log.hand_over());
    if now >= times.next_slow.get() {
        times.next_slow.set(now + SLOW);
        look_after_memory(worker, now);
        if times.ebb.borrow_mut().note(worker.block.connections.get()) {
            ring::give_back();
        }
    }
}

fn look_after_memory(worker: &Worker, now: u64) {
    let live = worker.live();
    let mut pooled = 0;
    for upstream in live.upstreams() {
        upstream.publish(now);
        let expired_before = now.saturating_sub(nanos(upstream.settings.idle_timeout));
        for endpoint in &upstream.endpoints {
            endpoint.sweep(expired_before);
            pooled += endpoint.block.pooled.get();
        }
    }
    worker.block.pooled.set(pooled);
    worker.limits.sweep(now);
    worker.ring.shrink();
    worker.timers.shrink();
    worker.block.buffers.set(worker.ring.pool().alive() as u64);
}
