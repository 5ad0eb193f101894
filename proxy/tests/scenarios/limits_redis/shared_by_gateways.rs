//! Two gateways with the same Redis share a limit: together they let through what one would.

use super::{AMPLE, admitted, config, start};
use crate::harness::{Redis, Upstream};

#[test]
fn shared_by_gateways() {
    let (upstream, redis) = (Upstream::saying("ok"), Redis::start());
    let config = config(&upstream, &redis, 50, AMPLE);
    let (one, other) = (start(&config), start(&config));
    assert_eq!(admitted(&[&one, &other], "k", 20), 50);
}
