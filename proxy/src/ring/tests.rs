//! What the ring promises, held against the kernel: bytes arrive whole, a silent reader holds a bounded number of
//! buffers, and dropping anything at any moment loses nothing.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use socket2::{SockAddr, SockRef};

use super::*;
use crate::rt;

mod sends;

/// Runs `task` on a worker's loop: executor, ring and driver, as in the gateway. A guard against hanging ends it.
fn on_a_ring<F, T>(task: impl FnOnce(Rc<Ring>) -> F) -> T
where
    F: Future<Output = T> + 'static,
    T: 'static,
{
    on_a_patient_ring(Duration::from_millis(10), task)
}

/// As [`on_a_ring`], but the driver sleeps for as long as `patience`, so that whoever relies on the tick is noticed.
fn on_a_patient_ring<F, T>(patience: Duration, task: impl FnOnce(Rc<Ring>) -> F) -> T
where
    F: Future<Output = T> + 'static,
    T: 'static,
{
    let patience = u64::try_from(patience.as_nanos()).expect("a patience in nanoseconds");
    rt::run(0, async {
        let ring = Ring::new().expect("io_uring is available");
        let result = Rc::new(RefCell::new(None));
        let (future, place) = (task(Rc::clone(&ring)), Rc::clone(&result));
        let panicked = Rc::new(Cell::new(false));
        let told = Rc::clone(&panicked);
        rt::spawn(&ring, async move { *place.borrow_mut() = Some(future.await) }, move || told.set(true));
        let began = Instant::now();
        loop {
            let seen = ring.local_wakes();
            rt::yield_now().await;
            if let Some(result) = result.borrow_mut().take() {
                // What the task has left behind still goes out.
                ring.pass(seen, 0).expect("the ring works");
                return result;
            }
            ring.pass(seen, patience).expect("the ring works");
            assert!(!panicked.get(), "the task panicked");
            assert!(began.elapsed() < Duration::from_secs(60), "the task hangs");
        }
    })
    .expect("an executor")
}

/// A listener whose queue holds whatever a test leaves in it.
fn listener() -> TcpListener {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a descriptor");
    let address: std::net::SocketAddr = ([127, 0, 0, 1], 0).into();
    socket.bind(&address.into()).expect("a port");
    socket.listen(4096).expect("listening");
    socket.into()
}

fn pair() -> (OwnedFd, TcpStream) {
    let listener = listener();
    let ours = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
    let (theirs, _) = listener.accept().expect("accepted");
    (ours.into(), theirs)
}

async fn receive(socket: &Socket) -> Received {
    poll_fn(|cx| socket.poll_recv(cx)).await
}

/// Lets the loop go round, so that the kernel and the driver settle.
async fn settle(ring: &Rc<Ring>) {
    for _ in 0..50 {
        let until = ring.precise_now() + 100_000;
        while ring.precise_now() < until {
            ring.note_local_wake();
            rt::yield_now().await;
        }
    }
}

#[test]
fn bytes_arrive_whole_and_in_order() {
    let (ours, mut theirs) = pair();
    let sent: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let expected = sent.clone();
    let mut reading = theirs.try_clone().expect("a descriptor");
    let reader = std::thread::spawn(move || {
        let mut echoed = Vec::new();
        reading.read_to_end(&mut echoed).expect("read");
        echoed
    });
    let writer = std::thread::spawn(move || {
        theirs.write_all(&sent).expect("written");
        theirs.shutdown(std::net::Shutdown::Write).expect("finished");
    });
    on_a_ring(move |ring| async move {
        let socket = Socket::adopt(&ring, ours);
        loop {
            match receive(&socket).await {
                Received::Data(chunk) => socket.send(chunk),
                Received::End => break,
                Received::Broken => panic!("broken"),
            }
            poll_fn(|cx| socket.poll_room(cx, 2)).await.expect("room");
        }
        socket.finish();
        poll_fn(|cx| socket.poll_room(cx, 0)).await.expect("flushed");
    });
    writer.join().expect("no panic");
    assert!(reader.join().expect("no panic") == expected, "the echo differs");
}

#[test]
fn a_connection_that_nobody_reads_holds_few_buffers() {
    for bulk in [false, true] {
        let (ours, mut theirs) = pair();
        theirs.set_nonblocking(true).expect("nonblocking");
        on_a_ring(move |ring| async move {
            let socket = Socket::adopt(&ring, ours);
            socket.set_bulk(bulk);
            let block = [7_u8; 16 * 1024];
            let mut stalled = 0;
            while stalled < 20 {
                match theirs.write(&block) {
                    Ok(_) => stalled = 0,
                    Err(_) => stalled += 1,
                }
                settle(&ring).await;
            }
            // The multishot is stopped above eight; what the kernel had read by then may add as much as a socket buffer.
            let held = ring.pool().held();
            assert!(held < 600, "{held} buffers held, bulk {bulk}");
        });
    }
}

