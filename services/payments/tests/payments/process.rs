//! The service as a process: probes, logs, metrics, help, start and stop.

use std::process::Command;

use crate::service::{APPROVED, SERVICE, Service, authorisation};

#[tokio::test]
async fn it_lives_without_its_database_but_is_not_ready() {
    let mut service = Service::start().await;
    let path = service.authorised(100).await;
    service.postgres.stop();
    assert_eq!(service.process.get("/healthz").await.status, 200);
    for path in ["/readyz", &path] {
        let answer = service.get(path).await;
        assert!(answer.status == 503 && answer.body.contains("database.unreachable"), "{path}: {}", answer.body);
    }
    service.postgres.start_again().await.expect("starts");
    assert_eq!(service.process.get("/readyz").await.status, 200);
    assert_eq!(service.json("GET", &path, "").await["amount"]["minor"], 100);
}

#[tokio::test]
async fn it_logs_each_request_without_card_numbers_and_stops_cleanly() {
    let service = Service::start().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [SERVICE, ("idempotency-key", "k"), ("x-request-id", "r-1"), ("traceparent", trace)];
    let answer = service.process.send("POST", "/payments", &headers, &authorisation(5, APPROVED)).await.expect("one");
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.headers["x-request-id"], "r-1");
    assert!(!answer.body.contains(APPROVED));
    let (stopped_cleanly, log) = service.process.stop();
    assert!(stopped_cleanly && !log.contains(APPROVED), "{log}");
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    let request = lines.iter().find(|line| line["span"]["request_id"] == "r-1").expect("a line about the request");
    assert_eq!((&request["span"]["traceparent"], &request["status"]), (&trace.into(), &201.into()));
}

#[tokio::test]
async fn it_counts_what_became_of_its_operations() {
    let service = Service::start().await;
    for (key, card) in [("1", APPROVED), ("1", APPROVED), ("2", "4000000000000002"), ("3", "4000000000005001")] {
        service.send("POST", "/payments", key, &authorisation(5, card)).await;
    }
    let metrics = service.process.get("/metrics").await.body;
    for outcome in ["done", "replayed", "declined", "failed"] {
        let line = format!("svc_payments_operations_total{{operation=\"authorise\",outcome=\"{outcome}\"}} 1");
        assert!(metrics.lines().any(|written| written == line), "{line} is not in\n{metrics}");
    }
    assert!(metrics.contains("svc_requests_total{code=\"201\",method=\"POST\",route=\"/payments\"} 3"), "{metrics}");
}

#[test]
fn help_names_every_variable_and_nonsense_is_refused() {
    let run = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_svc-payments")).arg("serve").args(arguments).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, help) = run(&["--help"]);
    assert_eq!(code, Some(0));
    for variable in [
        "LISTEN",
        "READY_FILE",
        "DATABASE_URL",
        "REQUEST_TIMEOUT_MS",
        "DRAIN_TIMEOUT_MS",
        "FAULTS",
        "SERVICE_TOKEN",
        "ANSWERS_KEPT_SECONDS",
        "ANSWERS_PRUNE_INTERVAL_MS",
    ] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable} is not in\n{help}");
    }
    let url = "--database-url=postgresql://localhost/payments";
    let (code, said) = run(&[url, "--faults", r#"{"error":{"ratio":7}}"#]);
    assert!(code == Some(2) && said.contains("from 0 to 1"), "{said}");
    let (code, said) = run(&[url, "--service-token", "short"]);
    assert!(code == Some(2) && said.contains("at least 16 visible"), "{said}");
}
