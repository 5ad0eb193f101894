//! Keys: what is published, how a new one takes over on every process, and how other services check tokens with them.

use std::time::Duration;

use axum::extract::FromRef;
use axum::routing::get;
use serde_json::Value;
use supplex_kit::identity::{Admin, HttpSource, Identity, KeySource, Patience, Refusal, Role, Verifier};
use supplex_stack::http;
use supplex_stack::service::Process;

use crate::service::{Grant, Service, json_of};

const JWKS: &str = "/.well-known/jwks.json";

async fn kids(process: &Process) -> Vec<String> {
    let set = json_of(&process.get(JWKS).await);
    let keys = set["keys"].as_array().expect("keys").iter();
    let mut kids: Vec<_> = keys.map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect();
    kids.sort();
    kids
}

/// The part of a token with this number, read without checking anything.
fn part(token: &str, number: usize) -> Value {
    use base64::Engine as _;
    let text = token.split('.').nth(number).expect("a part");
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("Base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn source(process: &Process) -> HttpSource {
    format!("http://{}{JWKS}", process.address()).parse().expect("a URL")
}

/// A verifier that asks for unknown keys every time.
fn verifier(process: &Process) -> Verifier {
    Verifier::new(source(process), Patience { max_age: Duration::from_secs(300), min_interval: Duration::ZERO })
}

/// Waits until something is so.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let begun = std::time::Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn keys_and_tokens_have_the_form_that_others_rely_on() {
    let service = Service::start().await;
    let user = service.register("one@example.com").await;
    let grant = service.granted("one@example.com").await;
    let answer = service.send("GET", JWKS, "", "").await;
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    let set = json_of(&answer);
    let key = &set["keys"][0];
    let fixed = ["kty", "crv", "alg", "use"].map(|name| key[name].as_str().expect("text"));
    assert_eq!(fixed, ["OKP", "Ed25519", "EdDSA", "sig"]);
    assert_eq!((set["keys"].as_array().map(Vec::len), key.as_object().map(serde_json::Map::len)), (Some(1), Some(6)));
    let (header, claims) = (part(&grant.access, 0), part(&grant.access, 1));
    assert_eq!((&header["alg"], &header["kid"]), (&"EdDSA".into(), &key["kid"]));
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["role"]),
        (&"supplex-users".into(), &"supplex".into(), &"customer".into())
    );
    assert_eq!(claims["sub"], user["id"]);
    assert_eq!(claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(exp, iat)| exp - iat), Some(900));
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() == 36));
}

#[tokio::test]
async fn processes_that_start_together_share_one_key() {
    let service = Service::start().await;
    let (one, two) = tokio::join!(service.another(&[]), service.another(&[]));
    assert_eq!(kids(&one).await, kids(&service.process).await);
    assert_eq!(kids(&two).await, kids(&service.process).await);
    let access = service.granted("one@example.com").await.access;
    let bearer = format!("Bearer {access}");
    assert_eq!(two.send("GET", "/users/me", &[("authorization", &bearer)], "").await.expect("one").status, 200);
}

#[tokio::test]
async fn a_new_key_is_published_then_signs_and_the_old_one_goes_when_its_tokens_have() {
    // Long enough that the moment between publishing and signing can be seen on a slow machine.
    let times = [("KEY_ANNOUNCE_SECONDS", "8"), ("ACCESS_TOKEN_SECONDS", "600")];
    let service = Service::with(&times).await;
    let other = service.another(&times).await;
    let admin = service.admin().await;
    let old = kids(&service.process).await;
    let rotated = service.send("POST", "/users/keys/rotate", &admin.access, "").await;
    assert_eq!(rotated.status, 202, "{}", rotated.body);
    let new = json_of(&rotated)["kid"].as_str().expect("a kid").to_owned();
    let signer = async |grant: &Grant| part(&grant.access, 0)["kid"].as_str().expect("a kid").to_owned();
    let before = service.granted("one@example.com").await;
    let announced = service.number("SELECT count(*) FROM signing_keys WHERE signs_from > now()").await == 1;
    assert!(!announced || signer(&before).await == old[0], "it does not sign before its time");
    assert!(kids(&service.process).await.contains(&new), "it is published at once");
    if announced {
        let again = service.send("POST", "/users/keys/rotate", &admin.access, "").await;
        assert!(again.status == 409 || service.number("SELECT count(*) FROM signing_keys").await > 2, "{}", again.body);
    }
    until("the other process publishes it too", async || kids(&other).await.contains(&new)).await;
    until("it signs", async || signer(&service.granted("one@example.com").await).await == new).await;
    // Others verify both, and so does every process.
    let elsewhere = verifier(&other);
    let after = service.granted("one@example.com").await;
    for grant in [&before, &after, &admin] {
        assert!(elsewhere.verify(&grant.access).await.is_ok());
        let bearer = format!("Bearer {}", grant.access);
        assert_eq!(other.send("GET", "/users/me", &[("authorization", &bearer)], "").await.expect("one").status, 200);
    }
    // Its end comes when its tokens have expired; that is minutes away, so the database is told that it is now.
    assert_eq!(
        service.number("SELECT count(*) FROM signing_keys WHERE verifies_until >= signs_from + interval '600 s'").await,
        1
    );
    let end = "UPDATE signing_keys SET signs_from = signs_from - interval '1 day', verifies_until = now() \
               WHERE verifies_until IS NOT NULL";
    service.connect().await.batch_execute(end).await.expect("ends");
    until("the old key is not published any more", async || {
        kids(&service.process).await == [new.clone()] && kids(&other).await == [new.clone()]
    })
    .await;
    assert_eq!(verifier(&other).verify(&before.access).await, Err(Refusal::Invalid));
    assert_eq!(service.send("GET", "/users/me", &after.access, "").await.status, 200);
    let _starts = service.another(&times).await;
    until("it is removed", async || service.number("SELECT count(*) FROM signing_keys").await == 1).await;
}

