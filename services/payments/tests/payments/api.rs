//! The API: the life of a payment, test cards, keys, and what is wrong with requests.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::service::{APPROVED, Service, authorisation, part};

#[tokio::test]
async fn a_payment_is_held_taken_and_given_back() {
    let service = Service::start().await;
    let path = service.authorised(1000).await;
    let held = service.json("GET", &path, "").await;
    assert_eq!(
        (&held["state"], &held["order"], &held["card_last4"]),
        (&"authorised".into(), &"o-1".into(), &"4242".into())
    );
    let step = async |what: &str, body: &str| {
        let payment = service.json("POST", &format!("{path}/{what}"), body).await;
        json!([payment["state"], payment["captured"]["minor"], payment["refunded"]["minor"]])
    };
    assert_eq!(step("capture", &part(400)).await, json!(["captured", 400, 0]));
    assert_eq!(step("refund", &part(100)).await, json!(["captured", 400, 100]));
    assert_eq!(step("capture", "").await, json!(["captured", 1000, 100]));
    assert_eq!(step("refund", "{}").await, json!(["refunded", 1000, 1000]));
    let movements = "SELECT string_agg(kind || ' ' || amount_minor, ', ' ORDER BY id) = \
                     'capture 400, refund 100, capture 600, refund 900' AND count(*) = 4 FROM movements";
    assert_eq!(service.number(&format!("SELECT ({movements})::int::bigint")).await, 1, "every movement is noted");

    let other = service.authorised(5).await;
    assert_eq!(service.json("POST", &format!("{other}/void"), "").await["state"], "voided");
}

#[tokio::test]
async fn the_number_of_the_card_decides() {
    let service = Service::start().await;
    for (card, decline) in [
        ("4000000000000002", "declined"),
        ("4000 0000 0000 9995", "insufficient_funds"),
        ("4000000000000069", "expired"),
    ] {
        let payment = service.json("POST", "/payments", &authorisation(700, card)).await;
        assert_eq!((&payment["state"], &payment["decline"]), (&"declined".into(), &decline.into()), "{card}");
        let capture = format!("/payments/{}/capture", payment["id"].as_str().expect("an id"));
        let answer = service.send("POST", &capture, card, "").await;
        assert!(answer.status == 409 && answer.body.contains("payment.state"), "{}", answer.body);
    }
    let failed = service.send("POST", "/payments", "failing", &authorisation(700, "4000000000005001")).await;
    assert!(failed.status == 502 && failed.body.contains("psp.failed"), "{}", failed.body);
    assert_eq!(service.number("SELECT count(*) FROM answers WHERE key = 'failing'").await, 0, "nothing is kept");

    let begun = Instant::now();
    let slow = authorisation(700, "4000000000003006");
    let first = service.send("POST", "/payments", "slow", &slow).await;
    assert!(first.status == 201 && begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
    let again = service.send("POST", "/payments", "slow", &slow).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let service = Service::start().await;
    let body = authorisation(1000, APPROVED);
    let first = service.send("POST", "/payments", "one", &body).await;
    let again = service.send("POST", "/payments", "one", &body).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(service.number("SELECT count(*) FROM payments").await, 1);

    let payment: Value = serde_json::from_str(&first.body).expect("JSON");
    let capture = format!("/payments/{}/capture", payment["id"].as_str().expect("an id"));
    for (path, body) in [("/payments", authorisation(1001, APPROVED)), (&capture, String::new())] {
        let other = service.send("POST", path, "one", &body).await;
        assert!(other.status == 422 && other.body.contains("idempotency.key_reused"), "{}", other.body);
    }
    // A refusal is kept as well, even when it would not be one any more.
    let refund = capture.replace("capture", "refund");
    let refused = service.send("POST", &refund, "early", "").await;
    assert_eq!(refused.status, 409);
    assert_eq!(service.send("POST", &capture, "take", "").await.status, 200);
    assert_eq!(service.send("POST", &refund, "early", "").await.body, refused.body);
    assert_eq!(service.send("POST", &refund, "later", "").await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let service = Service::start().await;
    let path = service.authorised(1000).await;
    let (capture, refund, void) = (format!("{path}/capture"), format!("{path}/refund"), format!("{path}/void"));
    let nobody = "/payments/01890000-0000-7000-8000-000000000000";
    let francs = r#"{"amount":{"minor":1,"currency":"CHF"}}"#;
    let good = authorisation(1, APPROVED);
    for (method, path, key, body, status, said) in [
        ("POST", "/payments", "", good.as_str(), 400, "Idempotency-Key"),
        ("POST", "/payments", "1", "", 400, "body"),
        ("POST", "/payments", "2", "{}", 400, "amount"),
        ("POST", "/payments", "3", &authorisation(0, APPROVED), 400, "amount.minor"),
        ("POST", "/payments", "4", &authorisation(1, "4111111111111111"), 400, "card.number"),
        ("POST", "/payments", "5", &good.replace("EUR", "euro"), 400, "amount.currency"),
        ("POST", "/payments", "6", &good.replace("order", "ordre"), 400, "ordre"),
        ("POST", &capture, "7", &part(1001), 409, "payment.amount"),
        ("POST", &capture, "8", francs, 409, "payment.currency"),
        ("POST", &capture, "9", &part(-1), 400, "amount.minor"),
        ("POST", &refund, "10", "", 409, "payment.state"),
        ("POST", &void, "11", "{\"amount\":1}", 400, "body"),
        ("POST", &format!("{nobody}/void"), "12", "", 404, "resource.none"),
        ("GET", nobody, "13", "", 404, "resource.none"),
        ("GET", "/payments/seven", "14", "", 400, "id"),
        ("PUT", "/faults", "15", "{\"error\":{\"ratio\":2}}", 400, "from 0 to 1"),
        ("GET", "/nowhere", "16", "", 404, "resource.none"),
    ] {
        let answer = service.send(method, path, key, body).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {path} {body}");
        assert!(answer.body.contains(said), "{method} {path} {body}: {}", answer.body);
    }
    assert_eq!(service.json("GET", &path, "").await["state"], "authorised", "and nothing was done");
}
