//! What is said about `[redis]`.

use supplex_engine::config::redis::{Cluster, Login, Node, Place, Sentinel};

use super::{HEAD, ROUTE, UPSTREAM, accepted, said};
use crate::config::{Format, parse};

fn text(redis: &str) -> String {
    format!("{HEAD}{ROUTE}limits = [\"a\"]\n[limits.a]\nrate = \"7/m\"\n{UPSTREAM}[redis]\n{redis}\n")
}

#[test]
fn redis_is_in_one_place_with_what_belongs_to_it() {
    let good = "sentinel = { master = \"m\", nodes = [\"h:1\"] }";
    let many: Vec<_> = (0..65).map(|number| format!("\"h{number}:1\"")).collect();
    let many = format!("cluster = [{}]", many.join(", "));
    for (redis, wanted) in [
        (good, ""),
        ("cluster = [\"h:1\"]\ndatabase = 0\nusername = \"u\"\npassword = \"p\"", ""),
        ("timeout = \"5ms\"", "error: `[redis]` does not say where Redis is"),
        ("url = \"redis://h\"\ncluster = [\"h:1\"]", "error: Redis is at only one of `url`, `sentinel` and `cluster`"),
        ("url = \"redis://h\"\npassword = \"p\"", "error: `password` is a part of `url`"),
        ("url = \"redis://h\"\nusername = \"u\"", "error: `username` is a part of `url`"),
        ("url = \"redis://h\"\ndatabase = 0", "error: `database` is a part of `url`"),
        ("cluster = [\"h:1\"]\ndatabase = 1", "error: a Redis Cluster has no other database than 0"),
        ("cluster = [\"h:1\"]\nusername = \"u\"", "error: a user without a password cannot log in"),
        ("cluster = [\"h:1\", \"H:1\"]", "error: this server stands in the list already"),
        (&many, "error: there are more than 64 servers"),
        ("cluster = []", "error: redis.cluster: the list is empty"),
        ("cluster = [\"h\"]", "error: redis.cluster.0: `h` is not the address of a server"),
        ("sentinel = { nodes = [\"h:1\"] }", "error: redis.sentinel: the key `master` is missing"),
        (
            "sentinel = { master = \"m\", nodes = [\"h:1\"], username = \"u\" }",
            "error: a user without a password cannot log in",
        ),
    ] {
        let wanted: Vec<&str> = Some(wanted).filter(|wanted| !wanted.is_empty()).into_iter().collect();
        assert_eq!(said(&text(redis)), wanted, "{redis}");
    }
}

#[test]
fn sentinels_and_their_master_may_have_different_passwords() {
    let redis = "sentinel = { master = \"m\", nodes = [\"10.0.0.1:26379\", \"s:1\"], password = \"one\" }\n\
                 username = \"u\"\npassword = \"two\"\ndatabase = 3";
    let node = |host: &str, port| Node { host: host.into(), port };
    let wanted = Sentinel {
        master: "m".into(),
        nodes: vec![node("10.0.0.1", 26_379), node("s", 1)],
        sentinel_login: Login { username: None, password: Some("one".into()) },
        login: Login { username: Some("u".into()), password: Some("two".into()) },
        database: 3,
    };
    assert_eq!(accepted(&text(redis)).redis.map(|redis| redis.place), Some(Place::Sentinel(wanted)));
    let wanted = Cluster { nodes: vec![node("::1", 6379)], login: Login::default() };
    let place = accepted(&text("cluster = [\"[::1]:6379\"]")).redis.map(|redis| redis.place);
    assert_eq!(place, Some(Place::Cluster(wanted)));
}

#[test]
fn what_stands_beside_a_password_is_not_shown() {
    for redis in [
        "sentinel = { master = \"m\", nodes = [\"h\"], password = \"secret\" }",
        "sentinel = { master = \"m\", nodes = [\"h:1\"], pasword = \"secret\" }",
        "cluster = [\"redis://:secret@h:1\"]",
    ] {
        let report = parse(&text(redis), Format::Toml, "t").expect_err("refused");
        assert!(!report.render(false).contains("secret"), "{}", report.render(false));
        assert!(report.lines().iter().all(|line| !line.contains("secret")), "{:?}", report.lines());
    }
}
