//! Lists of orders, and who may read what.

use crate::shop::{Shop, text};

#[tokio::test]
async fn pages_go_on_where_the_last_ended_whatever_comes_in_between() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 100).await;
    let customer = shop.customer();
    let mut placed = Vec::new();
    for _ in 0..5 {
        placed.insert(0, text(&shop.paid(&customer, &bar).await, "id").to_owned());
    }
    let mut seen = Vec::new();
    let mut path = "/orders?limit=2".to_owned();
    loop {
        let page = shop.get(&path, &customer).await;
        let items = page["items"].as_array().expect("items");
        seen.extend(items.iter().map(|order| text(order, "id").to_owned()));
        assert!(items.iter().all(|order| order["items"][0]["price"]["minor"] == 250));
        // A new one comes before what was shown, and moves nothing.
        shop.paid(&customer, &bar).await;
        match page["next"].as_str() {
            Some(next) => path = format!("/orders?limit=2&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, placed, "the newest first, none twice and none left out");
    for wrong in ["limit=0", "limit=101", "limit=x", "after=x", "page=2", "limit=1&limit=2"] {
        let answer = shop.send("GET", &format!("/orders?{wrong}"), &customer, &[], "").await;
        assert_eq!(answer.status, 400, "{wrong}: {}", answer.body);
    }
}

#[tokio::test]
async fn everybody_sees_their_own_and_an_admin_everybodys() {
    let shop = Shop::open().await;
    let bar = shop.product("Bar", 250, 100).await;
    let (one, two, admin) = (shop.customer(), shop.customer(), shop.admin());
    let order = shop.paid(&one, &bar).await;
    shop.paid(&two, &bar).await;
    let path = format!("/orders/{}", text(&order, "id"));
    assert_eq!(shop.get(&path, &one).await["id"], order["id"]);
    assert_eq!(shop.get(&path, &admin).await["id"], order["id"]);
    let foreign = shop.send("GET", &path, &two, &[], "").await;
    let unknown = shop.send("GET", "/orders/01890000-0000-7000-8000-000000000000", &two, &[], "").await;
    assert_eq!((foreign.status, unknown.status), (404, 404));
    let count = async |who| shop.get("/orders", who).await["items"].as_array().map(Vec::len);
    assert_eq!((count(&one).await, count(&two).await, count(&admin).await), (Some(1), Some(1), Some(2)));
}
