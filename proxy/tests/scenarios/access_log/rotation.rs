//! Rotation: the log goes on in a new file after a rename or a removal, with a signal at once and without one soon.

use std::fs;

use super::{Logged, lines_of};
use crate::harness::{Client, Upstream, wait_for};

#[test]
fn a_renamed_file_is_left_without_a_signal() {
    let upstream = Upstream::saying("hello");
    let logged = Logged::start(&upstream, "fields = [\"target\"]");
    let mut client = Client::connect(&logged.gateway);
    client.get("/shop/before");
    logged.lines(1);
    let old = logged.path.with_extension("log.1");
    fs::rename(&logged.path, &old).expect("renamed");
    wait_for("a new file", || logged.path.exists().then_some(()));
    client.get("/shop/after");
    assert_eq!(logged.lines(1), [r#"{"target":"/shop/after"}"#]);
    assert_eq!(lines_of(&old, 1), [r#"{"target":"/shop/before"}"#]);

    fs::remove_file(&logged.path).expect("removed");
    wait_for("a new file", || logged.path.exists().then_some(()));
    client.get("/shop/again");
    assert_eq!(logged.lines(1), [r#"{"target":"/shop/again"}"#]);
    assert_eq!(logged.gateway.metric("supplex_access_log_write_failures_total"), Some(0.0));
    assert_eq!(logged.gateway.metric("supplex_access_log_dropped_total"), Some(0.0));
}

#[test]
fn a_signal_opens_the_file_anew() {
    let upstream = Upstream::saying("hello");
    let logged = Logged::start(&upstream, "fields = [\"target\"]");
    let mut client = Client::connect(&logged.gateway);
    for round in 0..5 {
        client.get(&format!("/shop/{round}"));
        logged.lines(1);
        fs::rename(&logged.path, logged.path.with_extension(round.to_string())).expect("renamed");
        logged.gateway.signal("USR2");
        wait_for("a new file", || logged.path.exists().then_some(()));
    }
    for round in 0..5 {
        let lines = lines_of(&logged.path.with_extension(round.to_string()), 1);
        assert_eq!(lines, [format!(r#"{{"target":"/shop/{round}"}}"#)]);
    }
    assert_eq!(logged.gateway.document("/api/config")["generation"], 1, "it is no reload");
}
