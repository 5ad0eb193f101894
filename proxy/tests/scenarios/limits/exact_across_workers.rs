//! A limit in the process's own store counts what all workers do, to the request.

use super::{decisions, passed};
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn exact_across_workers() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.shared]\nrate = \"1/h\"\nburst = 40\nstore = \"local\"\nprecision = \"exact\"";
    let config = Config::to(&upstream).gateway("workers = 2").route("limits = [\"shared\"]").and(limit);
    let gateway = Gateway::start(&config);
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut client = Client::connect(&gateway);
            std::thread::spawn(move || passed(&mut client, 20))
        })
        .collect();
    let sum: usize = clients.into_iter().map(|client| client.join().expect("a client does not panic")).sum();
    assert_eq!(sum, 40);
    assert_eq!(decisions(&gateway, "shared", "admitted"), 40);
    assert_eq!(decisions(&gateway, "shared", "refused"), 120);
}
