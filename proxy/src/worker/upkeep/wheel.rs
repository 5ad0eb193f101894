//! Deadlines of tasks, on the engine's timer wheel.
//!
//! A task holds one [`Deadline`] and moves it as it goes on. Moving it later costs a store: the timer fires at its old
//! time, finds that more is wanted, and is set again. So an exchange on a busy connection touches the wheel hardly ever.

use std::cell::RefCell;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use slab::Slab;
use supplex_engine::timer::{TimerId, Wheel};

use crate::ring::Ring;

/// Nanoseconds of one tick: how late a deadline may be noticed.
pub(crate) const TICK: u64 = 10_000_000;

/// The deadlines of one worker.
pub(crate) struct Timers {
    inner: RefCell<Inner>,
}

struct Inner {
    wheel: Wheel<usize>,
    slots: Slab<Slot>,
    fired: Vec<usize>,
}

struct Slot {
    waker: Option<Waker>,
    /// What is in the wheel, and for which tick.
    timer: Option<(TimerId, u64)>,
    /// The tick that is wanted; `None` when there is no deadline.
    wanted: Option<u64>,
    fired: bool,
}

/// The one deadline of a task; nothing fires once it is dropped.
pub(crate) struct Deadline {
    timers: Rc<Timers>,
    slot: usize,
}

impl Timers {
    /// No deadlines, at tick 0.
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { inner: RefCell::new(Inner { wheel: Wheel::new(0), slots: Slab::new(), fired: Vec::new() }) })
    }

    /// A deadline that is not set yet.
    pub(crate) fn deadline(self: &Rc<Self>) -> Deadline {
        let slot = Slot { waker: None, timer: None, wanted: None, fired: false };
        let slot = self.inner.borrow_mut().slots.insert(slot);
        Deadline { timers: Rc::clone(self), slot }
    }

    /// Moves time on to `now` nanoseconds and wakes the tasks whose deadlines have passed. Returns how many.
    pub(crate) fn advance(&self, now: u64) -> usize {
        let Inner { wheel, slots, fired } = &mut *self.inner.borrow_mut();
        let tick = now / TICK;
        wheel.advance(tick, fired);
        let mut woken = 0;
        for key in fired.drain(..) {
            let Some(slot) = slots.get_mut(key) else { continue };
            slot.timer = None;
            match slot.wanted {
                Some(wanted) if wanted > tick => slot.timer = Some((wheel.insert(wanted, key), wanted)),
                Some(_) => woken += usize::from(slot.fire()),
                None => {}
            }
        }
        woken
    }

    /// Wakes every task that has a deadline, as if it had passed; for a change that all must notice.
    pub(crate) fn fire_all(&self) -> usize {
        let inner = &mut *self.inner.borrow_mut();
        inner.slots.iter_mut().map(|(_, slot)| usize::from(slot.fire())).sum()
    }

    /// Gives memory back after a peak.
    pub(crate) fn shrink(&self) {
        let inner = &mut *self.inner.borrow_mut();
        inner.wheel.shrink();
        if inner.slots.capacity() > 1024 && inner.slots.len() < inner.slots.capacity() / 4 {
            inner.slots.shrink_to_fit();
        }
    }
}

impl Slot {
    fn fire(&mut self) -> bool {
        self.fired = true;
        self.waker.as_ref().inspect(|waker| waker.wake_by_ref()).is_some()
    }
}

impl Deadline {
    /// Sets or moves the deadline to `at` nanoseconds. Never fires early, at most one tick late.
    pub(crate) fn set(&self, at: u64) {
        let Inner { wheel, slots, .. } = &mut *self.timers.inner.borrow_mut();
        let Some(slot) = slots.get_mut(self.slot) else { return };
        let tick = at.div_ceil(TICK);
        slot.wanted = Some(tick);
        slot.fired = false;
        match slot.timer {
            Some((_, set)) if set <= tick => {}
            Some((id, _)) if wheel.reschedule(id, tick) => slot.timer = Some((id, tick)),
            _ => slot.timer = Some((wheel.insert(tick, self.slot), tick)),
        }
    }

    /// Ready when the deadline has passed or [`Timers::fire_all`] was called; once per setting.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let Inner { slots, .. } = &mut *self.timers.inner.borrow_mut();
        let Some(slot) = slots.get_mut(self.slot) else { return Poll::Pending };
        if std::mem::take(&mut slot.fired) {
            return Poll::Ready(());
        }
        if !slot.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            slot.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Ready once the ring's clock shows what `at` says, which is asked again whenever [`Timers::fire_all`] was called:
    /// what it depends on may have changed.
    pub(crate) fn poll_until(&self, cx: &Context<'_>, ring: &Ring, at: impl Fn() -> u64) -> Poll<()> {
        loop {
            let at = at();
            if ring.coarse_now() >= at {
                return Poll::Ready(());
            }
            self.set(at);
            if self.poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Waits until `at` nanoseconds.
    pub(crate) async fn sleep_until(&self, at: u64) {
        self.set(at);
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        let Inner { wheel, slots, .. } = &mut *self.timers.inner.borrow_mut();
        if let Some((id, _)) = slots.try_remove(self.slot).and_then(|slot| slot.timer) {
            wheel.cancel(id);
        }
    }
}
