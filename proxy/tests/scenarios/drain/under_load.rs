//! SIGTERM under load: every request that was sent gets its whole response.

use crate::harness::{Config, Gateway, Load, Upstream, wait_for};

#[test]
fn no_request_fails() {
    for turn in 0..5 {
        let upstream = Upstream::saying("ok");
        let mut gateway = Gateway::start(&Config::to(&upstream).gateway("workers = 2"));
        let load = Load::start(gateway.address(), 16, &["ok"]);
        // Another moment each time.
        wait_for("traffic", || (load.answered() > 300 + 77 * turn).then_some(()));
        gateway.tell_to_end();
        let tally = load.end();
        assert!(tally.failures.is_empty(), "{} answered, but: {:#?}", tally.answered, tally.failures);
        assert_eq!(tally.turned_away, 16);
        assert_eq!(gateway.exit_code(), Some(0));
    }
}
