//! A reload keeps the buckets of limits whose names stay, though their places in the file change.

use super::passed;
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn reload_keeps_buckets() {
    let upstream = Upstream::saying("ok");
    let limit = "[limits.slow]\nrate = \"1/h\"\nburst = 10\nprecision = \"exact\"\n";
    let config = |more: &str, used: &str| Config::to(&upstream).route(used).and(&format!("{limit}{more}"));
    let gateway = Gateway::start(&config("", "limits = [\"slow\"]"));
    let mut client = Client::connect(&gateway);
    assert_eq!(passed(&mut client, 6), 6);
    let another = "[limits.another]\nrate = \"1000/s\"\nkey = \"global\"\n";
    gateway.rewrite(&config(another, "limits = [\"another\", \"slow\"]").text());
    assert_eq!(gateway.admin("POST", "/api/reload").status(), 200);
    gateway.wait_for_generation(2);
    assert_eq!(passed(&mut client, 10), 4);
}
