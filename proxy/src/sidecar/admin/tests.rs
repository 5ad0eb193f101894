//! The admin endpoint through a real socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};

use super::super::sample::{Sample, block_on, text};

/// Status, head and body of one exchange.
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

fn exchange(address: SocketAddr, request: &str) -> Reply {
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("read to the end");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Reply { status, head: head.to_lowercase(), body: body.to_owned() }
}

/// Serves `sample` while `client` talks to it on a thread of its own.
fn with_server<T: Send + 'static>(
    sample: &Sample,
    client: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> impl Future<Output = T> {
    let listener = super::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("bound");
    let address = listener.local_addr().expect("an address");
    let sidecar = std::rc::Rc::clone(&sample.sidecar);
    async move {
        let server = tokio::task::spawn_local(super::serve(sidecar, listener));
        let result = tokio::task::spawn_blocking(move || client(address)).await.expect("no panic");
        server.abort();
        result
    }
}

fn plain() -> Sample {
    Sample::new(&text(&["a", "longer"], &["127.0.0.1:1"]))
}

fn ask(address: SocketAddr, method: &str, path: &str) -> Reply {
    exchange(address, &format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"))
}

#[test]
fn every_page_answers_and_what_is_not_there_is_a_problem() {
    block_on(async {
        let sample = plain();
        let client = |address| {
            assert_eq!(ask(address, "GET", "/healthz").body, "ok\n");
            assert_eq!(ask(address, "GET", "/readyz").status, 200);
            let index = ask(address, "GET", "/").body;
            for path in ["/metrics", "/api/config", "/api/routes", "/api/upstreams", "/api/breakers", "/api/workers"] {
                let reply = ask(address, "GET", path);
                assert_eq!(reply.status, 200, "{path}");
                assert!(index.contains(path));
                let head = ask(address, "HEAD", path);
                assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
            }
            let missing = ask(address, "GET", "/api/nothing");
            assert_eq!((missing.status, &missing.json()["reason"]), (404, &json!("admin.not_found")));
            assert!(missing.head.contains("application/problem+json"));
            let refused = ask(address, "DELETE", "/api/config");
            assert!(refused.status == 405 && refused.head.contains("allow: get, head"), "{}", refused.head);
            let refused = ask(address, "GET", "/api/reload");
            assert!(refused.status == 405 && refused.head.contains("allow: post"), "{}", refused.head);
        };
        with_server(&sample, client).await;
    });
}

#[test]
fn readiness_says_why_not() {
    block_on(async {
        let sample = plain();
        sample.sidecar.crew[1].block.generation.set(0);
        let reply = with_server(&sample, |address| ask(address, "GET", "/readyz")).await;
        assert_eq!((reply.status, &reply.json()["reason"]), (503, &json!("gateway.not_ready")));
        assert!(reply.json()["detail"].as_str().is_some_and(|detail| detail.starts_with("worker 1")));
        sample.sidecar.set_draining();
        let reply = with_server(&sample, |address| ask(address, "GET", "/readyz")).await;
        assert_eq!((reply.status, &reply.json()["reason"]), (503, &json!("gateway.draining")));
    });
}

#[test]
fn pages_show_what_runs_and_no_secret() {
    block_on(async {
        let secret =
            text(&["a"], &["127.0.0.1:1"]).replace("[gateway]", "[gateway]\nadmin_token = \"correct-horse-battery\"");
        let sample = Sample::new(&secret);
        let client = |address| {
            let without = ask(address, "GET", "/api/config");
            assert!(without.status == 401 && without.head.contains("www-authenticate: bearer"), "{}", without.head);
            let with = "GET /api/config HTTP/1.1\r\nhost: gateway.test\r\nauthorization: Bearer correct-horse-battery\r\n\
                        connection: close\r\n\r\n";
            exchange(address, with)
        };
        let reply = with_server(&sample, client).await;
        let document = reply.json();
        assert!(!reply.body.contains("correct-horse"), "{}", reply.body);
        assert_eq!(document["generation"], 1);
        assert_eq!(document["config"]["routes"][0]["match"]["prefix"], "/a");
        assert_eq!(document["last_refusal"], Value::Null);
        assert_ne!(document["addresses"]["listeners"]["public"], "127.0.0.1:0");
    });
}

#[test]
fn the_dashboard_is_for_browsers_and_its_files_need_no_token() {
    block_on(async {
        let secret =
            text(&["a"], &["127.0.0.1:1"]).replace("[gateway]", "[gateway]\nadmin_token = \"correct-horse-battery\"");
        let sample = Sample::new(&secret);
        let client = |address: SocketAddr| {
            let ask = |method: &str, path: &str, accept: &str| {
                let head =
                    format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\naccept: {accept}\r\nconnection: close");
                exchange(address, &format!("{head}\r\n\r\n"))
            };
            let page = ask("GET", "/", "text/html,*/*;q=0.8");
            assert_eq!(page.status, 200);
            assert!(page.body.contains("<title>Supplex Gateway</title>"));
            for field in [
                "content-type: text/html; charset=utf-8",
                "content-security-policy: default-src 'none'; script-src 'self';",
                "x-content-type-options: nosniff",
                "cache-control: no-store",
            ] {
                assert!(page.head.contains(field), "{field}: {}", page.head);
            }
            let script = ask("GET", "/dashboard/main.js", "*/*");
            assert!(script.status == 200 && script.head.contains("content-type: text/javascript"), "{}", script.head);
            assert_eq!(ask("HEAD", "/dashboard/style.css", "*/*").body, "");
            assert_eq!(ask("POST", "/", "text/html").status, 405);
            for path in ["/", "/api/config", "/metrics", "/dashboard/", "/dashboard/none.js"] {
                assert_eq!(ask("GET", path, "*/*").status, 401, "{path}");
            }
            assert_eq!(ask("GET", "/api/config", "text/html").status, 401);
        };
        with_server(&sample, client).await;
    });
}

#[test]
fn a_page_of_another_name_gets_no_dashboard_either() {
    block_on(async {
        let client = |address| {
            let request = "GET / HTTP/1.1\r\nhost: page.test\r\naccept: text/html\r\nconnection: close\r\n\r\n";
            exchange(address, request).status
        };
        assert_eq!(with_server(&plain(), client).await, 403);
    });
}

#[test]
fn routes_stand_in_their_order_with_their_counts() {
    block_on(async {
        let sample = plain();
        let block = std::sync::Arc::clone(&sample.sidecar.registry.borrow().route("a")[0]);
        block.responses.increment(supplex_engine::http1::Method::Get, 204);
        let document = with_server(&sample, |address| ask(address, "GET", "/api/routes")).await.json();
        let routes = document["routes"].as_array().expect("a list");
        let names: Vec<_> = routes.iter().map(|route| route["name"].as_str()).collect();
        assert_eq!(names, [Some("longer"), Some("a")], "the longer prefix first");
        assert_eq!(routes[1]["requests"], json!({ "total": 1, "by_class": { "2xx": 1 } }));
        assert_eq!(routes[1]["destination"], json!({ "upstream": "up" }));
    });
}

#[test]
fn a_reload_is_asked_for_and_its_result_is_the_answer() {
    block_on(async {
        let sample = plain();
        sample.rewrite(&text(&["a", "c"], &["127.0.0.1:1"]));
        let post = |address| ask(address, "POST", "/api/reload");
        let reply = sample.with_workers(with_server(&sample, post)).await;
        assert_eq!((reply.status, &reply.json()["generation"]), (200, &json!(2)), "{}", reply.body);
        let reply = sample.with_workers(with_server(&sample, post)).await;
        assert_eq!(reply.json()["result"], "unchanged");

        sample.rewrite("[gateway]\nworkers = \"many\"\n");
        let reply = sample.with_workers(with_server(&sample, post)).await;
        assert_eq!((reply.status, &reply.json()["reason"]), (422, &json!("config.refused")));
        assert!(reply.json()["problems"].as_array().is_some_and(|list| !list.is_empty()));
        let document = with_server(&sample, |address| ask(address, "GET", "/api/config")).await.json();
        assert_eq!(document["last_refusal"]["problems"], reply.json()["problems"]);
        assert_eq!(document["generation"], 2);
        let history = document["reloads"]["history"].as_array().expect("a list");
        let told: Vec<_> =
            history.iter().map(|entry| (&entry["result"], &entry["trigger"], &entry["generation"])).collect();
        let [refused, unchanged, accepted] = [json!("refused"), json!("unchanged"), json!("accepted")];
        let (admin, two) = (json!("admin"), json!(2));
        assert_eq!(told, [(&refused, &admin, &two), (&unchanged, &admin, &two), (&accepted, &admin, &two)]);
        assert_eq!(history[0]["problems"], json!(document["last_refusal"]["problems"].as_array().map(Vec::len)));
    });
}

#[test]
fn a_reload_is_finished_even_if_whoever_asked_hangs_up() {
    block_on(async {
        let sample = plain();
        sample.rewrite(&text(&["a", "c"], &["127.0.0.1:1"]));
        let (hang_up, told) = std::sync::mpsc::channel();
        let client = move |address: SocketAddr| {
            let mut stream = TcpStream::connect(address).expect("connected");
            let request = format!("POST /api/reload HTTP/1.1\r\nhost: {address}\r\n\r\n");
            stream.write_all(request.as_bytes()).expect("sent");
            told.recv().expect("told to hang up");
        };
        let watcher = async {
            // No worker acknowledges, so the reload is under way until further notice.
            while sample.sidecar.snapshot().generation != 2 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
            hang_up.send(()).expect("heard");
        };
        tokio::join!(with_server(&sample, client), watcher);
        let finished = async {
            while sample.sidecar.reloads.borrow().accepted != 1 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        sample.with_workers(finished).await;
        assert!(sample.sidecar.behind().is_empty());
    });
}

#[test]
fn a_drain_is_asked_for_once_and_not_by_a_foreign_page() {
    block_on(async {
        let sample = plain();
        let foreign = |address: SocketAddr| {
            let request =
                "POST /api/drain HTTP/1.1\r\nhost: 127.0.0.1\r\norigin: http://page.test\r\nconnection: close\r\n\r\n";
            exchange(address, request).status
        };
        assert_eq!(with_server(&sample, foreign).await, 403);
        let reply = with_server(&sample, |address| ask(address, "POST", "/api/drain")).await;
        assert_eq!(reply.status, 202);
        sample.sidecar.drain_asked().await;
    });
}

#[test]
fn a_head_that_is_too_large_is_refused_and_others_are_still_served() {
    block_on(async {
        let sample = plain();
        let client = |address| {
            let mut stream = TcpStream::connect(address).expect("connected");
            let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nx: {}\r\n\r\n", "y".repeat(64 * 1024));
            // The server may close before it has read everything.
            let _ = stream.write_all(request.as_bytes());
            let mut reply = Vec::new();
            let _ = stream.read_to_end(&mut reply);
            assert!(!reply.starts_with(b"HTTP/1.1 200"));
            ask(address, "GET", "/healthz").status
        };
        assert_eq!(with_server(&sample, client).await, 200);
    });
}
