//! Whatever befalls the services, the network and our own processes: an order ends, and what was taken and sold is what it
//! says.
//!
//! The services are played here by a few lines that keep to their contracts. Requests get lost on the way there or back,
//! are carried out twice or much later, and processes die before they have written down an answer.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stock {
    Shelf,
    Held,
    Sold,
    Released,
    Expired,
    Returned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Money {
    None,
    Held,
    Declined,
    Captured,
    Voided,
    Refunded,
}

/// Products and payments.
struct Services {
    enough: bool,
    approves: bool,
    stock: Stock,
    money: Money,
    /// What was answered under each key.
    kept: HashMap<Step, Answer>,
}

impl Services {
    fn perform(&mut self, step: Step) -> Answer {
        // Products keeps answers only to what makes a reservation; the others can be repeated anyway.
        let keeps = !matches!(step, Step::Commit | Step::Release | Step::Return);
        if let Some(answer) = self.kept.get(&step).filter(|_| keeps) {
            return *answer;
        }
        let answer = match self.outcome(step) {
            Some((stock, money)) => {
                (self.stock, self.money) = (stock, money);
                let declined = step == Step::Authorise && money == Money::Declined;
                if declined { Answer::Refused } else { Answer::Done }
            }
            None => Answer::Refused,
        };
        self.kept.insert(step, answer);
        answer
    }

    /// What `step` makes of stock and money, if it is possible.
    fn outcome(&self, step: Step) -> Option<(Stock, Money)> {
        let (stock, money) = (self.stock, self.money);
        match (step, stock, money) {
            (Step::Reserve, Stock::Shelf, _) => self.enough.then_some((Stock::Held, money)),
            (Step::Authorise, _, Money::None) if self.approves => Some((stock, Money::Held)),
            (Step::Authorise, _, Money::None) => Some((stock, Money::Declined)),
            (Step::Commit, Stock::Held | Stock::Sold, _) => Some((Stock::Sold, money)),
            (Step::Capture, _, Money::Held | Money::Captured) => Some((stock, Money::Captured)),
            (Step::Release, Stock::Held, _) => Some((Stock::Released, money)),
            (Step::Release, Stock::Released | Stock::Expired, _) => Some((stock, money)),
            (Step::Return, Stock::Sold | Stock::Returned, _) => Some((Stock::Returned, money)),
            (Step::Void, _, Money::Held | Money::Voided) => Some((stock, Money::Voided)),
            (Step::Refund, _, Money::Captured | Money::Refunded) => Some((stock, Money::Refunded)),
            _ => None,
        }
    }
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    /// The provider fails before it has done anything, and says so.
    Failed,
    /// It is on its way, and may arrive any time.
    LostThere,
    LostBack,
    /// It was answered, and our process died before that was written down.
    DiedAfter,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Ask(Fate),
    /// A request that was lost, or a process that should be dead, arrives after all.
    Arrives(usize),
    ReservationExpires,
    /// Somebody else gives up the hold.
    HoldGoes,
    Cancel,
}

struct World {
    services: Services,
    state: State,
    reason: Option<Reason>,
    unanswered: u32,
    late: bool,
    on_the_way: Vec<Step>,
}

impl World {
    fn happens(&mut self, event: Event) {
        match event {
            Event::Ask(fate) => self.ask(fate),
            Event::Arrives(which) => {
                if let Some(step) = self.on_the_way.get(which % self.on_the_way.len().max(1)).copied() {
                    self.services.perform(step);
                }
            }
            Event::ReservationExpires => {
                self.late |= self.services.stock != Stock::Shelf;
                if self.services.stock == Stock::Held {
                    self.services.stock = Stock::Expired;
                }
            }
            Event::HoldGoes if self.services.money == Money::Held => self.services.money = Money::Voided,
            Event::Cancel if self.state == State::Paid => (self.state, self.unanswered) = (State::Refunding, 0),
            Event::HoldGoes | Event::Cancel => {}
        }
    }

