//! Every step that a shopper can take. Each fails when it is answered otherwise than it should be.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PAUSE, Sale, Shopper, no_field, unexpected};
use crate::client::Request;
use crate::step::{Broken, Reply, Step, Witness};

/// How long an order may take until it stands. It goes on by itself when services fail, so this is long.
const SETTLE_LIMIT: Duration = Duration::from_secs(120);

impl<W: Witness> Shopper<W> {
    /// Makes the account.
    ///
    /// # Errors
    /// When that is not answered as it should be; so in every step.
    pub async fn register(&mut self) -> Result<Reply, Broken> {
        let who = json!({"email": self.email, "name": "A Shopper", "password": self.password});
        self.ask(Step::Register, Request::new("POST", "/api/users/register").json(who), &[201]).await
    }

    /// Logs in and keeps the tokens.
    ///
    /// # Errors
    /// As for every step.
    pub async fn login(&mut self) -> Result<Reply, Broken> {
        self.token = None;
        let who = json!({"email": self.email, "password": self.password});
        let request = Request::new("POST", "/api/users/login").json(who);
        let reply = self.ask(Step::Login, request, &[200]).await?;
        self.keep_tokens(Step::Login, "POST /api/users/login", &reply)?;
        Ok(reply)
    }

    /// Comes back without the password.
    ///
    /// # Errors
    /// As for every step.
    pub async fn refresh(&mut self) -> Result<Reply, Broken> {
        self.token = None;
        // Good for one use: whatever comes of this, it is not to be sent again.
        let token = json!({"refresh_token": self.refresh_token.take()});
        let request = Request::new("POST", "/api/users/refresh").json(token);
        let reply = self.ask(Step::Refresh, request, &[200]).await?;
        self.keep_tokens(Step::Refresh, "POST /api/users/refresh", &reply)?;
        Ok(reply)
    }

    fn keep_tokens(&mut self, step: Step, request: &str, reply: &Reply) -> Result<(), Broken> {
        self.token = Some(self.expect_text(step, request, reply, "/access_token")?);
        self.refresh_token = Some(self.expect_text(step, request, reply, "/refresh_token")?);
        Ok(())
    }

    /// Looks who it is.
    ///
    /// # Errors
    /// As for every step.
    pub async fn me(&mut self) -> Result<Reply, Broken> {
        self.ask(Step::Me, Request::new("GET", "/api/users/me"), &[200]).await
    }

    /// Lists products, by this query.
    ///
    /// # Errors
    /// As for every step.
    pub async fn list(&mut self, step: Step, query: &str) -> Result<Vec<Value>, Broken> {
        let path = format!("/api/products?{query}");
        let mut reply = self.ask(step, Request::new("GET", &path), &[200]).await?;
        match reply.body.pointer_mut("/items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Err(no_field(step, format!("GET {path}"), &reply, "/items")),
        }
    }

    /// Looks at a product. Says with which tag it may be asked for again.
    ///
    /// # Errors
    /// As for every step.
    pub async fn product(&mut self, id: &str) -> Result<(Reply, String), Broken> {
        let path = format!("/api/products/{id}");
        let reply = self.ask(Step::Product, Request::new("GET", &path), &[200]).await?;
        match reply.header("etag").map(str::to_owned) {
            Some(tag) => Ok((reply, tag)),
            None => Err(no_field(Step::Product, format!("GET {path}"), &reply, "the field ETag")),
        }
    }

    /// Looks at a product again, which has not changed unless an order took some of its stock.
    ///
    /// # Errors
    /// As for every step.
    pub async fn look_again(&mut self, id: &str, tag: &str) -> Result<Reply, Broken> {
        let request = Request::new("GET", format!("/api/products/{id}")).with("if-none-match", tag);
        self.ask(Step::Unchanged, request, &[304, 200]).await
    }

    /// Has so many of a product in the cart.
    ///
    /// # Errors
    /// As for every step.
    pub async fn fill(&mut self, product: &str, quantity: u64) -> Result<Reply, Broken> {
        let request = Request::new("PUT", format!("/api/cart/items/{product}")).json(json!({"quantity": quantity}));
        self.ask(Step::Fill, request, &[200, 201, 204]).await
    }

