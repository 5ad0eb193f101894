//! The service as a process: probes, logs, metrics, help, a storm of logins, start and stop.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::service::{PASSWORD, Service};

#[tokio::test]
async fn it_lives_without_its_database_but_is_not_ready() {
    let mut service = Service::start().await;
    let access = service.granted("one@example.com").await.access;
    service.postgres.stop();
    assert_eq!(service.process.get("/healthz").await.status, 200);
    assert_eq!(service.process.get("/.well-known/jwks.json").await.status, 200, "keys need no database");
    for (path, token) in [("/readyz", ""), ("/users/me", access.as_str())] {
        let answer = service.send("GET", path, token, "").await;
        assert!(answer.status == 503 && answer.body.contains("database.unreachable"), "{path}: {}", answer.body);
        assert_eq!(answer.headers["retry-after"], "1", "{path}");
    }
    assert_eq!(service.login("one@example.com", PASSWORD).await.status, 503);
    service.postgres.start_again().await.expect("starts");
    assert_eq!(service.process.get("/readyz").await.status, 200);
    assert_eq!(service.send("GET", "/users/me", &access, "").await.status, 200);
}

#[tokio::test]
async fn it_logs_each_request_without_secrets_and_stops_cleanly() {
    let service = Service::start().await;
    let grant = service.granted("one@example.com").await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let bearer = format!("Bearer {}", grant.access);
    let headers = [("authorization", bearer.as_str()), ("x-request-id", "r-1"), ("traceparent", trace)];
    let answer = service.process.send("GET", "/users/me", &headers, "").await.expect("one");
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["x-request-id"], "r-1");
    service.refresh(&grant.refresh).await;
    service.refresh(&grant.refresh).await;
    service.post("/users/login", json!({ "email": 1, "password": PASSWORD })).await;
    let (stopped_cleanly, log) = service.process.stop();
    assert!(stopped_cleanly, "{log}");
    let signature = grant.access.rsplit('.').next().expect("a signature");
    for secret in [PASSWORD, &grant.refresh, signature, "argon2id", "one@example.com"] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    let request = lines.iter().find(|line| line["span"]["request_id"] == "r-1").expect("a line about the request");
    assert_eq!((&request["span"]["traceparent"], &request["status"]), (&trace.into(), &200.into()));
    assert!(
        lines
            .iter()
            .any(|line| line["level"] == "WARN" && log.contains("its family is revoked") && line["user"].is_string())
    );
}

#[tokio::test]
async fn a_storm_of_logins_is_refused_quickly_and_harms_nobody_else() {
    let service = Arc::new(Service::with(&[("PASSWORD_HASHES", "1"), ("PASSWORD_WAIT_MS", "100")]).await);
    let access = service.granted("one@example.com").await.access;
    let mut storm = tokio::task::JoinSet::new();
    for number in 0..200 {
        let service = Arc::clone(&service);
        storm.spawn(async move { service.login(&format!("nobody-{number}@example.com"), PASSWORD).await });
    }
    let during = service.send("GET", "/users/me", &access, "").await;
    assert!(matches!(during.status, 200 | 503), "{}", during.body);
    let (mut refused, mut busy) = (0, 0);
    for answer in storm.join_all().await {
        match answer.status {
            401 => refused += 1,
            503 => {
                assert_eq!(answer.headers["retry-after"], "1");
                busy += 1;
            }
            other => panic!("{other}: {}", answer.body),
        }
    }
    assert!(refused > 0 && busy > 0, "{refused} were dealt with, {busy} refused");
    assert_eq!(service.send("GET", "/users/me", &access, "").await.status, 200);
    assert_eq!(service.login("one@example.com", PASSWORD).await.status, 200);
    let metrics = service.process.get("/metrics").await.body;
    let counted = metrics.lines().find_map(|line| line.strip_prefix("svc_users_password_busy_total "));
    assert!(counted.is_some_and(|number| number.parse::<u32>().is_ok_and(|number| number > 0)), "{metrics}");
}

#[tokio::test]
async fn requests_under_way_are_answered_when_it_stops() {
    let service = Service::start().await;
    let address = service.process.address();
    let body = json!({ "email": "nobody@example.com", "password": PASSWORD }).to_string();
    let logins: Vec<_> = (0..4)
        .map(|_| {
            let body = body.clone();
            tokio::spawn(async move {
                supplex_stack::http::send(address, "POST", "/users/login", &[], &body, Duration::from_secs(60)).await
            })
        })
        .collect();
    let under_way = async || {
        let metrics = service.process.get("/metrics").await.body;
        metrics.lines().any(|line| line == "svc_users_events_total{event=\"login_refused\"} 4")
            || metrics.lines().any(|line| line.starts_with("svc_requests_in_flight ") && !line.ends_with(" 1"))
    };
    while !under_way().await {
        tokio::task::yield_now().await;
    }
    let (ended_well, log) = tokio::task::spawn_blocking(move || service.process.stop()).await.expect("stops");
    assert!(ended_well && !log.contains("still open"), "{log}");
    for login in logins {
        // One that had no connection yet when it stopped was never under way.
        match login.await.expect("ends") {
            Ok(answer) => assert!(matches!(answer.status, 401 | 503), "{}", answer.body),
            Err(error) => assert!(error.contains("refused") || error.contains("reset"), "{error}"),
        }
    }
}

#[test]
fn help_names_every_variable_and_nonsense_is_refused() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_svc-users")).args(arguments).output().expect("runs");
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let (code, help) = run(&["serve", "--help"]);
    assert_eq!(code, Some(0));
    for variable in [
        "LISTEN",
        "READY_FILE",
        "DATABASE_URL",
        "REQUEST_TIMEOUT_MS",
        "DRAIN_TIMEOUT_MS",
        "ACCESS_TOKEN_SECONDS",
        "REFRESH_TOKEN_SECONDS",
        "SESSION_SECONDS",
        "REFRESH_GRACE_SECONDS",
        "KEY_ANNOUNCE_SECONDS",
        "PASSWORD_HASHES",
        "PASSWORD_WAIT_MS",
    ] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable} is not in\n{help}");
    }
    let url = "--database-url=postgresql://localhost/users";
    for nonsense in ["--access-token-seconds=0", "--password-hashes=0", "--refresh-grace-seconds=61"] {
        assert_eq!(run(&["serve", url, nonsense]).0, Some(2), "{nonsense}");
    }
}