#[tokio::test]
async fn a_command_rotates_as_well() {
    let times = [("KEY_ANNOUNCE_SECONDS", "0")];
    let service = Service::with(&times).await;
    let before = kids(&service.process).await;
    let (well, said) = service.run(&["rotate"], &times);
    assert!(well && said.contains("signs from"), "{said}");
    until("it is published", async || kids(&service.process).await.len() == 2).await;
    let grant = service.granted("one@example.com").await;
    assert_ne!(part(&grant.access, 0)["kid"], before[0].as_str());
    let (well, said) = service.run(&["rotate"], &[("KEY_ANNOUNCE_SECONDS", "3600")]);
    assert!(well, "{said}");
    let (well, said) = service.run(&["rotate"], &[]);
    assert!(!well && said.contains("announced already"), "{said}");
}

#[derive(Clone)]
struct Shop(Verifier);

impl FromRef<Shop> for Verifier {
    fn from_ref(shop: &Shop) -> Self {
        shop.0.clone()
    }
}

/// Another service, which knows the users by their tokens alone.
async fn shop(verifier: Verifier) -> std::net::SocketAddr {
    let routes = axum::Router::new()
        .route("/mine", get(async |who: Identity| format!("{} {}", who.user, who.role.word())))
        .route("/everything", get(async |Admin(who): Admin| who.user.to_string()))
        .with_state(Shop(verifier));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("binds");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

#[tokio::test]
async fn another_service_knows_who_asks_by_their_token() {
    let service = Service::with(&[("ACCESS_TOKEN_SECONDS", "3600")]).await;
    let user = service.register("one@example.com").await;
    let (customer, admin) = (service.granted("one@example.com").await, service.admin().await);
    let shop = shop(verifier(&service.process)).await;
    let ask = async |path: &str, token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = if token.is_empty() { vec![] } else { vec![("authorization", bearer.as_str())] };
        http::request(shop, "GET", path, &headers, Duration::from_secs(60)).await.expect("an answer")
    };
    let mine = ask("/mine", &customer.access).await;
    assert_eq!(mine.body, format!("{} customer", user["id"].as_str().expect("an id")));
    assert_eq!(ask("/everything", &admin.access).await.status, 200);
    for (path, token, status, reason) in [
        ("/mine", "", 401, "access.token_missing"),
        ("/mine", "x.y.z", 401, "access.token_invalid"),
        ("/everything", customer.access.as_str(), 403, "access.forbidden"),
    ] {
        let answer = ask(path, token).await;
        assert!(answer.status == status && answer.body.contains(reason), "{path}: {} {}", answer.status, answer.body);
        assert!(answer.headers.contains_key("www-authenticate"), "{path}");
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{path}");
    }
    // The keys are kept: svc-users is not needed for each request, nor at all for a while.
    let (ended_well, _) = service.process.stop();
    assert!(ended_well);
    assert_eq!(ask("/mine", &customer.access).await.status, 200);
}

#[tokio::test]
async fn an_expired_token_is_told_from_a_wrong_one() {
    let service = Service::with(&[("ACCESS_TOKEN_SECONDS", "1")]).await;
    let access = service.granted("one@example.com").await.access;
    until("it expires", async || {
        let answer = service.send("GET", "/users/me", &access, "").await;
        answer.status == 401 && answer.body.contains("access.token_expired")
    })
    .await;
    let verifier = Verifier::new(source(&service.process), Patience::default());
    assert_eq!(verifier.verify(&access).await, Err(Refusal::Expired));
    assert_eq!(source(&service.process).keys().await.expect("keys").keys.len(), 1);
    assert_eq!(Role::from_word("customer"), Some(Role::Customer));
}
