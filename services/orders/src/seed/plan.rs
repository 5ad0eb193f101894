//! Who buys what, when, and how it ends. Pure.
//!
//! Ids carry the time at which an order is said to have been made, as those of all orders do, so that a list of orders
//! shows these behind the real ones.

use supplex_kit::seed::{customer, mix};
use uuid::Uuid;

use super::catalogue::Product;

/// The customers who buy: the first ones of the seed.
const CUSTOMERS: u64 = 60;

/// With this much on the shelf an order does not fail for want of stock.
const PLENTY: i64 = 20;

/// When the first of them was made, in milliseconds since 1970: 1 September 2025, 06:00 UTC.
const FIRST: u64 = 1_756_706_400_000;

/// Over how long they are spread: 90 days, in milliseconds.
const SPAN: u64 = 90 * 86_400_000;

/// The test card that is approved.
const GOOD_CARD: &str = "4242424242424242";

/// The test card that is declined.
const DECLINED_CARD: &str = "4000000000000002";

/// How an order is meant to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Paid.
    Paid,
    /// Paid, and cancelled hours later.
    Cancelled,
    /// Failed, because the card refuses.
    Declined,
    /// Failed, because the shelf is empty.
    SoldOut,
}

/// An order that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) id: Uuid,
    pub(super) key: String,
    pub(super) customer: Uuid,
    pub(super) fate: Fate,
    pub(super) card: &'static str,
    /// Product, its name, and how many.
    pub(super) items: Vec<(Uuid, String, i32)>,
    /// When it is said to have been made, in milliseconds since 1970.
    pub(super) made_at: u64,
    /// How long after that it was cancelled, in milliseconds.
    pub(super) cancelled_after: u64,
}

/// A sequence of numbers of its own for each order, so that a larger plan begins with a smaller one.
struct Numbers {
    seed: u64,
    place: u64,
}

impl Numbers {
    fn next(&mut self) -> u64 {
        self.place += 1;
        mix(self.seed, self.place)
    }

    /// Uniform enough below `bound`; 0 when there is nothing to choose from.
    fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or_default()
    }

    fn some<'a, T>(&mut self, of: &[&'a T]) -> Option<&'a T> {
        of.get(self.below(of.len() as u64) as usize).copied()
    }
}

/// The first `count` orders of a seed.
///
/// # Errors
/// In words, when there is nothing to buy.
pub(super) fn orders(seed: u64, count: u32, products: &[Product]) -> Result<Vec<Planned>, String> {
    let plenty: Vec<&Product> = products.iter().filter(|product| product.stock >= PLENTY).collect();
    let none: Vec<&Product> = products.iter().filter(|product| product.stock == 0).collect();
    if plenty.is_empty() {
        return Err("there is nothing to buy: fill the catalogue first, with `svc-products seed`".into());
    }
    Ok((1..=count.into()).map(|number| order(seed, number, &plenty, &none)).collect())
}

fn order(seed: u64, number: u64, plenty: &[&Product], none: &[&Product]) -> Planned {
    let mut numbers = Numbers { seed: mix(seed, number) ^ seed, place: 0 };
    let made_at = FIRST + numbers.below(SPAN);
    let mut random = [0; 10];
    let (first, last) = random.split_at_mut(8);
    first.copy_from_slice(&numbers.next().to_be_bytes());
    last.copy_from_slice(&numbers.next().to_be_bytes()[..2]);
    let fate = match numbers.below(100) {
        0..72 => Fate::Paid,
        72..84 => Fate::Cancelled,
        84..94 => Fate::Declined,
        _ if none.is_empty() => Fate::Paid,
        _ => Fate::SoldOut,
    };
    let mut items: Vec<(Uuid, String, i32)> = Vec::new();
    let wanted = (0..1 + numbers.below(3)).filter_map(|_| Some((numbers.some(plenty)?, 1 + numbers.below(3) as i32)));
    for (product, quantity) in wanted.collect::<Vec<_>>() {
        if items.iter().all(|(id, ..)| *id != product.id) {
            items.push((product.id, product.name.clone(), quantity));
        }
    }
    if let (Fate::SoldOut, Some(product)) = (fate, numbers.some(none)) {
        items.push((product.id, product.name.clone(), 1));
    }
    Planned {
        id: uuid::Builder::from_unix_timestamp_millis(made_at, &random).into_uuid(),
        key: format!("seed-{seed}-{number}"),
        customer: customer(seed, 1 + numbers.below(CUSTOMERS)),
        fate,
        card: if fate == Fate::Declined { DECLINED_CARD } else { GOOD_CARD },
        items,
        made_at,
        cancelled_after: 3_600_000 + numbers.below(47 * 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn products() -> Vec<Product> {
        let product = |number: u128| Product {
            id: Uuid::from_u128(number),
            name: format!("Bar {number}"),
            stock: if number.is_multiple_of(20) { 0 } else { 15 + number as i64 },
        };
        (1..=200).map(product).collect()
    }

    #[test]
    fn a_seed_makes_the_same_orders_and_another_seed_others() {
        let of_one = orders(1, 100, &products()).expect("a plan");
        assert_eq!(of_one, orders(1, 100, &products()).expect("the same"));
        assert_eq!(of_one[..10], orders(1, 10, &products()).expect("a smaller one"));
        let ids: HashSet<_> =
            of_one.iter().chain(&orders(2, 100, &products()).expect("others")).map(|it| it.id).collect();
        assert_eq!(ids.len(), 200);
        assert_eq!(of_one.iter().map(|order| &order.key).collect::<HashSet<_>>().len(), 100);
    }

    #[test]
    fn fates_are_mixed_and_only_empty_shelves_sell_out() {
        let empty = |product: Uuid| product.as_u128().is_multiple_of(20);
        let all = orders(1, 1000, &products()).expect("a plan");
        for fate in [Fate::Paid, Fate::Cancelled, Fate::Declined, Fate::SoldOut] {
            assert!(all.iter().filter(|order| order.fate == fate).count() > 20, "{fate:?}");
        }
        for order in &all {
            assert!((1..=4).contains(&order.items.len()), "{order:?}");
            assert_eq!(order.items.iter().any(|(id, ..)| empty(*id)), order.fate == Fate::SoldOut, "{order:?}");
            assert_eq!(order.items.iter().map(|(id, ..)| id).collect::<HashSet<_>>().len(), order.items.len());
            assert_eq!(order.id.get_version_num(), 7);
            assert!((FIRST..FIRST + SPAN).contains(&order.made_at));
        }
        assert!(orders(1, 1, &[]).is_err());
    }
}