/// One poll, whatever comes of it; data is put back.
async fn glance(socket: &Socket) {
    poll_fn(|cx| {
        if let Poll::Ready(Received::Data(chunk)) = socket.poll_recv(cx) {
            socket.unread(chunk);
        }
        Poll::Ready(())
    })
    .await;
}

/// A small generator, so that a failing run can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A socket in a random state of use: connecting or connected, with bytes unread, sends under way, a close asked for.
async fn random_socket(ring: &Rc<Ring>, dice: &mut Dice, listener: &TcpListener) -> (Socket, Option<TcpStream>) {
    let address = listener.local_addr().expect("bound");
    let socket = if dice.roll(2) == 0 {
        Socket::connect(ring, &SockAddr::from(address)).expect("a descriptor")
    } else {
        Socket::adopt(ring, TcpStream::connect(address).expect("connected").into())
    };
    ring.pass(ring.local_wakes(), 0).expect("the ring works");
    let mut peer = (dice.roll(3) > 0).then(|| listener.accept().expect("accepted").0);
    if let Some(peer) = &mut peer {
        // It may be the peer of an earlier socket that is gone by now.
        let _ = peer.write_all(&vec![1; dice.roll(40_000) as usize]);
    }
    socket.set_bulk(dice.roll(2) == 0);
    for _ in 0..dice.roll(4) {
        socket.send_opening(ring.pool().write_all(&vec![2; dice.roll(60_000) as usize]));
    }
    if dice.roll(4) == 0 {
        socket.finish();
    }
    for _ in 0..dice.roll(4) {
        glance(&socket).await;
        ring.note_local_wake();
        rt::yield_now().await;
    }
    (socket, peer)
}

#[test]
fn dropping_at_any_moment_loses_nothing() {
    let seed = std::env::var("SUPPLEX_RING_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    on_a_ring(move |ring| async move {
        let mut dice = Dice(seed);
        let listener = listener();
        let mut peers = Vec::new();
        for round in 0..400 {
            let (socket, peer) = random_socket(&ring, &mut dice, &listener).await;
            match (peer, dice.roll(3)) {
                (Some(peer), 0) => {
                    SockRef::from(&peer).set_linger(Some(Duration::ZERO)).expect("linger");
                    drop(peer);
                    drop(socket);
                }
                (peer, _) => {
                    drop(socket);
                    peers.extend(peer);
                }
            }
            if round % 50 == 49 {
                settle(&ring).await;
            }
        }
        settle(&ring).await;
        assert_eq!(ring.sockets(), 0, "entries left in the table (seed {seed})");
        assert_eq!(ring.pool().held(), 0, "chunks leaked (seed {seed})");
        // Every descriptor was closed if every peer sees the end.
        for mut peer in peers {
            peer.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
            let end = std::io::copy(&mut peer, &mut std::io::sink());
            let reset = end.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
            assert!(end.is_ok() || reset, "a descriptor was not closed: {end:?} (seed {seed})");
        }
    });
}

#[test]
fn more_operations_than_the_queue_holds_wait_in_memory() {
    on_a_ring(|ring| async move {
        let listener = listener();
        let address = SockAddr::from(listener.local_addr().expect("bound"));
        // Nobody polls in between: all of these are queued in one go, far beyond the 1024 places of the queue.
        let sockets: Vec<_> = (0..2000).map(|_| Socket::connect(&ring, &address).expect("a descriptor")).collect();
        let accepting = std::thread::spawn(move || {
            let accepted: Vec<_> = (0..2000).map(|_| listener.accept().expect("accepted")).collect();
            accepted.len()
        });
        for socket in &sockets {
            poll_fn(|cx| socket.poll_connected(cx)).await.expect("connected");
        }
        assert_eq!(accepting.join().expect("no panic"), 2000);
    });
}

#[test]
fn a_doorbell_ends_the_sleep() {
    on_a_ring(|ring| async move {
        let (bell, twin) = eventfd().expect("a descriptor");
        let bell = Doorbell::adopt(&ring, bell);
        let mut twin = std::fs::File::from(twin);
        for _ in 0..20 {
            let mut ringer = twin.try_clone().expect("a descriptor");
            let thread = std::thread::spawn(move || ringer.write_all(&1_u64.to_ne_bytes()));
            poll_fn(|cx| bell.poll_rung(cx)).await;
            thread.join().expect("no panic").expect("written");
        }
        twin.flush().expect("nothing to flush");
    });
}

#[test]
fn a_stopped_listener_hands_out_what_it_had_accepted() {
    on_a_ring(|ring| async move {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = socket.local_addr().expect("bound");
        let listener = Listener::adopt(&ring, socket.into());
        let clients: Vec<_> = (0..10).map(|_| TcpStream::connect(address).expect("connected")).collect();
        settle(&ring).await;
        listener.stop();
        let mut accepted = 0;
        while let Ok(Some(_)) = poll_fn(|cx| listener.poll_accept(cx)).await {
            accepted += 1;
        }
        assert_eq!(accepted + listener.remaining().len(), clients.len());
    });
}
