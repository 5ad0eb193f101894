//! A thousand customers to try things with: the same number always makes the same ones.
//!
//! All have the same password, [`PASSWORD`], and the very same hash of it, because a thousand hashes would take half a
//! minute. That is seed data and nothing else: never seed a database that is reachable by others. None is an admin.

use uuid::Uuid;

use crate::ask::Password;
use crate::password::{Failure, hash_with_salt};

/// The most there are.
pub(crate) const MOST: i64 = 100_000;

/// The password of all.
pub(crate) const PASSWORD: &str = "seed data only";

/// The salt of its hash. It hides nothing, and makes every seeding the same.
const SALT: &[u8] = b"supplex seed data";

/// The hash of [`PASSWORD`].
///
/// # Errors
/// When the library refuses.
pub(crate) fn hash() -> Result<String, Failure> {
    hash_with_salt(&Password::given(PASSWORD), SALT)
}

/// The customers of `seed`, with their e-mails and names: `customer-0001@example.com`, `Customer 0001` and so on.
pub(crate) fn customers(seed: u64, count: usize) -> Vec<(Uuid, String, String)> {
    let customer = |number: usize| {
        // Orders know the same customers by the same ids.
        let id = supplex_kit::seed::customer(seed, number as u64);
        (id, format!("customer-{number:04}@example.com"), format!("Customer {number:04}"))
    };
    (1..=count).map(customer).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ask::Email;

    #[test]
    fn a_seed_makes_the_same_customers_and_another_seed_others() {
        let all = customers(1, 1000);
        assert_eq!(all, customers(1, 1000));
        assert_eq!(all[..10], customers(1, 10));
        let ids: HashSet<_> = all.iter().chain(&customers(2, 1000)).map(|customer| customer.0).collect();
        assert_eq!(ids.len(), 2000);
        assert!(all.iter().all(|customer| Email::parse(&customer.1).is_some()));
        assert_eq!(hash().expect("a hash"), hash().expect("a hash"));
    }
}
