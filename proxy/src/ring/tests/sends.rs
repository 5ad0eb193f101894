//! Sends: nothing is lost where there is little room, nobody is left waiting, failure is heard.

use super::*;

#[test]
fn a_send_that_finds_little_room_arrives_whole() {
    let (ours, mut theirs) = pair();
    SockRef::from(&ours).set_send_buffer_size(4096).expect("a small buffer");
    let expected: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let sent = expected.clone();
    let (full, may_read) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        may_read.recv().expect("the socket is full");
        let mut got = Vec::new();
        theirs.read_to_end(&mut got).expect("read");
        got
    });
    on_a_ring(move |ring| async move {
        let socket = Socket::adopt(&ring, ours);
        let mut pieces = sent.chunks(10_000);
        // Until the peer's window and our buffer are full: the last of these finds room for a part, or for nothing.
        while poll_fn(|cx| Poll::Ready(socket.poll_room(cx, 0).is_ready())).await {
            let Some(piece) = pieces.next() else { break };
            socket.send_opening(ring.pool().write_all(piece));
            settle(&ring).await;
        }
        full.send(()).expect("the reader waits");
        for piece in pieces {
            socket.send_opening(ring.pool().write_all(piece));
            poll_fn(|cx| socket.poll_room(cx, 1)).await.expect("room");
        }
        socket.finish();
        poll_fn(|cx| socket.poll_room(cx, 0)).await.expect("flushed");
    });
    assert!(reader.join().expect("no panic") == expected, "what arrived differs");
}

#[test]
fn nobody_waits_for_the_tick_to_hear_that_a_send_is_done() {
    let patience = Duration::from_secs(30);
    let began = Instant::now();
    let (ours, mut theirs) = pair();
    on_a_patient_ring(patience, move |ring| async move {
        let socket = Socket::adopt(&ring, ours);
        for _ in 0..100 {
            // One piece that somebody waits for, and a second one that waits behind the first.
            socket.send_opening(ring.pool().write_all(&[1; 100]));
            poll_fn(|cx| socket.poll_room(cx, 0)).await.expect("room");
            socket.send_opening(ring.pool().write_all(&[2; 100]));
            socket.send_opening(ring.pool().write_all(&[3; 100]));
            poll_fn(|cx| socket.poll_room(cx, 0)).await.expect("room");
        }
        socket.send_opening(ring.pool().write_all(&[4; 100]));
        socket.finish();
        poll_fn(|cx| socket.poll_room(cx, 0)).await.expect("flushed");
    });
    let mut got = Vec::new();
    theirs.read_to_end(&mut got).expect("read to the end");
    assert_eq!(got.len(), 100 * 300 + 100);
    assert!(began.elapsed() < patience, "the driver slept while somebody waited");
}

#[test]
fn a_send_to_a_broken_connection_is_told() {
    let (ours, theirs) = pair();
    SockRef::from(&theirs).set_linger(Some(Duration::ZERO)).expect("linger");
    drop(theirs);
    on_a_ring(move |ring| async move {
        let socket = Socket::adopt(&ring, ours);
        // The first may still be taken; the reset is known at the latest by the receive.
        socket.send_opening(ring.pool().write_all(&[1; 100]));
        assert!(matches!(receive(&socket).await, Received::Broken | Received::End));
        socket.send_opening(ring.pool().write_all(&[2; 100]));
        assert!(poll_fn(|cx| socket.poll_room(cx, 0)).await.is_err());
    });
}
