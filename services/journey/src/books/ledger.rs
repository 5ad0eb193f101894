//! The comparison, order by order. Knows no database.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Money, Units};

/// An order that is paid, or one that is not, whose total and pieces are then nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) currency: String,
    /// In the smallest unit.
    pub(super) minor: i64,
    /// How many pieces of which product.
    pub(super) pieces: BTreeMap<Uuid, i64>,
}

/// All orders, by id.
pub(super) type Orders = BTreeMap<Uuid, Order>;

/// What was captured and not refunded, by what the payment is for and by currency.
pub(super) type Payments = BTreeMap<(String, String), i64>;

/// How many pieces of a product were sold, by what the reservation is for and by product.
pub(super) type Sold = BTreeMap<(String, Uuid), i64>;

/// What the shelves count as sold, by product.
pub(super) type Shelves = BTreeMap<Uuid, i64>;

/// What the comparison comes to.
pub(super) struct Sums {
    pub(super) money: BTreeMap<String, Money>,
    pub(super) units: Units,
    pub(super) others: u64,
    pub(super) differences: Vec<String>,
}

/// Compares what was paid and sold with what was ordered.
pub(super) fn compare(orders: &Orders, payments: &Payments, sold: &Sold) -> Sums {
    let mut sums = Sums { money: BTreeMap::new(), units: Units::default(), others: 0, differences: Vec::new() };
    let mut paid: BTreeMap<Uuid, BTreeMap<&str, i64>> = BTreeMap::new();
    for ((order, currency), minor) in payments {
        match Uuid::parse_str(order) {
            Ok(order) => {
                sums.money.entry(currency.clone()).or_default().captured += minor;
                *paid.entry(order).or_default().entry(currency).or_default() += minor;
            }
            Err(_) if *minor != 0 => sums.others += 1,
            Err(_) => {}
        }
    }
    let mut taken: BTreeMap<Uuid, BTreeMap<Uuid, i64>> = BTreeMap::new();
    for ((order, product), pieces) in sold {
        match Uuid::parse_str(order) {
            Ok(order) => {
                sums.units.sold += pieces;
                *taken.entry(order).or_default().entry(*product).or_default() += pieces;
            }
            Err(_) => sums.others += 1,
        }
    }
    for order in orders.values().filter(|order| order.minor != 0) {
        sums.money.entry(order.currency.clone()).or_default().ordered += order.minor;
    }
    sums.units.ordered = orders.values().flat_map(|order| order.pieces.values()).sum();
    let everything: BTreeSet<&Uuid> = orders.keys().chain(paid.keys()).chain(taken.keys()).collect();
    let (nothing, unpaid, untaken) = (Order::default(), BTreeMap::new(), BTreeMap::new());
    for id in everything {
        let known = orders.get(id);
        let name = if known.is_some() { format!("order {id}") } else { format!("order {id}, which is not there,") };
        let order = known.unwrap_or(&nothing);
        let paid: BTreeMap<&str, i64> =
            paid.get(id).unwrap_or(&unpaid).iter().filter(|(_, minor)| **minor != 0).map(|(c, m)| (*c, *m)).collect();
        let owed: BTreeMap<&str, i64> =
            [(order.currency.as_str(), order.minor)].into_iter().filter(|(_, minor)| *minor != 0).collect();
        if paid != owed {
            sums.differences.push(format!("{name} comes to {owed:?} and was paid with {paid:?}"));
        }
        let taken = taken.get(id).unwrap_or(&untaken);
        if *taken != order.pieces {
            let (ordered, taken): (i64, i64) = (order.pieces.values().sum(), taken.values().sum());
            sums.differences.push(format!("{name} has {ordered} pieces and {taken} were sold for it, or other ones"));
        }
    }
    sums
}

