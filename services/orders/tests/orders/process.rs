//! The service as a process: probes, logs, metrics, help, start and stop.

use std::process::Command;
use std::sync::Arc;

use crate::shop::{APPROVED, DECLINED, Of, SLOW, Shop, json_of, paying, text};

#[tokio::test]
async fn it_lives_without_its_database_but_is_not_ready() {
    let mut shop = Shop::open().await;
    let customer = shop.customer();
    shop.postgres().stop();
    assert_eq!(shop.orders().get("/healthz").await.status, 200);
    for path in ["/readyz", "/orders"] {
        let answer = shop.send("GET", path, &customer, &[], "").await;
        assert!(answer.status == 503 && answer.body.contains("database.unreachable"), "{path}: {}", answer.body);
    }
    shop.postgres().start_again().await.expect("starts");
    assert_eq!(shop.orders().get("/readyz").await.status, 200);
    assert_eq!(shop.get("/orders", &customer).await["items"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn it_logs_requests_and_sagas_without_secrets_and_stops_cleanly() {
    let mut shop = Shop::with(&[("LOG", "debug")]).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("idempotency-key", "one"), ("x-request-id", "r-1"), ("traceparent", trace)];
    let answer = shop.send("POST", "/orders", &customer, &headers, &paying(APPROVED)).await;
    assert_eq!((answer.status, answer.headers["x-request-id"].to_str().ok()), (201, Some("r-1")));
    shop.send("POST", "/orders", &customer, &headers, "{\"card\":\"4242424242424242\"}").await;
    let (stopped_cleanly, log) = shop.orders.take().expect("orders run").stop();
    assert!(stopped_cleanly, "{log}");
    let signature = customer.bearer.rsplit('.').next().expect("a signature");
    for secret in [APPROVED, "0123456789-of-the-services", signature] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    for what in ["request", "an order has come to rest"] {
        let of_it = |line: &&serde_json::Value| line["message"] == what && line["span"]["request_id"] == "r-1";
        let line = lines.iter().find(of_it).unwrap_or_else(|| panic!("no line `{what}` in {log}"));
        assert_eq!(line["span"]["traceparent"], trace, "{line}");
    }
    let (_, log) = shop.payments.take().expect("payments run").stop();
    assert!(log.contains(trace) && log.contains("\"r-1\""), "payments know which request that was: {log}");
}

#[tokio::test]
async fn it_counts_orders_steps_and_calls() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 1).await;
    let customer = shop.customer();
    for (key, card) in [("1", DECLINED), ("2", APPROVED), ("3", APPROVED)] {
        shop.put(&customer, &bar, 1).await;
        shop.checkout(&customer, key, card).await;
    }
    let metrics = shop.orders().get("/metrics").await.body;
    for line in [
        r#"svc_orders_orders_total{outcome="placed"} 3"#,
        r#"svc_orders_orders_total{outcome="paid"} 1"#,
        r#"svc_orders_orders_total{outcome="payment.declined"} 1"#,
        r#"svc_orders_orders_total{outcome="stock.insufficient"} 1"#,
        r#"svc_orders_saga_steps_total{outcome="done",step="reserve"} 2"#,
        r#"svc_orders_saga_steps_total{outcome="refused",step="authorise"} 1"#,
        r#"svc_orders_saga_steps_total{outcome="done",step="release"} 1"#,
        r#"svc_orders_call_duration_seconds_count{operation="capture",result="good",service="payments"} 1"#,
        r#"svc_orders_call_tries_total{result="refused",service="products"} 1"#,
    ] {
        assert!(metrics.lines().any(|written| written == line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn a_checkout_under_way_is_answered_when_it_stops() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    let shop = Arc::new(tokio::sync::RwLock::new(shop));
    let (sending, bearer, address) = {
        let shop = shop.read().await;
        (paying(SLOW), customer.bearer.clone(), shop.orders().address())
    };
    let under_way = tokio::spawn(async move {
        let headers = [("idempotency-key", "one"), ("authorization", bearer.as_str())];
        let limit = std::time::Duration::from_secs(60);
        supplex_stack::http::send(address, "POST", "/orders", &headers, &sending, limit).await.expect("an answer")
    });
    shop.read().await.until(Of::Orders, "SELECT count(*) FROM sagas WHERE state = 'authorising'", 1).await;
    let orders = shop.write().await.orders.take().expect("orders run");
    let (ended_well, log) = tokio::task::spawn_blocking(move || orders.stop()).await.expect("stops");
    assert!(ended_well && !log.contains("still"), "{log}");
    assert_eq!(text(&json_of(&under_way.await.expect("ends"), 201), "state"), "paid");
}

#[tokio::test]
async fn what_is_not_at_an_end_is_given_back_when_it_stops() {
    let settings = [("CHECKOUT_WAIT", "300ms"), ("SAGA_LEASE", "3600s"), ("CALL_TIMEOUT", "1s")];
    let mut shop = Shop::with(&settings).await;
    let bar = shop.product("Bar", 250, 10).await;
    let customer = shop.customer();
    shop.put(&customer, &bar, 1).await;
    shop.faults(r#"{"hang":{}}"#).await;
    let order = json_of(&shop.checkout(&customer, "one", APPROVED).await, 202);
    shop.until(Of::Orders, "SELECT count(*) FROM sagas WHERE lease IS NOT NULL", 1).await;
    let (ended_well, log) = shop.orders.take().expect("orders run").stop();
    assert!(ended_well && !log.contains("still worked on"), "{log}");
    assert_eq!(shop.number(Of::Orders, "SELECT count(*) FROM sagas WHERE lease IS NOT NULL").await, 0);
    shop.faults("{}").await;
    shop.start_again().await;
    shop.until_state(&customer, text(&order, "id"), "paid").await;
}

#[test]
fn help_names_every_variable_and_nonsense_is_refused() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_svc-orders")).args(arguments).output().expect("runs");
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
        "JWKS_URL",
        "SERVICE_TOKEN",
        "PRODUCTS_URL",
        "PAYMENTS_URL",
        "CALL_TIMEOUT",
        "CHECKOUT_WAIT",
        "RESERVATION_SECONDS",
        "SAGAS_AT_ONCE",
        "SAGA_LEASE",
        "SAGA_INTERVAL",
        "SAGA_LONGEST_PAUSE",
    ] {
        assert!(help.contains(&format!("[env: {variable}")), "{variable} is not in\n{help}");
    }
    assert!(run(&["--help"]).1.contains("Example: "));
    let needed = [
        "serve",
        "--database-url=postgresql://localhost/orders",
        "--jwks-url=http://localhost/keys",
        "--service-token=0123456789-of-the-services",
        "--products-url=http://localhost",
        "--payments-url=http://localhost",
    ];
    for (nonsense, expected) in
        [("--sagas-at-once=0", 2), ("--call-timeout=soon", 2), ("--checkout-wait=1h", 2), ("--checkout-wait=9s", 1)]
    {
        let (code, said) = run(&[&needed[..], &[nonsense]].concat());
        assert_eq!(code, Some(expected), "{nonsense}: {said}");
    }
}
