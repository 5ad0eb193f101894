//! `random` leaves it to chance, by weight.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn by_weight() {
    let upstreams = ["a", "b"].map(Upstream::saying);
    let [a, b] = upstreams.each_ref().map(Upstream::address);
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"all\"\nmatch = {{ prefix = \"/\" }}\nupstream = \"up\"\n[upstreams.up]\n\
         balance = \"random\"\nendpoints = [\"{a}\", {{ address = \"{b}\", weight = 3 }}]\n"
    )));
    let mut client = Client::connect(&gateway);
    let answers: Vec<String> = (0..400).map(|_| client.get("/").text().to_owned()).collect();
    let heavy = answers.iter().filter(|answer| *answer == "b").count();
    // 300 are expected; six standard deviations are 52.
    assert!((248..=352).contains(&heavy), "{heavy} of 400");
    assert_eq!(gateway.document("/api/upstreams")["upstreams"][0]["balance"], "random");
}
