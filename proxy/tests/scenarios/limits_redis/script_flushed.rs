//! A server that forgets the script is told it again; no request notices and the count stays exact.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::{AMPLE, admitted, config, start};
use crate::harness::{Redis, Upstream};

#[test]
fn script_flushed() {
    let (upstream, redis) = (Upstream::saying("ok"), Redis::start());
    let gateway = start(&config(&upstream, &redis, 200, AMPLE));
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                redis.run::<()>(&["SCRIPT", "FLUSH"]);
            }
        });
        let count = admitted(&[&gateway], "k", 50);
        done.store(true, Ordering::SeqCst);
        assert_eq!(count, 200);
    });
    for result in ["unreachable", "timeout", "full", "refused"] {
        gateway.wait_for_metric(
            &format!("supplex_limit_store_questions_total{{result=\"{result}\",store=\"redis\"}}"),
            0.0,
        );
    }
}
