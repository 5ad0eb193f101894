//! The service as a process: probes, logs, start and stop.

use crate::service::Service;

#[tokio::test]
async fn it_lives_without_its_database_but_is_not_ready() {
    let mut service = Service::empty().await;
    assert_eq!(service.get("/readyz").await.status, 200);
    service.postgres.stop();
    assert_eq!(service.get("/healthz").await.status, 200);
    for path in ["/readyz", "/products"] {
        let answer = service.get(path).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.body);
        assert!(answer.body.contains("database.unreachable"), "{path}: {}", answer.body);
        assert_eq!(answer.headers["retry-after"], "1", "{path}");
    }
    service.postgres.start_again().await.expect("starts");
    assert_eq!(service.get("/readyz").await.status, 200);
    assert_eq!(service.get("/products").await.status, 200);
}

#[tokio::test]
async fn it_logs_each_request_with_its_id_and_trace_and_stops_cleanly() {
    let service = Service::empty().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let answer = service.request("GET", "/products", &[("x-request-id", "r-1"), ("traceparent", trace)]).await;
    assert_eq!(answer.headers["x-request-id"], "r-1");
    let (stopped_cleanly, log) = service.stop();
    assert!(stopped_cleanly, "{log}");
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    let request = lines.iter().find(|line| line["span"]["request_id"] == "r-1").expect("a line about the request");
    assert_eq!(request["span"]["traceparent"], trace);
    assert_eq!((&request["status"], &request["span"]["path"]), (&200.into(), &"/products".into()));
}

#[tokio::test]
async fn a_second_process_finds_the_schema_as_it_is() {
    let first = Service::empty().await;
    let second = first.another().await;
    assert_eq!(second.get("/products").await.status, 200);
    assert!(second.stop().1.contains("\"applied\":0"));
}

#[tokio::test]
async fn it_counts_its_requests_by_route_and_never_by_path() {
    let service = Service::empty().await;
    let id = "/products/01890000-0000-7000-8000-000000000000";
    for path in [id, "/products", "/products", "/nowhere"] {
        service.get(path).await;
    }
    let metrics = service.get("/metrics").await;
    assert_eq!(metrics.headers["content-type"], "text/plain; version=0.0.4");
    for line in [
        "svc_requests_total{code=\"200\",method=\"GET\",route=\"/products\"} 2",
        "svc_requests_total{code=\"404\",method=\"GET\",route=\"/products/{id}\"} 1",
        "svc_requests_total{code=\"404\",method=\"GET\",route=\"-\"} 1",
        "svc_request_duration_seconds_count{route=\"/products\"} 2",
        "svc_requests_in_flight 1",
        "svc_database_connections{state=\"open\"} 1",
    ] {
        assert!(metrics.body.lines().any(|written| written == line), "{line} is not in\n{}", metrics.body);
    }
}
