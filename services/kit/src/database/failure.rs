//! Why a store did not do what it was asked to, with room for what the service itself refuses.
//!
//! A store's functions return `Result<_, Failure<Refused>>`, where `Refused` is a small enum of the service, and pass on
//! whatever the database says with `?`. What becomes of it for a client is decided here for all services.

use deadpool_postgres::PoolError;

use super::QueryError;
use crate::Problem;

/// Why a store did not do what it was asked to. `R`: what the service itself refuses.
#[derive(Debug)]
pub enum Failure<R> {
    /// The database did not do it.
    Query(QueryError),
    /// The service's own rules do not allow it.
    Refused(R),
    /// What is in the database contradicts itself, or is none of what this program knows; or an answer cannot be written.
    Damaged,
}

impl<R> From<QueryError> for Failure<R> {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl<R> From<tokio_postgres::Error> for Failure<R> {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Query(error.into())
    }
}

impl<R> From<PoolError> for Failure<R> {
    fn from(error: PoolError) -> Self {
        Self::Query(error.into())
    }
}

/// An answer is written inside of the transaction that it is about.
impl<R> From<serde_json::Error> for Failure<R> {
    fn from(error: serde_json::Error) -> Self {
        tracing::error!(%error, "an answer cannot be written");
        Self::Damaged
    }
}

impl<R: std::fmt::Display> std::fmt::Display for Failure<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Query(error) => error.fmt(f),
            Self::Refused(refused) => refused.fmt(f),
            Self::Damaged => f.write_str(DAMAGED),
        }
    }
}

const DAMAGED: &str = "what is in the database contradicts itself";

impl<R: std::fmt::Debug + std::fmt::Display> std::error::Error for Failure<R> {}

impl<R: Into<Problem>> From<Failure<R>> for Problem {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::Query(error) => error.into(),
            Failure::Refused(refused) => refused.into(),
            Failure::Damaged => {
                tracing::error!("{DAMAGED}");
                Problem::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct NoThing;

    impl From<NoThing> for Problem {
        fn from(_: NoThing) -> Self {
            Problem::not_found("There is no such thing.")
        }
    }

    #[test]
    fn a_client_learns_what_the_service_refuses_and_nothing_of_what_is_damaged() {
        assert_eq!(Problem::from(Failure::Refused(NoThing)), Problem::not_found("There is no such thing."));
        assert_eq!(Problem::from(Failure::<NoThing>::Damaged), Problem::internal());
    }
}