    fn ask(&mut self, fate: Fate) {
        let Some(step) = self.state.step() else { return };
        // As the row says before the request is sent.
        self.unanswered += 1;
        let answer = match fate {
            Fate::Answered => self.services.perform(step),
            Fate::Failed if step == Step::Authorise => Answer::NotDone,
            Fate::LostThere | Fate::Failed => Answer::Unknown,
            Fate::LostBack | Fate::DiedAfter => {
                self.services.perform(step);
                Answer::Unknown
            }
        };
        if answer == Answer::Unknown {
            self.on_the_way.push(step);
        } else {
            self.unanswered -= 1;
        }
        let when = When { late: self.late, certain: self.unanswered == 0 };
        let turn = self.state.after(answer, when);
        if turn.state != self.state {
            self.unanswered = 0;
        }
        self.state = turn.state;
        self.reason = self.reason.or(turn.reason);
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let (stock, money) = (self.services.stock, self.services.money);
        match self.state {
            State::Paid => prop_assert_eq!((stock, money), (Stock::Sold, Money::Captured)),
            State::Cancelled => prop_assert_eq!((stock, money), (Stock::Returned, Money::Refunded)),
            State::Failed => {
                let (sold, taken) =
                    (matches!(stock, Stock::Sold | Stock::Held), matches!(money, Money::Held | Money::Captured));
                prop_assert!(!sold && !taken, "{stock:?} {money:?}");
            }
            _ => {}
        }
        let failing = matches!(self.state, State::Releasing | State::Returning | State::Voiding | State::Failed);
        prop_assert_eq!(self.reason.is_some(), failing);
        Ok(())
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let fate = prop_oneof![
        4 => Just(Fate::Answered),
        1 => Just(Fate::Failed),
        1 => Just(Fate::LostThere),
        1 => Just(Fate::LostBack),
        1 => Just(Fate::DiedAfter),
    ];
    prop_oneof![
        12 => fate.prop_map(Event::Ask),
        3 => any::<usize>().prop_map(Event::Arrives),
        1 => Just(Event::ReservationExpires),
        1 => Just(Event::HoldGoes),
        1 => Just(Event::Cancel),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn money_is_taken_and_stock_sold_if_and_only_if_the_order_is_paid(
        enough in proptest::bool::weighted(0.8),
        approves in proptest::bool::weighted(0.8),
        events in proptest::collection::vec(any_event(), 0..40),
    ) {
        let (stock, money, kept) = (Stock::Shelf, Money::None, HashMap::new());
        let services = Services { enough, approves, stock, money, kept };
        let (reason, on_the_way) = (None, Vec::new());
        let mut world = World { services, state: State::Reserving, reason, unanswered: 0, late: false, on_the_way };
        for event in events {
            world.happens(event);
            world.check()?;
        }
        // Once all is well again, it ends within as many requests as the longest way has.
        for _ in 0..7 {
            world.ask(Fate::Answered);
            world.check()?;
        }
        prop_assert!(world.state.step().is_none(), "{:?}", world.state);
        // And what arrives afterwards changes nothing any more.
        for which in 0..world.on_the_way.len() {
            world.happens(Event::Arrives(which));
            world.check()?;
        }
    }

    #[test]
    fn a_provider_that_always_fails_is_given_up_once_the_stock_is_lost(tries in 1..30_usize, doubt: bool) {
        let (stock, money, kept) = (Stock::Shelf, Money::None, HashMap::new());
        let services = Services { enough: true, approves: true, stock, money, kept };
        let (reason, on_the_way) = (None, Vec::new());
        let mut world = World { services, state: State::Reserving, reason, unanswered: 0, late: false, on_the_way };
        world.ask(Fate::Answered);
        if doubt {
            world.ask(Fate::LostThere);
        }
        for _ in 0..tries {
            world.ask(Fate::Failed);
            prop_assert_eq!(world.state, State::Authorising);
        }
        world.happens(Event::ReservationExpires);
        world.ask(Fate::Failed);
        prop_assert_eq!(world.state, if doubt { State::Authorising } else { State::Releasing });
    }
}

#[test]
fn words_lead_back_to_where_they_come_from() {
    for state in State::ALL {
        assert_eq!(State::from_word(state.word()), Some(state));
        assert_eq!(state.step().is_none(), matches!(state, State::Paid | State::Failed | State::Cancelled));
    }
    for reason in Reason::ALL {
        assert_eq!(Reason::from_word(reason.word()), Some(reason));
    }
}
