//! The rules of a checkout and of a cancellation: what is asked of the other services next, and where an answer leads.
//!
//! Pure: it knows no database, no network and no clock. `runner.rs` does what it says, and `store/sagas.rs` writes down
//! each step and each answer together with the state it leads to. Where to read on: `saga/answers.rs` for what the
//! services' answers mean, `saga/laws.rs` for what holds whatever happens, `saga/pause.rs` for when to try again.

pub(crate) mod answers;
pub(crate) mod pause;

#[cfg(test)]
mod laws;

use crate::model::OrderState;

/// Where the work on an order stands. What it is named after is what is being asked for.
///
/// ```text
///            ┌──────────────────────── pending ───────────────────────┐
///  checkout ─▶ reserving ─▶ authorising ─▶ committing ─▶ capturing ────▶ paid
///              │            │              │             │                │ cancel
///              │ not enough │ declined     │ expired     │ refused        ▼
///              │            ▼              │             ▼              refunding      cancelling
///              │          releasing        │           returning          │
///              │            │              ▼             │                ▼
///              │            │            voiding ◀───────┘              giving_back    cancelling
///              ▼            ▼              ▼                              ▼
///              └───────▶  failed  ◀────────┘                            cancelled
/// ```
///
/// An arrow is an answer that decides something. Without one, the same is asked again under the same key, for as long as it
/// takes: a state can be left only by an answer. What takes something back cannot be refused, and is asked again even then.
/// Stock is sold before money is taken, since stock that was sold can be had back, while a reservation that expires
/// between the two would leave money taken for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum State {
    /// Stock is being set aside.
    Reserving,
    /// Money is being held on the card.
    Authorising,
    /// The stock is being sold.
    Committing,
    /// The money is being taken.
    Capturing,
    /// All is done.
    Paid,
    /// The stock that was set aside is being given back.
    Releasing,
    /// The stock that was sold is being given back, as its money cannot be had.
    Returning,
    /// The hold on the card is being given up.
    Voiding,
    /// Nothing was taken and nothing sold.
    Failed,
    /// The money is being given back.
    Refunding,
    /// The stock that was sold is being given back, as the customer changed their mind.
    GivingBack,
    /// All was given back.
    Cancelled,
}

/// What is asked of another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    /// Of products: set stock aside.
    Reserve,
    /// Of payments: hold money.
    Authorise,
    /// Of products: sell what is set aside.
    Commit,
    /// Of payments: take what is held.
    Capture,
    /// Of products: give back what is set aside.
    Release,
    /// Of products: take back what was sold.
    Return,
    /// Of payments: give up the hold.
    Void,
    /// Of payments: give back what was taken.
    Refund,
}

/// What an answer, or the lack of one, means for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It is done, now or already.
    Done,
    /// It is refused, and would be every time.
    Refused,
    /// This time it was certainly not done; another time it may be.
    NotDone,
    /// Nobody knows.
    Unknown,
}

/// What an answer came along with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    /// Whether the reservation's time is over.
    pub(crate) late: bool,
    /// Whether every request of this step has had an answer that says what became of it.
    pub(crate) certain: bool,
}

/// Why an order fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Not everything is there.
    StockInsufficient,
    /// The card refused.
    PaymentDeclined,
    /// The provider of payments failed until the reservation had expired.
    PaymentUnavailable,
    /// The payment took longer than the reservation held.
    ReservationExpired,
    /// The money was held, and then could not be taken.
    PaymentRefused,
}

/// Where an answer leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Where the saga stands from now on.
    pub(crate) state: State,
    /// Why the order fails, when this is what decided it.
    pub(crate) reason: Option<Reason>,
}

impl State {
    const ALL: [Self; 12] = [
        Self::Reserving,
        Self::Authorising,
        Self::Committing,
        Self::Capturing,
        Self::Paid,
        Self::Releasing,
        Self::Returning,
        Self::Voiding,
        Self::Failed,
        Self::Refunding,
        Self::GivingBack,
        Self::Cancelled,
    ];

