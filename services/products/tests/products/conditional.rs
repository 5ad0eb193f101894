//! Entity tags: what a client has is not sent again, and what it has not seen is not changed.

use supplex_stack::http::Answer;

use crate::service::{ADMIN, Service, body, wish};

fn etag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again_until_it_changes() {
    let service = Service::empty().await;
    let other_node = service.another().await;
    let id = service.product("Bar", 100, 5).await;
    for (path, kept) in [
        ("/products".to_owned(), "public, max-age=5"),
        (format!("/products/{id}"), "public, max-age=5"),
        (format!("/products/{id}/stock"), "no-cache"),
    ] {
        let first = service.get(&path).await;
        let tag = etag(&first);
        assert_eq!(first.headers["cache-control"], kept, "{path}");
        assert_eq!(etag(&other_node.get(&path).await), tag, "{path}: every node has the same");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let again = service.request("GET", &path, &[("if-none-match", &known)]).await;
            assert_eq!((again.status, again.body.as_str()), (304, ""), "{path} {known}");
            assert_eq!((etag(&again), &again.headers["cache-control"]), (tag.clone(), &first.headers["cache-control"]));
        }
        let head = service.request("HEAD", &path, &[]).await;
        assert_eq!((head.status, etag(&head), head.body.as_str()), (200, tag.clone(), ""), "{path}");
        let unlike = service.request("GET", &path, &[("if-none-match", "\"x\"")]).await;
        assert_eq!((unlike.status, &unlike.body), (200, &first.body), "{path}");
        assert_eq!(service.request("GET", &path, &[("if-match", "\"x\"")]).await.status, 412, "{path}");

        // Stock is part of all three.
        body(&service.reserve(&path, &wish(&[(&id, 1)], 600)).await, 201);
        let changed = service.request("GET", &path, &[("if-none-match", &tag)]).await;
        assert_eq!(changed.status, 200, "{path}");
        assert_ne!(etag(&changed), tag, "{path}");
    }
}

#[tokio::test]
async fn nobodys_change_is_lost() {
    let service = Service::empty().await;
    let id = service.product("Bar", 100, 5).await;
    let path = format!("/products/{id}");
    let change = |condition: String, minor: i64| {
        let (path, service) = (&path, &service);
        async move {
            let price = format!(r#"{{"price":{{"minor":{minor},"currency":"EUR"}}}}"#);
            service.send("PATCH", path, &[ADMIN, ("if-match", &condition)], &price).await
        }
    };
    let seen = etag(&service.get(&path).await);
    let changed = change(seen.clone(), 200).await;
    assert_eq!(body(&changed, 200)["price"]["minor"], 200);
    assert_eq!(etag(&changed), etag(&service.get(&path).await), "the answer has the new tag");
    let late = change(seen.clone(), 300).await;
    assert!(late.status == 412 && late.body.contains("request.condition_failed"), "{}", late.body);
    assert_eq!(change(format!("W/{}", etag(&changed)), 300).await.status, 412, "weak tags never fit");
    assert_eq!(change("\"never".to_owned(), 300).await.status, 412, "nor does what is no tag");
    assert_eq!(body(&change("*".to_owned(), 400).await, 200)["price"]["minor"], 400);
    let blind = service.send("PATCH", &path, &[ADMIN], r#"{"servings":1}"#).await;
    assert!(blind.status == 428 && blind.body.contains("request.condition_missing"), "{}", blind.body);

    // Of many who have seen the same, one is in time.
    let seen = etag(&service.get(&path).await);
    let answers = [1, 2, 3, 4, 5, 6].map(|minor| change(seen.clone(), minor));
    let [a, b, c, d, e, f] = answers;
    let (a, b, c, d, e, f) = tokio::join!(a, b, c, d, e, f);
    let mut statuses = [a, b, c, d, e, f].map(|answer| answer.status);
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412]);
}
