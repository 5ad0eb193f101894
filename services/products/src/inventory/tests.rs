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
    let step = prop_oneof![Just(Step::Commit), Just(Step::Release)];
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
                        self.shelf = self.shelf.moved(RETURN, reservation.quantity).expect("was reserved");
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
        let decision = before.decide(step, over);
        if let Some(shift) = decision.shift {
            self.shelf = self.shelf.moved(shift, reservation.quantity).expect("was reserved");
        }
        reservation.state = decision.state;
        let again = reservation.state.decide(step, over);
        prop_assert_eq!(again, Decision { shift: None, ..decision }, "a repetition has the same answer and no effect");
        prop_assert!(before == State::Held || decision.state == before, "what has ended stays as it is");
        let too_late = before == State::Held && over;
        prop_assert!(!too_late || decision.state == State::Expired, "an expired reservation is never sold");
        let wanted = if step == Step::Commit { State::Committed } else { State::Released };
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
    use State::{Committed, Expired, Held, Released};
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
    ] {
        let decision = state.decide(step, over);
        assert_eq!((decision.state, decision.granted), (after, granted), "{state:?} {step:?}");
    }
}

#[test]
fn words_of_the_database_are_those_of_json() {
    for word in ["held", "committed", "released", "expired"] {
        let state = State::from_word(word).expect("a state");
        assert_eq!(serde_json::to_value(state).expect("JSON"), word);
    }
    assert_eq!(State::from_word("sold"), None);
}
