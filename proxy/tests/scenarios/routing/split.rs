//! `split` divides requests between upstreams by weight.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn split() {
    let (most, few, none) = (Upstream::saying("most"), Upstream::saying("few"), Upstream::saying("none"));
    let mut config = "[[routes]]\nname = \"all\"\nmatch = { prefix = \"/\" }\n\
                      split = [{ upstream = \"most\", weight = 75 }, { upstream = \"few\", weight = 25 }, \
                      { upstream = \"none\", weight = 0 }]\n"
        .to_owned();
    for (name, upstream) in [("most", &most), ("few", &few), ("none", &none)] {
        config += &format!("[upstreams.{name}]\nendpoints = [\"{}\"]\n", upstream.address());
    }
    let gateway = Gateway::start(&Config::of(&config));
    let mut client = Client::connect(&gateway);
    let mut fews = 0;
    for _ in 0..1000 {
        match client.get("/").text() {
            "most" => {}
            "few" => fews += 1,
            other => panic!("{other} has no weight"),
        }
    }
    // 250 with a standard deviation of 14: outside of seven of them is no chance.
    assert!((150..350).contains(&fews), "{fews} of 1000");
}
