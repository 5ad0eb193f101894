//! What must hold after every step, and what must be left when all is over.

use crate::network::ConnectionId;
use crate::running::Running;
use crate::worker::{Use, Worker};
use crate::world::Outside;

/// Looks at everything after one event.
pub(crate) fn check_step(worker: &mut Worker, outside: &Outside) {
    let pooled = check_pools(worker, outside);
    check_uses(worker, outside, &pooled);
    let held = |running: &Running| {
        assert!(running.attempt.is_none() || running.pause.is_none(), "an attempt within a pause");
        1 + usize::from(running.attempt.is_some()) + usize::from(running.pause.is_some())
    };
    let timers: usize = worker.exchanges.values().map(held).sum();
    assert_eq!(worker.wheel.len(), timers, "a timer was lost or left behind");
    for (id, running) in &worker.exchanges {
        let entry = &outside.ledger.entries[*id];
        assert!(entry.end.is_none() && running.exchange.outcome().is_none(), "exchange {id} is over and still there");
        assert!(!entry.left, "exchange {id} goes on without its client");
    }
    let open = outside.ledger.entries.iter().filter(|entry| entry.end.is_none()).count();
    assert_eq!(open, worker.exchanges.len(), "an exchange was forgotten");
}

/// Pools keep to their bound and hold only connections that are quiet, whole and of their own endpoint.
fn check_pools(worker: &mut Worker, outside: &Outside) -> Vec<ConnectionId> {
    let mut all = Vec::new();
    for (endpoint, pool) in worker.pools.iter_mut().enumerate() {
        assert!(pool.len() <= worker.most_idle, "{} idle connections", pool.len());
        // The pool has no other way to look inside: keep everything and write it down.
        let note = |id: &ConnectionId| {
            all.push(*id);
            true
        };
        pool.sweep(0, note, |id| panic!("connection {id} expired before time began"));
        for id in &all[all.len() - pool.len()..] {
            let connection = &outside.network.connections[*id];
            assert_eq!(connection.endpoint, endpoint, "connection {id} is in a foreign pool");
            assert!(!connection.closed && !connection.faulty, "connection {id} is broken and pooled");
            assert_eq!(connection.on_the_way, 0, "connection {id} was pooled within a response");
            assert!(connection.request_complete, "connection {id} was pooled within a request");
            assert_eq!(worker.uses.get(id), Some(&Use::Idle), "connection {id} is pooled and in use");
        }
    }
    all
}

/// Every open connection is in one pool or serves one exchange, and loads are counted right.
fn check_uses(worker: &Worker, outside: &Outside, pooled: &[ConnectionId]) {
    let mut in_flight = vec![0; worker.in_flight.len()];
    for attempt in worker.exchanges.values().filter_map(|running: &Running| running.attempt) {
        in_flight[attempt.endpoint] += 1;
    }
    assert_eq!(worker.in_flight, in_flight, "in-flight counts are off");
    let idle = worker.uses.values().filter(|used| **used == Use::Idle).count();
    assert_eq!(idle, pooled.len(), "an idle connection is in no pool, or in two");
    for (connection, used) in &worker.uses {
        let Use::Exchange(id) = used else { continue };
        let attempt = worker.exchanges.get(id).and_then(|running| running.attempt);
        assert_eq!(attempt.map(|attempt| attempt.connection), Some(*connection), "connection {connection} is leaked");
        assert!(!outside.network.connections[*connection].faulty, "connection {connection} is broken and in use");
    }
    let open = outside.network.connections.iter().filter(|connection| !connection.closed).count();
    assert_eq!(open, worker.uses.len(), "a connection was lost without being closed");
}

/// Nothing may be left when all clients are gone and every idle connection had time to expire.
pub(crate) fn check_end(worker: &Worker, outside: &Outside) {
    assert!(worker.exchanges.is_empty(), "exchanges without an end");
    assert!(worker.in_flight.iter().all(|count| *count == 0), "in flight: {:?}", worker.in_flight);
    assert!(worker.wheel.is_empty(), "{} timers are left", worker.wheel.len());
    assert!(worker.pools.iter().all(|pool| pool.is_empty()), "idle connections never expire");
    assert!(worker.uses.is_empty());
    assert!(outside.ledger.entries.iter().all(|entry| entry.end.is_some()));
}
