//! `round_robin` takes turns, by weight, exactly.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn in_turn() {
    let upstreams = ["a", "b", "c"].map(Upstream::saying);
    let addresses = upstreams.each_ref().map(Upstream::address);
    let gateway = Gateway::start(&Config::to_endpoints(&addresses).upstream("balance = \"round_robin\""));
    let mut client = Client::connect(&gateway);
    let answers: Vec<String> = (0..9).map(|_| client.get("/").text().to_owned()).collect();
    for turn in answers.chunks(3) {
        assert_eq!(turn, &answers[..3], "every turn has the same order: {answers:?}");
    }
    let mut first = answers[..3].to_vec();
    first.sort_unstable();
    assert_eq!(first, ["a", "b", "c"]);
}

#[test]
fn by_weight() {
    let upstreams = ["a", "b"].map(Upstream::saying);
    let [a, b] = upstreams.each_ref().map(Upstream::address);
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"all\"\nmatch = {{ prefix = \"/\" }}\nupstream = \"up\"\n[upstreams.up]\n\
         balance = \"round_robin\"\nendpoints = [\"{a}\", {{ address = \"{b}\", weight = 3 }}]\n"
    )));
    let mut client = Client::connect(&gateway);
    let answers: Vec<String> = (0..40).map(|_| client.get("/").text().to_owned()).collect();
    for turn in answers.chunks(4) {
        assert_eq!(turn.iter().filter(|answer| *answer == "b").count(), 3, "{answers:?}");
    }
}
