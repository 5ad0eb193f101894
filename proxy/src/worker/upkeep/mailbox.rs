//! Reads what the sidecar and other workers leave for this one.

use std::future::poll_fn;
use std::rc::Rc;

use super::super::Worker;
use super::super::accept;
use super::super::connection::nanos;
use super::super::live::Live;
use crate::link::{Assignment, Handoff, Message, Messages};
use crate::ring::Doorbell;

/// Acts on messages for as long as the worker lives.
pub(in crate::worker) async fn read(worker: Rc<Worker>, bell: Doorbell, messages: Messages) {
    loop {
        poll_fn(|cx| bell.poll_rung(cx)).await;
        for message in messages.take() {
            match message {
                Message::Configure(assignment) => configure(&worker, *assignment),
                Message::Adopt(handoff) => adopt(&worker, handoff),
                Message::Keys(set) => worker.live().take_keys(&set),
                Message::Limited(answer) => {
                    if worker.limits.answer(answer, worker.ring.coarse_now()) {
                        // A task was woken other than through the ring: the driver must not sleep before it ran.
                        worker.ring.note_local_wake();
                    }
                }
                Message::Drain(patience) => worker.drain(nanos(patience)),
            }
        }
    }
}

/// Puts a configuration into force: from here on new exchanges follow it.
pub(in crate::worker) fn configure(worker: &Rc<Worker>, assignment: Assignment) {
    let Assignment { snapshot, blocks, sockets, keys } = assignment;
    let (generation, resolution) = (snapshot.generation, snapshot.resolution);
    let former = worker.live.borrow().clone();
    if former.as_ref().is_some_and(|former| former.snapshot.limits != snapshot.limits) {
        worker.limits.limits_changed();
    }
    let live = Rc::new(Live::new(&worker.ring, snapshot, blocks, former.as_deref()));
    keys.iter().for_each(|set| live.take_keys(set));
    let mut overload = worker.overload.get();
    overload.set_bound(live.snapshot.gateway.shed.map(|shed| nanos(shed.queue_delay)));
    worker.overload.set(overload);
    *worker.live.borrow_mut() = Some(Rc::clone(&live));
    for (id, socket) in sockets {
        if let Some(listener) = live.listeners.get(id.index()) {
            accept::listen(worker, listener, socket);
        }
    }
    // Connections and accept tasks of listeners that are gone find out when their deadlines fire.
    worker.fire_all_deadlines();
    worker.block.resolution.set(resolution);
    worker.block.generation.set(generation);
}

fn adopt(worker: &Rc<Worker>, handoff: Handoff) {
    let Handoff { listener, socket, peer } = handoff;
    let live = worker.live();
    if let Some(listener) = live.listener(&listener) {
        accept::start(worker, listener, socket, peer.ip());
    }
}
