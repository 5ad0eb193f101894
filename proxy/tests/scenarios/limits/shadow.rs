//! A limit in shadow mode refuses nothing and is told to nobody, but what it would have refused is counted.

use super::decisions;
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn shadow() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.trial]\nrate = \"1/h\"\nburst = 3\nmode = \"shadow\"";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"trial\"]").and(limit));
    let mut client = Client::connect(&gateway);
    for _ in 0..10 {
        let response = client.get("/");
        assert_eq!((response.status(), response.field("ratelimit")), (200, None));
    }
    // The store's answers are not waited for.
    wait_for("every decision", || (decisions(&gateway, "trial", "shadow") == 7).then_some(()));
    assert_eq!(decisions(&gateway, "trial", "admitted"), 3);
    assert_eq!(decisions(&gateway, "trial", "refused"), 0);
}

#[test]
fn beside_a_limit_that_is_enforced() {
    let upstream = Upstream::saying("ok");
    let limits = "[limits.trial]\nrate = \"1/h\"\nburst = 3\nmode = \"shadow\"\nprecision = \"exact\"\n\
                  [limits.real]\nrate = \"1/h\"\nburst = 8\nprecision = \"exact\"";
    let gateway = Gateway::start(&Config::to(&upstream).route("limits = [\"trial\", \"real\"]").and(limits));
    let mut client = Client::connect(&gateway);
    assert_eq!(super::passed(&mut client, 20), 8);
    // What is refused is not charged to a limit in shadow mode either.
    wait_for("every decision", || (decisions(&gateway, "trial", "shadow") == 5).then_some(()));
    assert_eq!(decisions(&gateway, "trial", "admitted"), 3);
    assert_eq!((decisions(&gateway, "real", "admitted"), decisions(&gateway, "real", "refused")), (8, 12));
}
