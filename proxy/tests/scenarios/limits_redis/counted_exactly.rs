//! With `precision = "exact"` a caller gets exactly its burst through, however many clients ask at once on however many
//! workers; another caller has a bucket of its own.

use super::{AMPLE, admitted, config, start};
use crate::harness::{Redis, Upstream};

#[test]
fn counted_exactly() {
    let (upstream, redis) = (Upstream::saying("ok"), Redis::start());
    let gateway = start(&config(&upstream, &redis, 50, AMPLE));
    assert_eq!(admitted(&[&gateway], "one", 20), 50);
    assert_eq!(admitted(&[&gateway], "other", 20), 50);
    let kept: Vec<String> = redis.run(&["KEYS", "*"]);
    assert!(kept.contains(&"{supplex}:few:one".to_owned()), "{kept:?}");
    let left: u64 = redis.run(&["PTTL", "{supplex}:few:one"]);
    assert!(left > 3_600_000, "{left}: it is kept until the bucket is full");
}