    /// What is asked for in this state. `None` where the saga rests.
    pub(crate) fn step(self) -> Option<Step> {
        match self {
            Self::Reserving => Some(Step::Reserve),
            Self::Authorising => Some(Step::Authorise),
            Self::Committing => Some(Step::Commit),
            Self::Capturing => Some(Step::Capture),
            Self::Releasing => Some(Step::Release),
            Self::Returning | Self::GivingBack => Some(Step::Return),
            Self::Voiding => Some(Step::Void),
            Self::Refunding => Some(Step::Refund),
            Self::Paid | Self::Failed | Self::Cancelled => None,
        }
    }

    /// Where `answer` to this state's step leads.
    pub(crate) fn after(self, answer: Answer, when: When) -> Turn {
        let fails = |state, reason| Turn { state, reason: Some(reason) };
        let goes_on = |state| Turn { state, reason: None };
        match (self, answer) {
            (Self::Reserving, Answer::Done) => goes_on(Self::Authorising),
            (Self::Reserving, Answer::Refused) => fails(Self::Failed, Reason::StockInsufficient),
            (Self::Authorising, Answer::Done) => goes_on(Self::Committing),
            (Self::Authorising, Answer::Refused) => fails(Self::Releasing, Reason::PaymentDeclined),
            // The stock is lost by then, and the provider itself said each time that nothing is held: it is safe to end this.
            (Self::Authorising, Answer::NotDone) if when.late && when.certain => {
                fails(Self::Releasing, Reason::PaymentUnavailable)
            }
            (Self::Committing, Answer::Done) => goes_on(Self::Capturing),
            (Self::Committing, Answer::Refused) => fails(Self::Voiding, Reason::ReservationExpired),
            (Self::Capturing, Answer::Done) => goes_on(Self::Paid),
            (Self::Capturing, Answer::Refused) => fails(Self::Returning, Reason::PaymentRefused),
            (Self::Returning, Answer::Done) => goes_on(Self::Voiding),
            (Self::Releasing | Self::Voiding, Answer::Done) => goes_on(Self::Failed),
            (Self::Refunding, Answer::Done) => goes_on(Self::GivingBack),
            (Self::GivingBack, Answer::Done) => goes_on(Self::Cancelled),
            _ => goes_on(self),
        }
    }

    /// What the customer sees of it.
    pub(crate) fn of_order(self) -> OrderState {
        match self {
            Self::Paid => OrderState::Paid,
            Self::Failed => OrderState::Failed,
            Self::Refunding | Self::GivingBack => OrderState::Cancelling,
            Self::Cancelled => OrderState::Cancelled,
            Self::Reserving
            | Self::Authorising
            | Self::Committing
            | Self::Capturing
            | Self::Releasing
            | Self::Returning
            | Self::Voiding => OrderState::Pending,
        }
    }

    /// Whether the number of the card is still needed.
    pub(crate) fn needs_card(self) -> bool {
        matches!(self, Self::Reserving | Self::Authorising)
    }

    /// The word for it in the database.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Reserving => "reserving",
            Self::Authorising => "authorising",
            Self::Committing => "committing",
            Self::Capturing => "capturing",
            Self::Paid => "paid",
            Self::Releasing => "releasing",
            Self::Returning => "returning",
            Self::Voiding => "voiding",
            Self::Failed => "failed",
            Self::Refunding => "refunding",
            Self::GivingBack => "giving_back",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state that `word` stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

impl Step {
    /// The word for it in keys, in the database and in metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Authorise => "authorise",
            Self::Commit => "commit",
            Self::Capture => "capture",
            Self::Release => "release",
            Self::Return => "return",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }

    /// The `Idempotency-Key` under which this step of this order is asked for, however often.
    pub(crate) fn key(self, order: uuid::Uuid) -> String {
        format!("order-{order}-{}", self.word())
    }
}

impl Answer {
    /// The word for it in the database and in metrics.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::NotDone => "not_done",
            Self::Unknown => "unknown",
        }
    }
}

impl Reason {
    const ALL: [Self; 5] = [
        Self::StockInsufficient,
        Self::PaymentDeclined,
        Self::PaymentUnavailable,
        Self::ReservationExpired,
        Self::PaymentRefused,
    ];

    /// The word for it in problems, in orders and in the database.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::StockInsufficient => "stock.insufficient",
            Self::PaymentDeclined => "payment.declined",
            Self::PaymentUnavailable => "payment.unavailable",
            Self::ReservationExpired => "reservation.expired",
            Self::PaymentRefused => "payment.refused",
        }
    }

    /// The reason that `word` stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}
