//! A whole journey, as a load takes it again and again.
//!
//! ```text
//! register, login ─┬─ search ─ filter ─ product ─ again ─ fill, once or twice ─ cart ─ checkout ─ order ─ (cancel) ─ orders
//!         refresh ─┘
//! ```
//!
//! Registers and logs in the first time, and comes back without a password later, as customers do. Between two steps the shopper thinks; [`Walked::took`] is without that.

use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use super::{DECLINED_CARD, GOOD_CARD, Sale, Shopper};
use crate::chance::Chance;
use crate::step::{Broken, Reply, Step, Witness};

/// What shoppers search for.
const WORDS: [&str; 8] = ["whey", "creatine", "vegan", "omega 3", "vitamin", "chocolate", "magnesium", "protein"];

/// The categories they look into.
const CATEGORIES: [&str; 4] = ["protein", "vitamins", "minerals", "creatine"];

/// One in so many has a card that is declined.
const DECLINES: u64 = 20;

/// One in so many gives its order back.
const CANCELS: u64 = 10;

/// How a journey ended that went as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an order that is paid.
    Paid,
    /// With one that was paid and given back.
    Cancelled,
    /// With a card that refused.
    Declined,
    /// With an order for something of which too little was left.
    SoldOut,
}

/// A journey that went as it should.
#[derive(Clone, Copy, Debug)]
pub struct Walked {
    /// How it ended.
    pub ending: Ending,
    /// How long it took without thinking.
    pub took: Duration,
    /// Whether the shopper registered in it.
    pub newcomer: bool,
}

/// How a shopper walks.
#[derive(Debug)]
pub struct Habit {
    chance: Chance,
    think: Duration,
    registered: bool,
    thought: Duration,
}

impl Habit {
    /// The habit of the shopper with this number, who thinks for so long between two steps, on average.
    #[must_use]
    pub fn new(number: u64, think: Duration) -> Self {
        let chance = Chance::of(number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        Self { chance, think, registered: false, thought: Duration::ZERO }
    }

    async fn think(&mut self) {
        let most = u64::try_from(self.think.as_micros()).unwrap_or(u64::MAX).saturating_mul(2);
        let pause = Duration::from_micros(self.chance.below(most));
        if !pause.is_zero() {
            let begun = Instant::now();
            tokio::time::sleep(pause).await;
            self.thought += begun.elapsed();
        }
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.chance.below(many) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.chance.below(from.len() as u64) as usize)
    }
}

impl<W: Witness> Shopper<W> {
    /// Makes a whole journey.
    ///
    /// # Errors
    /// When a step is answered otherwise than it should be.
    pub async fn walk(&mut self, habit: &mut Habit) -> Result<Walked, Broken> {
        let begun = Instant::now();
        habit.thought = Duration::ZERO;
        let newcomer = !habit.registered;
        if newcomer {
            self.register().await?;
            habit.registered = true;
            habit.think().await;
        }
        if self.refresh_token.is_some() {
            self.refresh().await?
        } else {
            self.login().await?
        };
        habit.think().await;
        self.browse(habit).await?;
        self.cart().await?;
        habit.think().await;
        let ending = self.buy(habit).await?;
        self.orders().await?;
        let took = begun.elapsed().saturating_sub(habit.thought);
        Ok(Walked { ending, took, newcomer })
    }

    /// Looks around and fills the cart.
    async fn browse(&mut self, habit: &mut Habit) -> Result<(), Broken> {
        let word = habit.pick(&WORDS).copied().unwrap_or_default().replace(' ', "+");
        let found = self.list(Step::Search, &format!("q={word}&in_stock=true&limit=20")).await?;
        habit.think().await;
        let category = habit.pick(&CATEGORIES).copied().unwrap_or_default();
        let query = format!("category={category}&max_price=9000&sort=price&in_stock=true&limit=20");
        let also_found = self.list(Step::Filter, &query).await?;
        habit.think().await;
        let all: Vec<Value> = found.into_iter().chain(also_found).collect();
        for look in 0..1 + habit.chance.below(2) {
            let Some(product) = habit.pick(&all).and_then(|product| product.get("id")?.as_str()).map(str::to_owned)
            else {
                return Err(nothing_to_buy());
            };
            let (_, tag) = self.product(&product).await?;
            habit.think().await;
            if look == 0 {
                self.look_again(&product, &tag).await?;
                habit.think().await;
            }
            let quantity = 1 + habit.chance.below(2);
            self.fill(&product, quantity).await?;
            habit.think().await;
        }
        Ok(())
    }

    /// Checks out, pays, looks at the order and sometimes gives it back.
    async fn buy(&mut self, habit: &mut Habit) -> Result<Ending, Broken> {
        let (key, declines, cancels) = (Uuid::now_v7().to_string(), habit.one_in(DECLINES), habit.one_in(CANCELS));
        let card = if declines { DECLINED_CARD } else { GOOD_CARD };
        let (sale, reply) = self.checkout(Step::Checkout, &key, card).await?;
        habit.think().await;
        let (state, order) = match sale {
            Sale::Declined => return Ok(Ending::Declined),
            Sale::SoldOut => return Ok(Ending::SoldOut),
            Sale::Paid | Sale::Pending => self.settled(&order_id(&reply)?).await?,
        };
        match (state.as_str(), order.text("/reason")) {
            ("paid", _) if cancels => {
                let id = order_id(&order)?;
                self.cancel(&id).await?;
                habit.think().await;
                let (state, order) = self.settled(&id).await?;
                if state == "cancelled" { Ok(Ending::Cancelled) } else { Err(stands_as(&state, &order)) }
            }
            ("paid", _) => Ok(Ending::Paid),
            ("failed", Some("payment.declined")) => Ok(Ending::Declined),
            ("failed", Some("stock.insufficient")) => Ok(Ending::SoldOut),
            _ => Err(stands_as(&state, &order)),
        }
    }
}

/// The id of the order in an answer.
///
/// # Errors
/// When it has none.
pub fn order_id(reply: &Reply) -> Result<String, Broken> {
    let request = "POST /api/orders".to_owned();
    reply.text("/id").map(str::to_owned).ok_or_else(|| super::no_field(Step::Checkout, request, reply, "/id"))
}

fn nothing_to_buy() -> Broken {
    Broken {
        step: Step::Search,
        request: "GET /api/products".into(),
        status: 200,
        reason: "catalogue.empty".into(),
        what: "there is nothing to buy; `make seed` fills the catalogue".into(),
    }
}

fn stands_as(state: &str, order: &Reply) -> Broken {
    let reason = order.text("/reason").unwrap_or(state).to_owned();
    let what = format!("the order is {state} ({reason})");
    Broken { step: Step::Order, request: "GET /api/orders".into(), status: order.status, reason, what }
}