    /// Takes a product out of the cart.
    ///
    /// # Errors
    /// As for every step.
    pub async fn remove(&mut self, product: &str) -> Result<Reply, Broken> {
        self.ask(Step::Remove, Request::new("DELETE", format!("/api/cart/items/{product}")), &[200, 204]).await
    }

    /// Looks into the cart.
    ///
    /// # Errors
    /// As for every step.
    pub async fn cart(&mut self) -> Result<Reply, Broken> {
        self.ask(Step::Cart, Request::new("GET", "/api/cart"), &[200]).await
    }

    /// Orders what is in the cart and pays. `step` is [`Step::Checkout`], or [`Step::Replay`] for the same once more.
    ///
    /// # Errors
    /// As for every step.
    pub async fn checkout(&mut self, step: Step, key: &str, card: &str) -> Result<(Sale, Reply), Broken> {
        let card = json!({"card": {"number": card}});
        let request = Request::new("POST", "/api/orders").with("idempotency-key", key).json(card);
        let reply = self.ask(step, request, &[201, 202, 402, 409]).await?;
        let sale = match (reply.status, reply.reason()) {
            (201, _) => Sale::Paid,
            (202, _) => Sale::Pending,
            (402, _) => Sale::Declined,
            (_, "stock.insufficient") => Sale::SoldOut,
            _ => return Err(unexpected(step, "POST /api/orders".to_owned(), &reply)),
        };
        Ok((sale, reply))
    }

    /// Looks at an order.
    ///
    /// # Errors
    /// As for every step.
    pub async fn order(&mut self, id: &str) -> Result<Reply, Broken> {
        self.ask(Step::Order, Request::new("GET", format!("/api/orders/{id}")), &[200]).await
    }

    /// Looks at an order until nothing happens to it any more. Says how it stands then.
    ///
    /// # Errors
    /// As for every step, and when it does not come to that.
    pub async fn settled(&mut self, id: &str) -> Result<(String, Reply), Broken> {
        let begun = Instant::now();
        loop {
            let reply = self.order(id).await?;
            let state = self.expect_text(Step::Order, "GET /api/orders", &reply, "/state")?;
            if !matches!(state.as_str(), "pending" | "cancelling") {
                return Ok((state, reply));
            }
            if begun.elapsed() > SETTLE_LIMIT {
                let (request, what) = (format!("GET /api/orders/{id}"), format!("the order is still {state}"));
                return Err(Broken { step: Step::Order, request, status: reply.status, reason: state, what });
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Lists its orders.
    ///
    /// # Errors
    /// As for every step.
    pub async fn orders(&mut self) -> Result<Reply, Broken> {
        self.ask(Step::Orders, Request::new("GET", "/api/orders?limit=5"), &[200]).await
    }

    /// Gives an order back.
    ///
    /// # Errors
    /// As for every step.
    pub async fn cancel(&mut self, id: &str) -> Result<Reply, Broken> {
        let request = Request::new("POST", format!("/api/orders/{id}/cancel"));
        self.ask(Step::Cancel, request, &[200, 202]).await
    }

    /// Tries to see orders without saying who it is, which the gateway refuses.
    ///
    /// # Errors
    /// As for every step, also when it is let through.
    pub async fn stranger(&mut self) -> Result<Reply, Broken> {
        let token = self.token.take();
        let outcome = self.ask(Step::Stranger, Request::new("GET", "/api/orders"), &[401]).await;
        self.token = token;
        outcome
    }

    /// Ends the session.
    ///
    /// # Errors
    /// As for every step.
    pub async fn logout(&mut self) -> Result<Reply, Broken> {
        let token = json!({"refresh_token": self.refresh_token});
        let reply = self.ask(Step::Logout, Request::new("POST", "/api/users/logout").json(token), &[204]).await?;
        (self.token, self.refresh_token) = (None, None);
        Ok(reply)
    }
}
