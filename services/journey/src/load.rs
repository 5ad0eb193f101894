//! Many shoppers walk at the same time, each one journey after the other (a closed loop), and are measured.
//!
//! Afterwards the books are compared. Where to read on: `shopper/journey.rs` for what a journey is, `load/record.rs` for
//! what is kept of it, `load/report.rs` for how it is told, `books.rs` for the books.

mod record;
mod report;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::record::Record;
use self::report::Report;
use crate::books;
use crate::client::Client;
use crate::options::{LoadOptions, TargetOptions};
use crate::shopper::Shopper;
use crate::shopper::journey::Habit;
use crate::step::{Exchange, Witness};
use crate::target::Target;

/// For how long new journeys begin when nobody says.
const SECONDS: u32 = 30;

/// Between the first steps of two shoppers: people do not all come at the same moment, and an account costs a core for a
/// while.
const BETWEEN: Duration = Duration::from_millis(100);

/// How often a shopper tries a step again that a service or the gateway could not do just then.
const PATIENCE: u32 = 10;

/// Makes a run. Says whether every journey went as it should and the books agree.
///
/// # Errors
/// In words, when the run could not be made.
pub async fn run(target: &TargetOptions, options: &LoadOptions) -> Result<bool, String> {
    let target = Target::find(target).await?;
    let begun = Instant::now();
    let record = walk(&target, options).await?;
    let took = begun.elapsed();
    let books = match &target.stack {
        Some(layout) => Some(books::compare(layout).await?),
        None => None,
    };
    let report = Report { gateway: target.host.clone(), options: *options, took, record, books };
    report.print(options.json);
    Ok(report.holds())
}

/// Which journeys may still begin.
struct Ticket {
    left: Cell<Option<u32>>,
    until: Option<Instant>,
}

impl Ticket {
    fn new(options: &LoadOptions) -> Self {
        let seconds = options.seconds.or(options.journeys.is_none().then_some(SECONDS));
        let until = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds.into()));
        Self { left: Cell::new(options.journeys), until }
    }

    fn take(&self) -> bool {
        if let Some(left) = self.left.get() {
            self.left.set(Some(left.saturating_sub(1)));
            return left > 0;
        }
        self.until.is_some_and(|until| Instant::now() < until)
    }
}

/// Looks on for one shopper, into the record of all.
struct Watcher(Rc<RefCell<Record>>);

impl Witness for Watcher {
    fn saw(&mut self, exchange: &Exchange<'_>) {
        self.0.borrow_mut().saw(exchange);
    }
}

async fn walk(target: &Target, options: &LoadOptions) -> Result<Record, String> {
    let record = Rc::new(RefCell::new(Record::new()?));
    let ticket = Rc::new(Ticket::new(options));
    let think = Duration::from_millis(options.think.into());
    let shoppers = tokio::task::LocalSet::new();
    for number in 0..options.shoppers {
        let (record, ticket) = (Rc::clone(&record), Rc::clone(&ticket));
        // Each from a network address of its own, as far as the gateway can tell.
        let client = Client::new(target, Some(format!("10.88.{}.{}", number / 250, number % 250 + 1)));
        shoppers.spawn_local(async move {
            tokio::time::sleep(BETWEEN.saturating_mul(number)).await;
            let mut shopper = Shopper::new(client, PATIENCE, Watcher(Rc::clone(&record)));
            let mut habit = Habit::new(number.into(), think);
            while ticket.take() {
                let walked = shopper.walk(&mut habit).await;
                record.borrow_mut().ended(&walked);
                if walked.is_err() {
                    // Whatever it was: a shopper who was sent away does not come back in the same moment.
                    tokio::time::sleep(think.max(Duration::from_millis(100))).await;
                }
            }
        });
    }
    shoppers.await;
    Rc::try_unwrap(record).map(RefCell::into_inner).map_err(|_| "a shopper did not go home".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(seconds: Option<u32>, journeys: Option<u32>) -> LoadOptions {
        LoadOptions { shoppers: 1, seconds, journeys, think: 0, json: false }
    }

    #[test]
    fn so_many_journeys_begin_and_no_more() {
        let ticket = Ticket::new(&options(None, Some(3)));
        assert_eq!((0..9).filter(|_| ticket.take()).count(), 3);
        assert!(Ticket::new(&options(None, None)).take());
        assert!(!Ticket { left: Cell::new(None), until: Some(Instant::now()) }.take());
    }
}
