//! One saga in somebody's hands: where it stands, and all that is needed to ask for its next step.
//!
//! Never touches the database; `store/sagas.rs` reads and writes it.

use jiff::Timestamp;
use uuid::Uuid;

use crate::calls::Trace;
use crate::card::Card;
use crate::model::Money;
use crate::saga::answers::Seen;
use crate::saga::{Answer, State, Turn, When};

/// A saga that is held under a lease.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) order: Uuid,
    pub(crate) state: State,
    /// Whoever has another one now has taken this over.
    pub(crate) lease: Uuid,
    /// How often the step at hand was tried in vain.
    pub(crate) tries: i32,
    /// How many requests of the step at hand have no answer that says what became of them, the one to be sent included.
    pub(crate) unanswered: i32,
    pub(crate) card: Option<Card>,
    pub(crate) hold_seconds: i32,
    pub(crate) reserved_until: Option<Timestamp>,
    /// Products and quantities, in the order's order.
    pub(crate) items: Vec<(Uuid, i32)>,
    pub(crate) total: Option<Money>,
    pub(crate) reservation: Option<Uuid>,
    pub(crate) payment: Option<Uuid>,
    pub(crate) trace: Trace,
}

impl Case {
    /// A checkout that begins.
    pub(crate) fn new(
        order: Uuid,
        lease: Uuid,
        card: Option<Card>,
        hold_seconds: i32,
        items: Vec<(Uuid, i32)>,
        trace: Trace,
    ) -> Self {
        let (state, tries, unanswered) = (State::Reserving, 0, 1);
        let (reserved_until, total, reservation, payment) = (None, None, None, None);
        Self {
            order,
            state,
            lease,
            tries,
            unanswered,
            card,
            hold_seconds,
            reserved_until,
            items,
            total,
            reservation,
            payment,
            trace,
        }
    }

    /// What `answer` to the step at hand leads to. `now` is only for giving up in vain tries.
    pub(crate) fn turn(&self, answer: Answer, now: Timestamp) -> Turn {
        let late = self.reserved_until.is_some_and(|until| until <= now);
        self.state.after(answer, When { late, certain: self.unanswered <= 1 })
    }

    /// The case after that turn, with what was learned from what was seen.
    pub(crate) fn after(&self, turn: Turn, answer: Answer, seen: &Seen) -> Self {
        let mut next = self.clone();
        match seen {
            Seen::Reservation(reservation) if self.reservation.is_none() => {
                next.reservation = Some(reservation.id);
                next.total = Some(reservation.total.clone());
                next.reserved_until = Some(reservation.expires_at);
            }
            Seen::Payment(payment) if self.payment.is_none() => next.payment = Some(payment.id),
            _ => {}
        }
        next.state = turn.state;
        if turn.state == self.state {
            next.tries = self.tries.saturating_add(1);
            next.unanswered = if answer == Answer::Unknown { self.unanswered } else { (self.unanswered - 1).max(0) };
        } else {
            next.tries = 0;
            next.unanswered = i32::from(turn.state.step().is_some());
        }
        if !turn.state.needs_card() {
            next.card = None;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saga::Reason;
    use crate::saga::answers::{Problem, Reservation};

    #[test]
    fn the_card_goes_with_the_decision_and_doubt_with_the_step() {
        let trace = Trace::default();
        let order = Uuid::from_u128(1);
        let case = Case::new(order, Uuid::nil(), Card::parse("4242424242424242"), 600, vec![], trace);
        let now = Timestamp::from_second(1000).expect("a time");
        let lost = Seen::Nothing("lost".into());
        let again = case.after(case.turn(Answer::Unknown, now), Answer::Unknown, &lost);
        assert_eq!((again.state, again.tries, again.unanswered), (State::Reserving, 1, 1));
        let total = Money { minor: 5, currency: "EUR".into() };
        let reservation = Reservation { id: Uuid::from_u128(2), items: vec![], total, expires_at: now };
        let seen = Seen::Reservation(reservation);
        let next = again.after(again.turn(Answer::Done, now), Answer::Done, &seen);
        assert_eq!((next.state, next.tries, next.unanswered), (State::Authorising, 0, 1));
        assert!(next.card.is_some() && next.reservation == Some(Uuid::from_u128(2)));
        // Its time is over, and the only request of this step was answered.
        let failed = Seen::Error(Problem { status: 502, reason: "psp.failed".into(), ..Problem::default() });
        let turn = next.turn(Answer::NotDone, now);
        assert_eq!(turn.reason, Some(Reason::PaymentUnavailable));
        assert_eq!(next.after(turn, Answer::NotDone, &failed).card, None);
        // A process that died left one request without an answer.
        let resumed = Case { unanswered: 2, ..next };
        assert_eq!(resumed.turn(Answer::NotDone, now).reason, None);
    }
}
