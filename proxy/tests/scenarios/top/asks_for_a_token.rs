//! With an admin token: taken from the configuration or the environment, and asked for when it is not there.

use super::top;
use crate::harness::{Config, Gateway, Upstream};

const TOKEN: &str = "correct-horse-battery-staple";

#[test]
fn asks_for_a_token() {
    let upstream = Upstream::saying("ok");
    let gateway = Gateway::start(&Config::to(&upstream).gateway(&format!("admin_token = \"{TOKEN}\"")));
    let once = ["--once", "--interval", "100ms"];
    let without = top(&gateway, &once).output().expect("it runs");
    assert_eq!((without.status.code(), without.stdout.len()), (Some(1), 0));
    let said = String::from_utf8(without.stderr).expect("text");
    assert!(said.contains("asks for its admin token") && said.lines().count() == 1, "{said}");
    let with = top(&gateway, &once).env("SUPPLEX_ADMIN_TOKEN", TOKEN).output().expect("it runs");
    assert!(with.status.success(), "{with:?}");
    assert!(String::from_utf8(with.stdout).expect("text").contains("\nall "), "the route is listed");
}
