//! Faults on purpose, each over a real socket.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::service::{APPROVED, SERVICE, Service, authorisation};

/// A payment that does not exist: the quickest request to the API.
const NOBODY: &str = "/payments/01890000-0000-7000-8000-000000000000";

async fn set(service: &Service, faults: &str) {
    let answer = service.send("PUT", "/faults", "", faults).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// A connection on which a GET was sent.
async fn asked(service: &Service, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(service.process.address()).await.expect("connects");
    let request = format!("GET {path} HTTP/1.1\r\nHost: payments\r\n{}: {}\r\n\r\n", SERVICE.0, SERVICE.1);
    stream.write_all(request.as_bytes()).await.expect("sends");
    stream
}

/// What ends the connection: the kernel reports RST as an error, and FIN as an end.
async fn end_of(mut stream: TcpStream) -> Result<Vec<u8>, ErrorKind> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map(|_| bytes).map_err(|error| error.kind())
}

#[tokio::test]
async fn faults_are_shown_set_and_cleared_while_it_runs() {
    let service = Service::with(&[("FAULTS", r#"{"seed":7,"error":{"ratio":1,"status":500}}"#)]).await;
    assert_eq!(service.get(NOBODY).await.status, 500, "from the environment");
    let shown = service.json("GET", "/faults", "").await;
    assert_eq!(shown["error"], serde_json::json!({"ratio": 1.0, "after": "arrival", "status": 500}));
    assert_eq!(service.send("DELETE", "/faults", "", "").await.status, 204);
    assert_eq!(service.get(NOBODY).await.status, 404);
    assert_eq!(service.json("GET", "/faults", "").await, serde_json::json!({"reach": "api"}));
}

#[tokio::test]
async fn errors_come_in_their_ratio_and_the_same_ones_for_a_seed() {
    let service = Service::start().await;
    let plan = r#"{"seed":3,"error":{"ratio":0.3}}"#;
    let mut runs = Vec::new();
    for _ in 0..2 {
        set(&service, plan).await;
        let mut statuses = Vec::new();
        for _ in 0..200 {
            statuses.push(service.get(NOBODY).await.status);
        }
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    let errors = runs[0].iter().filter(|status| **status == 503).count();
    assert!((40..=80).contains(&errors), "{errors} of 200");
    let metrics = service.process.get("/metrics").await.body;
    let line = format!("svc_faults_injected_total{{fault=\"error\"}} {}", 2 * errors);
    assert!(metrics.lines().any(|written| written == line), "{line} is not in\n{metrics}");
}

#[tokio::test]
async fn the_probes_meet_faults_only_when_asked_for() {
    let service = Service::start().await;
    set(&service, r#"{"error":{}}"#).await;
    assert_eq!(service.process.get("/healthz").await.status, 200);
    set(&service, r#"{"reach":"all","error":{}}"#).await;
    for (path, status) in [("/healthz", 503), ("/readyz", 503), ("/metrics", 200), ("/faults", 200)] {
        assert_eq!(service.process.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn latency_comes_before_everything_else() {
    let service = Service::start().await;
    for latency in [
        r#"{"kind":"fixed","ms":300}"#,
        r#"{"kind":"normal","mean_ms":300,"deviation_ms":0}"#,
        r#"{"kind":"long_tail","median_ms":300,"p99_ms":300}"#,
    ] {
        set(&service, &format!(r#"{{"latency":{latency},"error":{{"status":500}}}}"#)).await;
        let begun = Instant::now();
        assert_eq!(service.get(NOBODY).await.status, 500);
        // A fraction of a millisecond is lost when the normal numbers are rounded.
        assert!(begun.elapsed() >= Duration::from_millis(299), "{latency}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_of_the_connection() {
    let service = Service::start().await;
    set(&service, r#"{"reset":{}}"#).await;
    assert_eq!(end_of(asked(&service, NOBODY).await).await, Err(ErrorKind::ConnectionReset));
    // The other connections and the process are well.
    assert_eq!(service.process.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_fault_after_the_work_loses_only_the_answer() {
    let service = Service::start().await;
    let body = authorisation(100, APPROVED);
    let headers = |key| [SERVICE, ("idempotency-key", key)];
    let send = async |key: &'static str| service.process.send("POST", "/payments", &headers(key), &body).await;
    let payments = async || service.number("SELECT count(*) FROM payments").await;
    set(&service, r#"{"reset":{"after":"arrival"}}"#).await;
    send("one").await.expect_err("is reset");
    assert_eq!(payments().await, 0);
    set(&service, r#"{"reset":{"after":"work"}}"#).await;
    send("one").await.expect_err("is reset");
    assert_eq!(payments().await, 1);
    set(&service, "{}").await;
    let answer = send("one").await.expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.headers["idempotency-replayed"], "true");
    assert_eq!(payments().await, 1, "the repetition finds what the lost answer stood for");
}

#[tokio::test]
async fn a_hang_ends_when_the_faults_do() {
    let service = Service::start().await;
    set(&service, r#"{"hang":{}}"#).await;
    let mut hanging = asked(&service, NOBODY).await;
    let in_flight = async || {
        let metrics = service.process.get("/metrics").await.body;
        metrics.lines().any(|line| line == "svc_faults_injected_total{fault=\"hang\"} 1")
    };
    while !in_flight().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let nothing = tokio::time::timeout(Duration::from_millis(200), hanging.read_u8()).await;
    assert!(nothing.is_err(), "{nothing:?}");
    set(&service, "{}").await;
    assert_eq!(end_of(hanging).await, Err(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_hang_does_not_keep_the_process_from_stopping() {
    let service = Service::start().await;
    set(&service, r#"{"hang":{}}"#).await;
    let hanging = asked(&service, NOBODY).await;
    while !service.process.get("/metrics").await.body.contains("fault=\"hang\"} 1") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let (ended_well, log) = service.process.stop();
    assert!(ended_well && !log.contains("still open"), "{log}");
    assert_eq!(end_of(hanging).await, Err(ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_slow_body_trickles_and_is_whole() {
    let service = Service::start().await;
    let path = service.authorised(100).await;
    let quick = service.get(&path).await;
    // About 330 bytes in portions of 20 with 50 ms between them.
    set(&service, r#"{"slow_body":{"bytes_per_second":400}}"#).await;
    let begun = Instant::now();
    let slow = service.get(&path).await;
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(slow.body, quick.body);
    assert_eq!(slow.headers["content-length"], quick.headers["content-length"]);
    assert!(took >= quick.body.len() as f64 / 400.0 - 0.05, "{took} s for {} bytes", quick.body.len());
    let mut stream = asked(&service, &path).await;
    let mut first = vec![0; 4096];
    let read = stream.read(&mut first).await.expect("reads");
    let head_end = first[..read].windows(4).position(|window| window == b"\r\n\r\n").expect("the whole head") + 4;
    assert!(read - head_end < quick.body.len(), "the head comes before the body is there");
}
