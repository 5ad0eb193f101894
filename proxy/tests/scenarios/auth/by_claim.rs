//! A limit by claim: users behind one address have a bucket each, and so has nobody.

use super::issuer::{Issuer, Server, claims};
use super::{config, get, get_with};
use crate::harness::{Client, Gateway, Upstream};

const LIMIT: &str = "[limits.per-user]\nrate = \"1/h\"\nburst = 2\nkey = \"jwt:sub\"";

#[test]
fn by_claim() {
    let issuer = Issuer::new("k1");
    let (server, upstream) = (Server::of(&[&issuer]), Upstream::saying("ok"));
    let asked = "{ name = \"users\", optional = true }";
    let config = config(&upstream, &server.url(), asked).route("limits = [\"per-user\"]").and(LIMIT);
    let gateway = Gateway::start(&config);
    let mut client = Client::connect(&gateway);
    let mut three = |request: &str| -> Vec<u16> { (0..3).map(|_| client.request(request).status()).collect() };
    for user in ["ann", "ben"] {
        // Whatever token: the claim counts.
        assert_eq!(three(&get_with(&issuer.token(user))), [200, 200, 429], "{user}");
    }
    let mut again = claims("ann");
    again["jti"] = "2".into();
    assert_eq!(three(&get_with(&issuer.sign(&again))), [429; 3], "another token of the same user");
    assert_eq!(three(&get("")), [200, 200, 429], "nobody goes by address");
    assert_eq!(three(&get_with(&Issuer::new("k1").token("cyd"))), [401; 3], "who is not believed is not counted");
    assert_eq!(three(&get_with(&issuer.token("cyd"))), [200, 200, 429]);
}
