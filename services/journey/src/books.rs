//! The books: what orders, payments and products have written down must agree, order by order.
//!
//! ```text
//! money that was captured and not refunded  =  the totals of the orders that are paid
//! stock that is sold                        =  the units in the orders that are paid
//! ```
//!
//! Only reads, in the databases themselves, so that nothing a service forgets to show is left out. Compared while somebody
//! buys they may differ for a moment; [`compare`] first waits until no order is on its way. Where to read on:
//! `books/read.rs` for the queries, `books/ledger.rs` for the comparison.

mod ledger;
mod read;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use serde::Serialize;
use supplex_stack::layout::Layout;

use crate::options::TargetOptions;
use crate::target::Target;

use self::ledger::Sums;
use self::read::Databases;

/// How long orders may be on their way: they go on by themselves when services fail or are killed, with pauses.
const SETTLE_LIMIT: Duration = Duration::from_secs(180);

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// How often books that differ are read again, in case somebody bought while they were read.
const READINGS: u32 = 4;

/// How many differences are told one by one.
const TOLD: usize = 20;

/// What the books say.
#[derive(Clone, Debug, Serialize)]
pub struct Books {
    /// How many orders there are in each state.
    pub orders: BTreeMap<String, u64>,
    /// Orders that were still on their way when nobody waited any longer.
    pub unsettled: u64,
    /// Money, by currency.
    pub money: BTreeMap<String, Money>,
    /// Pieces.
    pub units: Units,
    /// Payments that are authorised and neither captured nor voided. They hold a customer's money and take none.
    pub held: u64,
    /// Payments and reservations that name no order, such as those that somebody made by hand.
    pub others: u64,
    /// How many differences there are.
    pub difference_count: usize,
    /// The first of them, in words.
    pub differences: Vec<String>,
}

/// Money of one currency, in its smallest unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Money {
    /// The totals of the orders that are paid.
    pub ordered: i64,
    /// What was captured for orders and not refunded.
    pub captured: i64,
}

/// Pieces of products.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Units {
    /// In the orders that are paid.
    pub ordered: i64,
    /// In the reservations of orders that are sold.
    pub sold: i64,
    /// On the shelves' own count of what is sold, with what was sold to others.
    pub shelves: i64,
}

/// Compares the books and tells what they say. Says whether they agree.
///
/// # Errors
/// In words, when they cannot be read.
pub async fn run(options: &TargetOptions) -> Result<bool, String> {
    let target = Target::find(options).await?;
    let layout = target.stack.ok_or("only the stack of `make up` shows its books; leave out --gateway")?;
    let books = compare(&layout).await?;
    let _nobody_reads = std::io::Write::write_all(&mut std::io::stdout().lock(), books.text().as_bytes());
    Ok(books.agree())
}

/// Waits until no order is on its way, and compares the books.
///
/// # Errors
/// In words, when they cannot be read.
pub async fn compare(layout: &Layout) -> Result<Books, String> {
    let databases = Databases::connect(layout).await?;
    let begun = Instant::now();
    let mut unsettled = databases.unsettled().await?;
    while unsettled > 0 && begun.elapsed() < SETTLE_LIMIT {
        tokio::time::sleep(LOOK).await;
        unsettled = databases.unsettled().await?;
    }
    let mut reading = 1;
    loop {
        let books = read(&databases, unsettled).await?;
        if books.agree() || reading == READINGS {
            return Ok(books);
        }
        reading += 1;
        tokio::time::sleep(LOOK).await;
        unsettled = databases.unsettled().await?;
    }
}

async fn read(databases: &Databases, unsettled: u64) -> Result<Books, String> {
    // Payments and products before orders would miss what is bought in between; either order may, so it is read again.
    let (paid, states) = databases.orders().await?;
    let (payments, held) = databases.payments().await?;
    let sold = databases.sold().await?;
    let shelves = databases.shelves().await?;
    let Sums { money, units, others, mut differences } = ledger::compare(&paid, &payments, &sold);
    differences.extend(ledger::compare_shelves(&sold, &shelves));
    let units = Units { shelves: shelves.values().sum(), ..units };
    let difference_count = differences.len();
    differences.truncate(TOLD);
    Ok(Books { orders: states, unsettled, money, units, held, others, difference_count, differences })
}

impl Books {
    /// Whether they agree, and every order has come to an end.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.difference_count == 0 && self.unsettled == 0
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let states: Vec<_> = self.orders.iter().map(|(state, count)| format!("{count} {state}")).collect();
        let mut text = format!("\nThe books: {} orders ({})\n", self.orders.values().sum::<u64>(), states.join(", "));
        let mark = |same| if same { "equal" } else { "DIFFERENT" };
        for (currency, Money { ordered, captured }) in &self.money {
            let _infallible = writeln!(
                text,
                "  money in {currency}: captured {} for orders paid {}: {}",
                decimal(*captured),
                decimal(*ordered),
                mark(captured == ordered)
            );
        }
        let Units { ordered, sold, .. } = self.units;
        let _infallible =
            writeln!(text, "  stock: {sold} units sold, {ordered} in paid orders: {}", mark(sold == ordered));
        if self.unsettled > 0 {
            let _infallible = writeln!(text, "  {} orders are STILL ON THEIR WAY", self.unsettled);
        }
        if self.held > 0 {
            let _infallible = writeln!(text, "  {} payments are authorised and neither captured nor voided", self.held);
        }
        if self.others > 0 {
            let _infallible =
                writeln!(text, "  {} payments and reservations name no order and are left out", self.others);
        }
        for difference in &self.differences {
            let _infallible = writeln!(text, "  DIFFERENT: {difference}");
        }
        if self.difference_count > self.differences.len() {
            let _infallible = writeln!(text, "  and {} more", self.difference_count - self.differences.len());
        }
        text.push_str(if self.agree() { "  They agree, order by order.\n" } else { "  They DO NOT AGREE.\n" });
        text
    }
}

/// With two digits behind the point, as all currencies here have.
fn decimal(minor: i64) -> String {
    format!("{}{}.{:02}", if minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100)
}
