//! What the gateway answers itself is explained too, with the endpoint that was tried; without a key nothing is.

use super::{request, sign};
use crate::harness::{Client, Config, Gateway, Upstream, assert_problem};

#[test]
fn a_broken_upstream_is_named() {
    let upstream = Upstream::run(|peer| {
        while peer.request().is_some() {
            peer.send("nonsense\r\n\r\n");
        }
    });
    let config = Config::to(&upstream).gateway("admin_token = \"0123456789abcdef\"");
    let gateway = Gateway::start(&config);
    let field = sign(&gateway);
    let mut client = Client::connect(&gateway);
    let response = client.request(request("/", &[&field]));
    assert_problem(&response, 502, "upstream.malformed");
    let told = response.field("supplex-explain").expect("an explanation");
    let expected = format!(
        "generation=1, route=\"all\", upstream=\"up\", endpoint=\"{}\", attempts=1, reason=\"upstream.malformed\", overhead_us=",
        upstream.address()
    );
    assert!(told.starts_with(&expected), "{told}");
}

#[test]
fn no_route_is_told() {
    let upstream = Upstream::saying("hello");
    let toml = format!(
        "[[routes]]\nname = \"shop\"\nmatch = {{ prefix = \"/shop\" }}\nupstream = \"up\"\n\
         [upstreams.up]\nendpoints = [\"{}\"]\n[telemetry]\nexplain_key = \"0123456789abcdef\"\n",
        upstream.address()
    );
    let gateway = Gateway::start(&Config::of(&toml));
    let field = sign(&gateway);
    let mut client = Client::connect(&gateway);
    let response = client.request(request("/none", &[&field]));
    assert_problem(&response, 404, "route.none");
    let told = response.field("supplex-explain").expect("an explanation");
    assert!(told.starts_with("generation=1, attempts=0, reason=\"route.none\", overhead_us="), "{told}");
    // Nothing else of the response has changed: the same without the field.
    let plain = client.request(request("/none", &[]));
    assert_eq!(plain.fields.len() + 1, response.fields.len());
}

#[test]
fn without_a_key_the_field_means_nothing() {
    let upstream = Upstream::saying("hello");
    let gateway = Gateway::start(&Config::to(&upstream));
    let mut client = Client::connect(&gateway);
    let response = client.request(request("/", &["X-Supplex-Explain: 99999999999.00"]));
    assert_eq!((response.text(), response.field("supplex-explain")), ("hello", None));
    assert_eq!(upstream.seen().message.field("x-supplex-explain"), None);
}