/// Compares what the shelves count as sold with the reservations that were, those of others included.
pub(super) fn compare_shelves(sold: &Sold, shelves: &Shelves) -> Vec<String> {
    let mut by_product: BTreeMap<Uuid, i64> = BTreeMap::new();
    for ((_, product), pieces) in sold {
        *by_product.entry(*product).or_default() += pieces;
    }
    let products: BTreeSet<&Uuid> = by_product.keys().chain(shelves.keys()).collect();
    let count = |of: &BTreeMap<Uuid, i64>, product: &Uuid| of.get(product).copied().unwrap_or_default();
    let differ = |product: &&Uuid| {
        let (reserved, shelf) = (count(&by_product, product), count(shelves, product));
        (reserved != shelf).then(|| format!("product {product}: {shelf} sold by its shelf, {reserved} by reservations"))
    };
    products.iter().filter_map(differ).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: Uuid = Uuid::from_u128(1);
    const FAILED: Uuid = Uuid::from_u128(2);
    const PRODUCT: Uuid = Uuid::from_u128(9);

    fn orders() -> Orders {
        let order = Order { currency: "EUR".into(), minor: 500, pieces: [(PRODUCT, 2)].into() };
        [(ORDER, order), (FAILED, Order { currency: "EUR".into(), ..Order::default() })].into()
    }

    fn payments(of: &[(&str, i64)]) -> Payments {
        of.iter().map(|(order, minor)| (((*order).to_owned(), "EUR".to_owned()), *minor)).collect()
    }

    fn sold(of: &[(&str, i64)]) -> Sold {
        of.iter().map(|(order, pieces)| (((*order).to_owned(), PRODUCT), *pieces)).collect()
    }

    fn differences(paid: &[(&str, i64)], taken: &[(&str, i64)]) -> usize {
        compare(&orders(), &payments(paid), &sold(taken)).differences.len()
    }

    #[test]
    fn books_agree_when_every_order_was_paid_and_sold_once() {
        let (order, failed, stranger) = (ORDER.to_string(), FAILED.to_string(), Uuid::from_u128(3).to_string());
        let sums = compare(&orders(), &payments(&[(&order, 500), (&failed, 0)]), &sold(&[(&order, 2)]));
        assert!(sums.differences.is_empty(), "{:?}", sums.differences);
        assert_eq!(sums.money["EUR"], Money { ordered: 500, captured: 500 });
        assert_eq!((sums.units.ordered, sums.units.sold), (2, 2));
        let good: [&[(&str, i64)]; 2] = [&[(&order, 500)], &[(&order, 2)]];
        // Paid too much, not at all, for an order that failed, for one that nobody knows; and the same of stock.
        assert_eq!(differences(&[(&order, 1000)], good[1]), 1);
        assert_eq!(differences(&[], good[1]), 1);
        assert_eq!(differences(&[(&order, 500), (&failed, 500)], good[1]), 1);
        assert_eq!(differences(&[(&order, 500), (&stranger, 500)], good[1]), 1);
        assert_eq!(differences(good[0], &[(&order, 4)]), 1);
        assert_eq!(differences(good[0], &[]), 1);
        assert_eq!(differences(good[0], &[(&order, 2), (&failed, 1)]), 1);
        assert_eq!(differences(good[0], &[(&order, 2), (&stranger, 1)]), 1);
    }

    #[test]
    fn what_names_no_order_is_left_out_but_counted() {
        let order = ORDER.to_string();
        let sums =
            compare(&orders(), &payments(&[(&order, 500), ("by hand", 7)]), &sold(&[(&order, 2), ("by hand", 1)]));
        assert_eq!((sums.differences.len(), sums.others), (0, 2));
        assert_eq!(sums.money["EUR"].captured, 500);
    }

    #[test]
    fn shelves_count_what_reservations_sold() {
        let sold = sold(&[("by hand", 1), (&ORDER.to_string(), 2)]);
        assert_eq!(compare_shelves(&sold, &[(PRODUCT, 3)].into()), Vec::<String>::new());
        assert_eq!(compare_shelves(&sold, &[(PRODUCT, 2)].into()).len(), 1);
        assert_eq!(compare_shelves(&sold, &Shelves::new()).len(), 1);
    }
}
