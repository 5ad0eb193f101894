//! The life of a reservation: held, then sold, given back, or over.

use serde_json::Value;

use crate::service::{ADMIN, SERVICE, Service, body, named, wish};

async fn step(service: &Service, path: &str, step: &str) -> supplex_stack::http::Answer {
    service.request("POST", &format!("{path}/{step}"), &[]).await
}

async fn reserved(service: &Service, key: &str, wish: &Value) -> String {
    let reservation = body(&service.reserve(key, wish).await, 201);
    format!("/reservations/{}", reservation["id"].as_str().expect("an id"))
}

/// Waits until the reservation at `path` shows this state.
async fn until(service: &Service, path: &str, state: &str) {
    let begun = std::time::Instant::now();
    while service.ok(path).await["state"] != state {
        assert!(begun.elapsed().as_secs() < 60, "{path} is never {state}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn stock_is_set_aside_then_sold_or_given_back() {
    let service = Service::empty().await;
    let (bar, gel) = (service.product("Bar", 190, 10).await, service.product("Gel", 250, 3).await);
    let both = wish(&[(&bar, 4), (&gel, 3)], 600);
    let answer = service.reserve("one", &both).await;
    let reservation = body(&answer, 201);
    let path = format!("/reservations/{}", reservation["id"].as_str().expect("an id"));
    assert_eq!(format!("/{}", answer.headers["location"].to_str().expect("text")), path);
    assert_eq!((&reservation["state"], &reservation["order"]), (&"held".into(), &"o-1".into()));
    assert_eq!(reservation["total"]["minor"], 4 * 190 + 3 * 250);
    assert_eq!((service.shelf(&bar).await, service.shelf(&gel).await), ((6, 4, 0), (0, 3, 0)));
    assert_eq!(service.ok(&format!("/products/{gel}")).await["stock"], 0);
    assert_eq!(service.ok(&path).await, reservation);

    let committed = step(&service, &path, "commit").await;
    assert_eq!(body(&committed, 200)["state"], "committed");
    assert_eq!(step(&service, &path, "commit").await.body, committed.body, "a repetition has the same answer");
    let refused = step(&service, &path, "release").await;
    assert!(refused.status == 409 && refused.body.contains("reservation.state"), "{}", refused.body);
    assert_eq!((service.shelf(&bar).await, service.shelf(&gel).await), ((6, 0, 4), (0, 0, 3)));

    let other = reserved(&service, "two", &wish(&[(&bar, 6)], 600)).await;
    assert_eq!(service.shelf(&bar).await, (0, 6, 4));
    let released = step(&service, &other, "release").await;
    assert_eq!(body(&released, 200)["state"], "released");
    assert_eq!(step(&service, &other, "release").await.body, released.body, "a repetition has the same answer");
    assert_eq!(step(&service, &other, "commit").await.status, 409);
    assert_eq!(service.shelf(&bar).await, (6, 0, 4));
    let metrics = service.get("/metrics").await.body;
    for line in ["held\"} 2", "committed\"} 1", "released\"} 1", "repeated\"} 2", "refused\"} 2"] {
        let line = format!("svc_products_reservations_total{{outcome=\"{line}");
        assert!(metrics.lines().any(|written| written == line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn what_was_sold_can_come_back() {
    let service = Service::empty().await;
    let (bar, gel) = (service.product("Bar", 190, 10).await, service.product("Gel", 250, 3).await);
    let path = reserved(&service, "one", &wish(&[(&bar, 4), (&gel, 3)], 600)).await;
    let early = step(&service, &path, "return").await;
    assert!(early.status == 409 && early.body.contains("is held"), "{}", early.body);
    assert_eq!(service.shelf(&bar).await, (6, 4, 0));
    body(&step(&service, &path, "commit").await, 200);
    let returned = step(&service, &path, "return").await;
    assert_eq!(body(&returned, 200)["state"], "returned");
    assert_eq!(service.ok(&path).await, body(&returned, 200));
    assert_eq!((service.shelf(&bar).await, service.shelf(&gel).await), ((10, 0, 0), (3, 0, 0)));
    assert_eq!(step(&service, &path, "return").await.body, returned.body, "a repetition has the same answer");
    for refused in ["commit", "release"] {
        let refused = step(&service, &path, refused).await;
        assert!(refused.status == 409 && refused.body.contains("is returned"), "{}", refused.body);
    }
    assert_eq!((service.shelf(&bar).await, service.shelf(&gel).await), ((10, 0, 0), (3, 0, 0)), "nothing was done");

    let released = reserved(&service, "two", &wish(&[(&bar, 1)], 600)).await;
    step(&service, &released, "release").await;
    let expired = reserved(&service, "three", &wish(&[(&bar, 2)], 1)).await;
    until(&service, &expired, "expired").await;
    for (path, state) in [(&released, "is released"), (&expired, "is expired")] {
        let refused = step(&service, path, "return").await;
        assert!(refused.status == 409 && refused.body.contains(state), "{}", refused.body);
    }
    assert_eq!(service.shelf(&bar).await, (10, 0, 0));
    let metrics = service.get("/metrics").await.body;
    let line = "svc_products_reservations_total{outcome=\"returned\"} 1";
    assert!(metrics.lines().any(|written| written == line), "{line} is not in\n{metrics}");
}

#[tokio::test]
async fn only_services_reserve() {
    let service = Service::empty().await;
    let bar = service.product("Bar", 190, 10).await;
    let path = reserved(&service, "one", &wish(&[(&bar, 4)], 600)).await;
    let before = service.get(&path).await.body;
    let without_tokens = service.another_without_tokens(&[]).await;
    let wanted = wish(&[(&bar, 1)], 600).to_string();
    let [commit, release, taken_back] = ["commit", "release", "return"].map(|step| format!("{path}/{step}"));
    for (method, path, wanted) in [
        ("POST", "/reservations", wanted.as_str()),
        ("GET", &path, ""),
        ("POST", &commit, ""),
        ("POST", &release, ""),
        ("POST", &taken_back, ""),
    ] {
        let key = ("idempotency-key", "two");
        let nobody = service.process.send(method, path, &[key], wanted).await.expect("an answer");
        service.check(method, path, &nobody);
        assert!(nobody.status == 401 && nobody.body.contains("access.token_missing"), "{}", nobody.body);
        let admin = service.send(method, path, &[key, ADMIN], wanted).await;
        assert!(admin.status == 401 && admin.body.contains("access.token_invalid"), "{}", admin.body);
        let disabled = without_tokens.send(method, path, &[key, SERVICE], wanted).await.expect("an answer");
        service.check(method, path, &disabled);
        assert!(disabled.status == 403 && disabled.body.contains("access.disabled"), "{}", disabled.body);
    }
    assert_eq!(service.get(&path).await.body, before, "nothing was done");
    assert_eq!(service.shelf(&bar).await, (6, 4, 0));
}

#[tokio::test]
async fn an_answer_is_forgotten_when_its_time_is_over() {
    let service = Service::empty().await;
    let bar = service.product("Bar", 190, 10).await;
    let first = reserved(&service, "one", &wish(&[(&bar, 4)], 600)).await;
    let node = service.another_with(&[("ANSWERS_KEPT_SECONDS", "1"), ("ANSWERS_PRUNE_INTERVAL_MS", "20")]).await;
    let begun = std::time::Instant::now();
    while service.number("SELECT count(*) FROM answers").await > 0 {
        assert!(begun.elapsed().as_secs() < 60, "it is kept for ever");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let (ended_well, log) = node.stop();
    assert!(ended_well && log.contains("old answers were removed"), "{log}");
    assert_eq!(service.ok(&first).await["state"], "held", "what it stood for stays");
    let later = reserved(&service, "one", &wish(&[(&bar, 4)], 600)).await;
    assert_ne!(later, first, "a repetition this late is new work");
}

#[tokio::test]
async fn all_is_reserved_or_nothing() {
    let service = Service::empty().await;
    let (bar, gel) = (service.product("Bar", 190, 10).await, service.product("Gel", 250, 3).await);
    let nobody = "01890000-0000-7000-8000-000000000000";
    let problem = body(&service.reserve("k", &wish(&[(&bar, 4), (&gel, 4), (nobody, 1)], 600)).await, 409);
    assert_eq!(
        (&problem["reason"], named(&problem)),
        (&"stock.short".into(), vec!["items[1].quantity", "items[2].product"])
    );
    assert_eq!((service.shelf(&bar).await, service.shelf(&gel).await), ((10, 0, 0), (3, 0, 0)));
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let service = Service::empty().await;
    let bar = service.product("Bar", 190, 10).await;
    let first = service.reserve("one", &wish(&[(&bar, 4)], 600)).await;
    let again = service.reserve("one", &wish(&[(&bar, 4)], 600)).await;
    assert_eq!((again.status, &again.body, &again.headers["location"]), (201, &first.body, &first.headers["location"]));
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(service.shelf(&bar).await, (6, 4, 0));
    let other = service.reserve("one", &wish(&[(&bar, 5)], 600)).await;
    assert!(other.status == 422 && other.body.contains("idempotency.key_reused"), "{}", other.body);

    // A refusal is kept as well, even when it would not be one any more.
    let refused = service.reserve("early", &wish(&[(&bar, 9)], 600)).await;
    assert_eq!(refused.status, 409);
    let reservation: Value = serde_json::from_str(&first.body).expect("JSON");
    step(&service, &format!("/reservations/{}", reservation["id"].as_str().expect("an id")), "release").await;
    assert_eq!(service.reserve("early", &wish(&[(&bar, 9)], 600)).await.body, refused.body);
    assert_eq!(service.reserve("later", &wish(&[(&bar, 9)], 600)).await.status, 201);
}

#[tokio::test]
async fn what_has_expired_is_never_sold_even_before_the_sweep_comes_by() {
    let service = Service::empty().await;
    let bar = service.product("Bar", 190, 10).await;
    let paths = [
        reserved(&service, "commit", &wish(&[(&bar, 4)], 1)).await,
        reserved(&service, "release", &wish(&[(&bar, 3)], 1)).await,
    ];
    for path in &paths {
        until(&service, path, "expired").await;
    }
    assert_eq!(service.shelf(&bar).await, (3, 7, 0), "nobody has put it back yet");
    let refused = step(&service, &paths[0], "commit").await;
    assert!(refused.status == 409 && refused.body.contains("is expired"), "{}", refused.body);
    assert_eq!(service.shelf(&bar).await, (7, 3, 0), "but now");
    assert_eq!(step(&service, &paths[0], "commit").await.body, refused.body, "a repetition has the same answer");
    let released = step(&service, &paths[1], "release").await;
    assert_eq!(body(&released, 200)["state"], "expired");
    assert_eq!(step(&service, &paths[1], "release").await.body, released.body, "a repetition has the same answer");
    assert_eq!(service.shelf(&bar).await, (10, 0, 0));
}

#[tokio::test]
async fn the_sweep_puts_back_what_nobody_comes_back_for() {
    let service = Service::empty().await;
    let (bar, gel) = (service.product("Bar", 190, 100).await, service.product("Gel", 250, 100).await);
    for number in 0..7 {
        reserved(&service, &format!("short {number}"), &wish(&[(&bar, 2), (&gel, 1)], 1)).await;
    }
    let long = reserved(&service, "long", &wish(&[(&gel, 5)], 600)).await;
    let sold = reserved(&service, "sold", &wish(&[(&bar, 1)], 600)).await;
    body(&step(&service, &sold, "commit").await, 200);
    // Two nodes sweep at once, three at a time.
    let sweeping = [("SWEEP_INTERVAL_MS", "20"), ("SWEEP_BATCH", "3")];
    let nodes = [service.another_with(&sweeping).await, service.another_with(&sweeping).await];
    let begun = std::time::Instant::now();
    while service.number("SELECT count(*) FROM reservations WHERE state = 'expired'").await < 7 {
        assert!(begun.elapsed().as_secs() < 60, "nothing is put back");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!((service.shelf(&bar).await, service.shelf(&gel).await), ((99, 0, 1), (95, 5, 0)));
    assert_eq!(service.ok(&long).await["state"], "held");
    for node in nodes {
        let (ended_well, log) = node.stop();
        assert!(ended_well && !log.contains("the sweep failed"), "{log}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let service = Service::empty().await;
    let bar = service.product("Bar", 190, 10).await;
    let good = wish(&[(&bar, 1)], 60).to_string();
    let twice = wish(&[(&bar, 1), (&bar, 1)], 60).to_string();
    let wrong = r#"{"order":"","items":[{"product":"x","quantity":0},7],"ttl_seconds":0,"colour":1}"#;
    let all = ["order", "items[0].product", "items[0].quantity", "items[1]", "ttl_seconds", "colour"];
    for (key, wanted, errors) in [
        (None, good.as_str(), &["Idempotency-Key"][..]),
        (Some("1"), &twice, &["items[1].product"]),
        (Some("2"), wrong, &all),
        (Some("3"), "{}", &["items"]),
        (Some("4"), r#"{"items":[]}"#, &["items"]),
        (Some("5"), "nonsense", &["body"]),
    ] {
        let headers: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        let answer = service.send("POST", "/reservations", &headers, wanted).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(named(&body(&answer, 400)), errors, "{wanted}");
    }
    let nobody = "/reservations/01890000-0000-7000-8000-000000000000";
    assert_eq!(service.get(nobody).await.status, 404);
    for taken in ["commit", "release", "return"] {
        assert_eq!(step(&service, nobody, taken).await.status, 404, "{taken}");
    }
    assert_eq!(service.shelf(&bar).await, (10, 0, 0), "and nothing was done");
}
