//! A request with a signed field has what happened to it in its response; the upstream never sees the field.

use super::{request, sign};
use crate::harness::{Client, Config, Gateway, Upstream};

#[test]
fn signed() {
    let upstream = Upstream::saying("hello");
    let config = Config::to(&upstream)
        .route("limits = [\"per-client\"]")
        .and("[limits.per-client]\nrate = \"1/h\"\nburst = 3\nstore = \"local\"\nprecision = \"exact\"")
        .and("[telemetry]\nexplain_key = \"a-key-that-nobody-guesses\"");
    let gateway = Gateway::start(&config);
    let field = sign(&gateway);
    let mut client = Client::connect(&gateway);

    let response = client.request(request("/", &[&field]));
    assert_eq!((response.status(), response.text()), (200, "hello"));
    let told = response.field("supplex-explain").expect("an explanation").to_owned();
    let expected = format!(
        "generation=1, route=\"all\", upstream=\"up\", endpoint=\"{}\", attempts=1, limits=(\"per-client\";r=2;t=3600), overhead_us=",
        upstream.address()
    );
    assert!(told.starts_with(&expected), "{told}");
    let (overhead, duration) = told[expected.len()..].split_once(", duration_us=").expect("both times");
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|error| panic!("{error}: {told}"));
    assert!(number(overhead) <= number(duration), "{told}");
    assert_eq!(upstream.seen().message.all("x-supplex-explain"), Vec::<&str>::new());

    // What does not hold is no field at all, in any way: expired, of another key, odd.
    let odd = ["X-Supplex-Explain: 1.00", "x_supplex_explain: 1", &format!("{field}0")].map(str::to_owned);
    for line in &odd {
        let response = client.request(request("/", &[line.as_str()]));
        assert_eq!(response.field("supplex-explain"), None, "{line}");
        if response.status() == 200 {
            let seen = upstream.seen().message;
            assert!(seen.fields.iter().all(|(name, _)| !name.to_lowercase().contains("explain")), "{:?}", seen.fields);
        }
    }

    // The third of these was one too many for the limit: a refusal is explained as well.
    let refused = client.request(request("/", &[&field]));
    let told = refused.field("supplex-explain").expect("an explanation");
    assert_eq!(refused.status(), 429);
    let expected = "generation=1, route=\"all\", upstream=\"up\", attempts=0, reason=\"limit.exceeded\", limits=(\"per-client\";r=0;t=";
    assert!(told.starts_with(expected), "{told}");
}
