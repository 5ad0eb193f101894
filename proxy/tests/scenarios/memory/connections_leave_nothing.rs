//! Two thousand connections come and go: neither memory nor a descriptor is left.

use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

const CONNECTIONS: usize = 2000;

fn come_and_go(gateway: &Gateway) -> u64 {
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| Client::connect(gateway)).collect();
    for client in &mut clients {
        assert_eq!(client.get("/").text(), "ok");
    }
    gateway.wait_for_metric("supplex_connections{listener=\"public\",state=\"idle\"}", CONNECTIONS as f64);
    let held = gateway.memory();
    drop(clients);
    gateway.wait_for_metric("supplex_connections{listener=\"public\",state=\"idle\"}", 0.0);
    held
}

#[test]
fn connections_leave_nothing() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream));
    // What the first requests and questions set up for good.
    for _ in 0..50 {
        assert_eq!(Client::connect(&gateway).get("/").text(), "ok");
    }
    gateway.wait_for_metric("supplex_connections{listener=\"public\",state=\"idle\"}", 0.0);
    let (memory, descriptors) = (gateway.memory(), gateway.descriptors());
    for _ in 0..2 {
        let held = come_and_go(&gateway);
        let mut now = 0;
        let most = memory + memory / 10;
        let back = crate::harness::poll(|| {
            now = gateway.memory();
            (now <= most).then_some(())
        });
        let kib = |bytes: u64| bytes / 1024;
        assert!(
            back.is_some(),
            "{} KiB before, {} KiB with {CONNECTIONS} connections, {} KiB after",
            kib(memory),
            kib(held),
            kib(now)
        );
        wait_for("every descriptor is closed", || (gateway.descriptors() <= descriptors).then_some(()));
    }
}
