//! One frame says what the documents say.

use super::{row, top};
use crate::harness::{Client, Config, Gateway, Upstream, wait_for};

#[test]
fn one_frame() {
    let (well, sick) = (Upstream::saying("ok"), Upstream::answering("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n"));
    let route = |name: &str, upstream: &str, more: &str| {
        format!(
            "[[routes]]\nname = \"{name}\"\nmatch = {{ prefix = \"/{name}\" }}\nupstream = \"{upstream}\"\n{more}\n"
        )
    };
    let text = [
        route("shop", "well", "limits = [\"few\"]"),
        route("clinic", "sick", ""),
        "[limits.few]\nrate = \"1/h\"\nburst = 3\nkey = \"global\"\nstore = \"local\"\nprecision = \"exact\"\n"
            .to_owned(),
        format!("[upstreams.well]\nendpoints = [\"{}\"]\n", well.address()),
        format!("[upstreams.sick]\nendpoints = [\"{}\"]\n", sick.address()),
        "[upstreams.sick.breaker]\nmin_requests = 4\nopen_for = \"1h\"\n".to_owned(),
    ];
    let gateway = Gateway::start(&Config::of(&text.concat()).gateway("workers = 2"));
    let mut client = Client::connect(&gateway);
    for status in [200, 200, 200, 429, 429] {
        assert_eq!(client.get("/shop").status(), status);
    }
    (0..6).for_each(|_| assert_eq!(client.get("/clinic").status(), 503));
    gateway.wait_for_metric("supplex_requests_total{code=\"503\",method=\"GET\",route=\"clinic\"}", 6.0);

    let frame = || {
        let output = top(&gateway, &["--once", "--interval", "200ms"]).output().expect("it runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let text = frame();
    assert!(!text.contains('\x1b'), "no command to a terminal: {text:?}");
    assert!(
        text.starts_with(&format!("Supplex Gateway  {}  generation 1  workers 2\n", gateway.admin_address())),
        "{text}"
    );
    // Nothing came meanwhile.
    assert_eq!(row(&text, "shop")[..3], ["0", "0", "0"]);
    assert_eq!(row(&text, "(no route)")[0], "0");
    assert_eq!(row(&text, "few"), ["1/h", "enforce", "0", "0", "0", "3", "2"]);
    let breaker = row(&text, &format!("sick {}", sick.address()));
    assert_eq!((breaker[0], breaker[2]), ("open", "error_ratio"), "{text}");
    assert!(breaker[3].starts_with("in "), "{text}");
    assert_eq!(row(&text, "0").len(), 7, "a worker: {text}");
    assert!(text.contains("\nlatencies: "), "{text}");

    // And with requests, their rate.
    let steady = wait_for("a frame with requests", || {
        let counting = std::thread::scope(|scope| {
            let asking = scope.spawn(|| top(&gateway, &["--once", "--interval", "500ms"]).output().expect("it runs"));
            let mut client = Client::connect(&gateway);
            while !asking.is_finished() {
                assert_eq!(client.get("/nowhere").status(), 404);
            }
            asking.join().expect("it runs")
        });
        let text = String::from_utf8(counting.stdout).expect("text");
        let rate: f64 = row(&text, "(no route)")[0].replace(',', "").parse().ok()?;
        (rate > 0.0).then_some(text)
    });
    assert_eq!(row(&steady, "(no route)")[0], row(&steady, "(no route)")[1], "all of them are 404");
}
