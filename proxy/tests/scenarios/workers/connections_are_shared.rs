//! However the kernel's hash falls out, no worker is left far below its share.

use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

/// Connections held by each of the two workers.
fn held(gateway: &Gateway) -> [u64; 2] {
    let document = gateway.document("/api/workers");
    [0, 1].map(|worker| document["workers"][worker]["connections"].as_u64().expect("a count"))
}

fn served(gateway: &Gateway) -> Client {
    let mut client = Client::connect(gateway);
    assert_eq!(client.get("/").text(), "ok");
    client
}

#[test]
fn connections_are_shared() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream).gateway("workers = 2"));
    // One by one, to see who serves which.
    let mut by_worker = [Vec::new(), Vec::new()];
    for _ in 0..60 {
        let before = held(&gateway);
        let client = served(&gateway);
        let after = wait_for("the connection is counted", || Some(held(&gateway)).filter(|now| *now != before));
        by_worker[usize::from(after[1] > before[1])].push(client);
    }
    assert!(held(&gateway).iter().all(|count| *count >= 20), "{:?}", held(&gateway));
    // The first worker loses all of its own; the hash knows nothing of it and would go on sharing evenly.
    let [first, second] = &mut by_worker;
    first.clear();
    wait_for("they are gone", || (held(&gateway)[0] == 0).then_some(()));
    let mut more: Vec<_> = (0..100 - second.len()).map(|_| served(&gateway)).collect();
    let counts = held(&gateway);
    assert_eq!(counts.iter().sum::<u64>(), 100);
    assert!(counts.iter().all(|count| *count >= 34), "{counts:?}");
    let handoffs = |worker| gateway.metric(&format!("supplex_worker_handoffs_total{{worker=\"{worker}\"}}"));
    assert!(handoffs(1) > Some(0.0), "{:?} {:?}", handoffs(0), handoffs(1));
    // A connection that was handed over is as good as any.
    for client in more.iter_mut().chain(second) {
        assert_eq!(client.get("/").text(), "ok");
    }
}
