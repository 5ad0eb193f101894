//! Defects on purpose, to prove that the laws can be broken and that it is noticed.

/// What a world gets wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// Nothing: the engine and the models as they are.
    None,
    /// Redis says yes now and then without taking anything.
    ForgetsToCharge,
    /// A worker spends every lease twice.
    SpendsTwice,
    /// A worker does not ask the breaker.
    IgnoresBreakers,
    /// A worker retries without asking the budget.
    IgnoresBudget,
    /// A worker forgets the exchange of a question whose time is over.
    ForgetsExchanges,
    /// A place among those in flight is not given back when the client leaves.
    KeepsPlaces,
}

impl Mutation {
    /// Every defect, with words of the law that it breaks.
    pub(crate) const ALL: [(Mutation, &str); 6] = [
        (Mutation::ForgetsToCharge, "more was admitted than the limit allows"),
        (Mutation::SpendsTwice, "more was admitted than the limit allows"),
        (Mutation::IgnoresBreakers, "whose breaker is open"),
        (Mutation::IgnoresBudget, "retries of"),
        (Mutation::ForgetsExchanges, "every exchange has one timer"),
        (Mutation::KeepsPlaces, "places have one owner"),
    ];
}
