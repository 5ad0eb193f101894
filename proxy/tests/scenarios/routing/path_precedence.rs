//! Exact before longest prefix, by whole segments, before regex.

use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn path_precedence() {
    let names = ["regex", "root", "short", "long", "exact"];
    let upstreams = names.map(Upstream::saying);
    let mut config = String::new();
    for (name, matches) in [
        ("regex", "regex = \"/api/v[0-9]+/x\""),
        ("short", "prefix = \"/api\""),
        ("exact", "exact = \"/api/items/1\""),
        ("long", "prefix = \"/api/items\""),
        ("root", "regex = \"/[a-z]*\""),
    ] {
        config += &format!("[[routes]]\nname = \"{name}\"\nmatch = {{ {matches} }}\nupstream = \"{name}\"\n");
    }
    for (name, upstream) in names.iter().zip(&upstreams) {
        config += &format!("[upstreams.{name}]\nendpoints = [\"{}\"]\n", upstream.address());
    }
    let gateway = Gateway::start(&Config::of(&config));
    let mut client = Client::connect(&gateway);
    for (target, name) in [
        ("/api/items/1", "exact"),
        ("/api/items/1?x=y", "exact"),
        ("/api/./items/0/../1", "exact"),
        ("/api/%69tems/1", "exact"),
        ("/api/items/1/", "long"),
        ("/api/items", "long"),
        ("/api/items/12", "long"),
        ("/api/itemsets", "short"),
        ("/api", "short"),
        ("/api/v2/x", "short"),
        ("/apis", "root"),
        ("/", "root"),
    ] {
        assert_eq!(client.get(target).text(), name, "{target}");
    }
}

#[test]
fn a_regex_takes_the_whole_path() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::of(&format!(
        "[[routes]]\nname = \"r\"\nmatch = {{ regex = \"/v[0-9]+\" }}\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"{}\"]\n",
        upstream.address()
    )));
    let mut client = Client::connect(&gateway);
    for (target, status) in [("/v1", 200), ("/v22?x", 200), ("/v1/x", 404), ("/a/v1", 404), ("/v", 404)] {
        assert_eq!(client.get(target).status(), status, "{target}");
    }
}
