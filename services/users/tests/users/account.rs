//! Accounts: registering, logging in, what a user sees and changes, and what is wrong with requests.

use std::time::Duration;

use serde_json::json;

use crate::service::{Grant, PASSWORD, Service, json_of};

#[tokio::test]
async fn somebody_registers_logs_in_and_sees_themselves() {
    let service = Service::start().await;
    let user = service.register("Some.One@Example.com").await;
    assert_eq!((&user["email"], &user["role"]), (&"some.one@example.com".into(), &"customer".into()));
    let answer = service.login("SOME.ONE@example.COM", PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let grant = json_of(&answer);
    assert_eq!((&grant["token_type"], &grant["expires_in"]), (&"Bearer".into(), &900.into()));
    let access = Grant::of(&answer).access;
    assert_eq!(json_of(&service.send("GET", "/users/me", &access, "").await), user);
    for stored in ["password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'", "email = 'some.one@example.com'"] {
        assert_eq!(service.number(&format!("SELECT count(*) FROM users WHERE {stored}")).await, 1, "{stored}");
    }
}

#[tokio::test]
async fn an_address_has_one_account_however_it_is_written_and_whoever_comes_first() {
    let service = std::sync::Arc::new(Service::start().await);
    let tasks = (0..8).map(|number| {
        let service = std::sync::Arc::clone(&service);
        tokio::spawn(async move {
            let email = if number % 2 == 0 { "one@example.com" } else { " ONE@Example.com" };
            let body = json!({ "email": email, "password": PASSWORD, "name": "One" });
            loop {
                // A full queue of passwords is not what this is about.
                let status = service.post("/users/register", body.clone()).await.status;
                if status != 503 {
                    return status;
                }
            }
        })
    });
    let mut statuses = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        statuses.push(task.await.expect("ends"));
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(service.number("SELECT count(*) FROM users").await, 1);
}

#[tokio::test]
async fn who_has_no_account_costs_as_much_as_who_has_one_and_hears_the_same() {
    let service = Service::start().await;
    service.register("one@example.com").await;
    let work = async || {
        let metrics = service.process.get("/metrics").await.body;
        let line =
            metrics.lines().find_map(|line| line.strip_prefix("svc_users_password_work_total{kind=\"verify\"} "));
        line.map_or(0, |number| number.parse::<u32>().expect("a number"))
    };
    let mut bodies = Vec::new();
    for (email, password) in [
        ("one@example.com", "wrong password"),
        ("nobody@example.com", PASSWORD),
        ("no address at all", PASSWORD),
        ("one@example.com", ""),
    ] {
        let before = work().await;
        let answer = service.login(email, password).await;
        assert_eq!(answer.status, 401, "{email}: {}", answer.body);
        assert!(answer.headers["www-authenticate"].to_str().expect("text").starts_with("Bearer"));
        assert_eq!(work().await, before + 1, "{email}: the same work");
        bodies.push(answer.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[tokio::test]
async fn users_change_their_name_their_address_and_their_password() {
    let service = Service::start().await;
    let (first, second) = (service.granted("one@example.com").await, service.granted("one@example.com").await);
    service.register("two@example.com").await;
    let patch =
        async |body: serde_json::Value| service.send("PATCH", "/users/me", &first.access, &body.to_string()).await;
    let renamed = patch(json!({ "name": " Another One " })).await;
    assert_eq!((renamed.status, &json_of(&renamed)["name"]), (200, &"Another One".into()));
    for (body, status, said) in [
        (json!({ "email": "three@example.com" }), 400, "current_password"),
        (json!({ "email": "three@example.com", "current_password": "wrong" }), 403, "password.wrong"),
        (json!({ "email": "TWO@example.com", "current_password": PASSWORD }), 409, "user.email_taken"),
        (json!({ "new_password": "short", "current_password": PASSWORD }), 400, "new_password"),
        (json!({ "role": "admin" }), 400, "role"),
    ] {
        let answer = patch(body.clone()).await;
        assert!(answer.status == status && answer.body.contains(said), "{body}: {} {}", answer.status, answer.body);
    }
    let new = "another horse battery";
    let both = json!({ "email": "Three@example.com", "new_password": new, "current_password": PASSWORD });
    let changed = patch(both).await;
    assert_eq!((changed.status, &json_of(&changed)["email"]), (200, &"three@example.com".into()));
    for grant in [&first, &second] {
        assert_eq!(service.refresh(&grant.refresh).await.status, 401, "a new password ends every session");
    }
    assert_eq!(service.login("three@example.com", PASSWORD).await.status, 401);
    assert_eq!(service.login("one@example.com", new).await.status, 401);
    assert_eq!(service.login("three@example.com", new).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_every_answer_is_described() {
    let service = Service::start().await;
    let access = service.granted("one@example.com").await.access;
    let mut changed = access.clone();
    changed.replace_range(access.len() - 4.., if access.ends_with("AAAA") { "BBBB" } else { "AAAA" });
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(9000));
    let register = "/users/register";
    for (method, path, token, body, status, said) in [
        ("POST", register, "", "", 400, "body"),
        ("POST", register, "", r#"{"email":"x","password":"short","name":""}"#, 400, "email"),
        ("POST", register, "", r#"{"email":"x@y.zz","password":"12345678","name":"x"}"#, 400, "password"),
        ("POST", register, "", r#"{"email":"x@y.zz","password":"long enough","name":"x","role":"admin"}"#, 400, "role"),
        ("POST", register, "", long.as_str(), 413, "request.too_large"),
        ("POST", "/users/login", "", r#"{"email":"one@example.com"}"#, 400, "password"),
        ("POST", "/users/login", "", &long, 413, "request.too_large"),
        ("POST", "/users/refresh", "", "{}", 400, "refresh_token"),
        ("POST", "/users/refresh", "", r#"{"refresh_token":"x"}"#, 401, "refresh.refused"),
        ("POST", "/users/refresh", "", &long, 413, "request.too_large"),
        ("POST", "/users/logout", "", "{}", 400, "refresh_token"),
        ("POST", "/users/logout", "", &long, 413, "request.too_large"),
        ("GET", "/users/me", "", "", 401, "access.token_missing"),
        ("GET", "/users/me", "nonsense", "", 401, "access.token_invalid"),
        ("GET", "/users/me", &changed, "", 401, "access.token_invalid"),
        ("PATCH", "/users/me", "", "{}", 401, "access.token_missing"),
        ("PATCH", "/users/me", &access, &long, 413, "request.too_large"),
        ("POST", "/users/keys/rotate", "", "", 401, "access.token_missing"),
        ("POST", "/users/keys/rotate", &access, "", 403, "access.forbidden"),
        ("GET", "/users/nobody", "", "", 404, "resource.none"),
    ] {
        let answer = service.send(method, path, token, body).await;
        assert_eq!(answer.status, status, "{method} {path} {body}: {}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{method} {path} {body}");
        assert!(answer.body.contains(said), "{method} {path} {body}: {}", answer.body);
        assert_eq!(answer.headers.contains_key("www-authenticate"), matches!(status, 401 | 403), "{method} {path}");
    }
}

#[tokio::test]
async fn the_service_has_exactly_what_it_describes() {
    let service = Service::start().await;
    let everything = service.contract.everything("x");
    assert!(everything.iter().filter(|(.., described)| *described).count() >= 12, "{everything:?}");
    for (method, path, described) in everything {
        let answer = service.send(&method, &path, "", "{}").await;
        assert_eq!(answer.status != 405, described, "{method} {path}: {}", answer.body);
        assert!(!answer.body.contains("nothing at this path"), "{method} {path}");
    }
    let (well, printed) = service.run(&["openapi"], &[]);
    let printed: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
    assert!(well && printed == *service.contract.document());
}

#[tokio::test]
async fn the_first_admin_is_made_by_command() {
    let service = Service::start().await;
    let (well, said) = service.run(&["admin", "--email", "new@example.com"], &[]);
    assert!(!well && said.contains("ADMIN_PASSWORD"), "{said}");
    let (well, said) = service.run(&["admin", "--email", "new@example.com"], &[("ADMIN_PASSWORD", "password")]);
    assert!(!well && said.contains("everybody tries"), "{said}");
    let role =
        async |grant: &Grant| json_of(&service.send("GET", "/users/me", &grant.access, "").await)["role"].clone();
    assert_eq!(role(&service.admin().await).await, "admin");
    // Somebody who has an account becomes one with the next refresh.
    let customer = service.granted("one@example.com").await;
    assert_eq!(service.send("POST", "/users/keys/rotate", &customer.access, "").await.status, 403);
    let (well, said) = service.run(&["admin", "--email", "ONE@example.com"], &[]);
    assert!(well, "{said}");
    let promoted = Grant::of(&service.refresh(&customer.refresh).await);
    assert_eq!(service.send("POST", "/users/keys/rotate", &promoted.access, "").await.status, 202);
}

#[tokio::test]
async fn seeding_is_quick_repeatable_and_changes_nobody() {
    let service = Service::start().await;
    let begun = std::time::Instant::now();
    let (well, said) = service.run(&["seed"], &[]);
    assert!(well && said.contains("1000 customers, 1000 of them new"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(60), "one hash for all: {:?}", begun.elapsed());
    assert_eq!(service.login("customer-0999@example.com", "seed data only").await.status, 200);
    let database = service.connect().await;
    let rename = "UPDATE users SET name = 'Renamed' WHERE email = 'customer-0007@example.com'";
    database.batch_execute(rename).await.expect("renames");
    let (well, said) = service.run(&["seed"], &[]);
    assert!(well && said.contains("1000 customers, 0 of them new"), "{said}");
    assert_eq!(service.number("SELECT count(*) FROM users WHERE name = 'Renamed'").await, 1);
    assert_eq!(service.number("SELECT count(*) FROM users WHERE role = 'admin'").await, 0);
}
