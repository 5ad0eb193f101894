//! Whatever clients try, in whatever order and however late: nothing is sold twice, and nothing is lost.

use proptest::prelude::*;

use super::*;

/// What there is of one product.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shelf {
    available: i32,
    reserved: i32,
    sold: i32,
}

impl Shelf {
    /// As the database does it: refused when anything would become negative.
    fn moved(self, shift: Shift, quantity: i32) -> Option<Self> {
        let after = Self {
            available: self.available + shift.available * quantity,
            reserved: self.reserved + shift.reserved * quantity,
            sold: self.sold + shift.sold * quantity,
        };
        (after.available >= 0 && after.reserved >= 0 && after.sold >= 0).then_some(after)
    }

    fn sum(self) -> i32 {
        self.available + self.reserved + self.sold
    }
}

#[derive(Clone, Copy, Debug)]
struct Reservation {
    state: State,
    quantity: i32,
    expires_at: u32,
}

#[derive(Clone, Debug)]
enum Event {
    Reserve {
        quantity: i32,
        ttl: u32,
    },
    Step {
        which: usize,
        step: Step,
    },
    /// The background task comes by.
    Sweep,
    Wait(u32),
}

fn any_event() -> impl Strategy<Value = Event> {
    let step = prop_oneof![Just(Step::Commit), Just(Step::Release), Just(Step::Return)];
    prop_oneof![
        4 => (1..8_i32, 1..10_u32).prop_map(|(quantity, ttl)| Event::Reserve { quantity, ttl }),
        6 => (0..20_usize, step).prop_map(|(which, step)| Event::Step { which, step }),
        1 => Just(Event::Sweep),
        2 => (1..6_u32).prop_map(Event::Wait),
    ]
}

/// A shop with one product.
struct Shop {
    now: u32,
    shelf: Shelf,
    reservations: Vec<Reservation>,
}

impl Shop {
    fn happen(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match *event {
            Event::Wait(time) => self.now += time,
            Event::Reserve { quantity, ttl } => {
                let enough = self.shelf.available >= quantity;
                let after = self.shelf.moved(RESERVE, quantity);
                prop_assert_eq!(after.is_some(), enough);
                if let Some(after) = after {
                    self.shelf = after;
                    self.reservations.push(Reservation { state: State::Held, quantity, expires_at: self.now + ttl });
                }
            }
            Event::Step { which, step } => self.step(which, step)?,
            Event::Sweep => {
                for reservation in &mut self.reservations {
                    if reservation.state == State::Held && self.now >= reservation.expires_at {
                        reservation.state = State::Expired;
                        self.shelf = self.shelf.moved(PUT_BACK, reservation.quantity).expect("was reserved");
                    }
                }
            }
        }
        Ok(())
    }

    fn step(&mut self, which: usize, step: Step) -> Result<(), TestCaseError> {
        let count = self.reservations.len().max(1);
        let Some(reservation) = self.reservations.get_mut(which % count) else { return Ok(()) };
        let (before, over) = (reservation.state, self.now >= reservation.expires_at);
        let shelf = self.shelf;
        let decision = before.decide(step, over);
        if let Some(shift) = decision.shift {
            self.shelf = self.shelf.moved(shift, reservation.quantity).expect("was reserved");
        }
        prop_assert!(decision.shift.is_some() || self.shelf == shelf);
        reservation.state = decision.state;
        let again = reservation.state.decide(step, over);
        prop_assert_eq!(again, Decision { shift: None, ..decision }, "a repetition has the same answer and no effect");
        let ended = matches!(before, State::Released | State::Expired | State::Returned);
        prop_assert!(!ended || (decision.state, decision.shift) == (before, None), "what has ended stays as it is");
        let kept = matches!(decision.state, State::Committed | State::Returned);
        prop_assert!(before != State::Committed || kept, "what is sold stays so or comes back");
        let too_late = before == State::Held && over;
        prop_assert!(!too_late || decision.state == State::Expired, "an expired reservation is never sold");
        let returned = decision.state == State::Returned && before != State::Returned;
        prop_assert!(!returned || (before, step) == (State::Committed, Step::Return), "only what was sold comes back");
        let wanted = match step {
            Step::Commit => State::Committed,
            Step::Release => State::Released,
            Step::Return => State::Returned,
        };
        let enough = decision.state == wanted || (step, decision.state) == (Step::Release, State::Expired);
        prop_assert_eq!(decision.granted, enough, "granted is what the client finds to be so");
        Ok(())
    }
}

