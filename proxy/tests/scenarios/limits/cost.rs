//! A route may charge several tokens per request.

use super::passed;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn cost() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.slow]\nrate = \"1/h\"\nburst = 17\nprecision = \"exact\"";
    let config = Config::to(&upstream).route("limits = [{ limit = \"slow\", cost = 5 }]").and(limit);
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    assert_eq!(passed(&mut client, 10), 3);
    assert_eq!(client.get("/").field("ratelimit").map(|state| state.contains(";r=2;")), Some(true));
}