proptest! {
    #[test]
    fn nothing_is_sold_twice_and_nothing_is_lost(
        stock in 0..40_i32,
        events in proptest::collection::vec(any_event(), 0..80),
    ) {
        let shelf = Shelf { available: stock, reserved: 0, sold: 0 };
        let mut shop = Shop { now: 0, shelf, reservations: Vec::new() };
        for event in events {
            shop.happen(&event)?;
            let of = |state| -> i32 {
                shop.reservations.iter().filter(|it| it.state == state).map(|it| it.quantity).sum()
            };
            prop_assert_eq!(shop.shelf.sum(), stock);
            prop_assert_eq!((shop.shelf.reserved, shop.shelf.sold), (of(State::Held), of(State::Committed)));
        }
    }
}

#[test]
fn every_transition_is_as_it_is_drawn() {
    use State::{Committed, Expired, Held, Released, Returned};
    for (state, over, step, after, granted) in [
        (Held, false, Step::Commit, Committed, true),
        (Held, false, Step::Release, Released, true),
        (Held, true, Step::Commit, Expired, false),
        (Held, true, Step::Release, Expired, true),
        (Committed, true, Step::Commit, Committed, true),
        (Committed, false, Step::Release, Committed, false),
        (Released, false, Step::Commit, Released, false),
        (Released, true, Step::Release, Released, true),
        (Expired, true, Step::Commit, Expired, false),
        (Expired, true, Step::Release, Expired, true),
        (Committed, false, Step::Return, Returned, true),
        (Committed, true, Step::Return, Returned, true),
        (Returned, true, Step::Return, Returned, true),
        (Returned, false, Step::Commit, Returned, false),
        (Returned, false, Step::Release, Returned, false),
        (Held, false, Step::Return, Held, false),
        (Held, true, Step::Return, Expired, false),
        (Released, false, Step::Return, Released, false),
        (Expired, true, Step::Return, Expired, false),
    ] {
        let decision = state.decide(step, over);
        assert_eq!((decision.state, decision.granted), (after, granted), "{state:?} {step:?}");
    }
}

/// Every sequence of steps there is, up to six of them, each in time or not: not only those that chance comes across.
#[test]
fn every_sequence_of_steps_keeps_the_sum_and_ends_where_its_state_says() {
    const QUANTITY: i32 = 3;
    fn walk(state: State, shelf: Shelf, over: bool, left: u32) {
        let owned = match state {
            State::Held => (0, QUANTITY, 0),
            State::Committed => (0, 0, QUANTITY),
            State::Released | State::Expired | State::Returned => (QUANTITY, 0, 0),
        };
        assert_eq!((shelf.available, shelf.reserved, shelf.sold), owned, "{state:?}");
        if left == 0 {
            return;
        }
        for step in [Step::Commit, Step::Release, Step::Return] {
            // Once its time is over, it stays so.
            for later in [false, true].into_iter().filter(|later| *later || !over) {
                let decision = state.decide(step, later);
                let moved = decision.shift.map_or(Some(shelf), |shift| shelf.moved(shift, QUANTITY));
                walk(decision.state, moved.expect("nothing becomes negative"), later, left - 1);
            }
        }
    }
    walk(State::Held, Shelf { available: 0, reserved: QUANTITY, sold: 0 }, false, 6);
}

#[test]
fn words_of_the_database_are_those_of_json() {
    for word in ["held", "committed", "released", "expired", "returned"] {
        let state = State::from_word(word).expect("a state");
        assert_eq!(serde_json::to_value(state).expect("JSON"), word);
    }
    assert_eq!(State::from_word("sold"), None);
}
