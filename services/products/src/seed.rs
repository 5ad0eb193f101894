//! A believable catalogue, made from a number: the same number always makes the same products, ids included.
//!
//! Never touches the database; `store.rs` writes what this makes. Where to read on: `seed/lines.rs` for what shops sell.

mod lines;

use self::lines::{BRANDS, Brand, LINES, Line};
use crate::model::NewProduct;
use crate::money::Money;

/// The most different products there are: every line of every brand in every size.
pub(crate) const MOST: i64 = 600;

/// A sequence of numbers by SplitMix64. It is written out here because the catalogue of a seed must stay the same
/// whatever a library of random numbers changes.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform enough below `bound`, which is small and not zero.
    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// The first `count` of `items` in random order.
    fn some<T: Copy>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut items = items.to_vec();
        let count = count.min(items.len());
        for place in 0..count {
            let other = place + self.below(items.len() - place);
            items.swap(place, other);
        }
        items.truncate(count);
        items
    }
}

/// The catalogue of `seed` with `count` products, at most [`MOST`], all different. A larger one begins with a smaller.
pub(crate) fn catalogue(seed: u64, count: usize) -> Vec<NewProduct> {
    let mut numbers = Numbers(seed);
    let everything: Vec<(&Brand, &Line, usize)> = BRANDS
        .iter()
        .flat_map(|brand| LINES.iter().map(move |line| (brand, line)))
        .flat_map(|(brand, line)| (0..line.sizes.len()).map(move |size| (brand, line, size)))
        .collect();
    let chosen = numbers.some(&everything, everything.len());
    let choose = |(index, (brand, line, size))| product(seed, index, brand, line, size);
    chosen.into_iter().take(count).enumerate().map(choose).collect()
}

fn product(seed: u64, index: usize, brand: &Brand, line: &Line, size: usize) -> NewProduct {
    // Each product has a sequence of its own, so that a change to one of them leaves the others as they are.
    let mut numbers = Numbers(seed ^ (index as u64).wrapping_mul(0xd6e8_feb8_6659_fd93));
    let (packed, servings) = line.sizes[size];
    let mut id = [0; 16];
    id[..8].copy_from_slice(&numbers.next().to_be_bytes());
    id[8..].copy_from_slice(&numbers.next().to_be_bytes());
    let flavours = if line.flavours.is_empty() {
        vec!["Unflavoured"]
    } else {
        let count = 1 + numbers.below(line.flavours.len());
        numbers.some(line.flavours, count)
    };
    NewProduct {
        id: uuid::Builder::from_custom_bytes(id).into_uuid(),
        name: format!("{} {}, {packed}", brand.name, line.name),
        brand: brand.name.to_owned(),
        category: line.category.to_owned(),
        flavours: flavours.into_iter().map(str::to_owned).collect(),
        servings,
        price: price(brand, line, servings, numbers.below(11)),
        description: format!("{} {} {servings} servings.", line.description, brand.promise),
        stock: stock(&mut numbers),
    }
}

/// Larger packs cost less per serving, dear brands more, and shops like prices that end in 90.
fn price(brand: &Brand, line: &Line, servings: i32, wobble: usize) -> Money {
    let list = f64::from(servings).powf(0.88) * line.cents_per_serving * brand.dearness;
    let wobbled = list * (0.95 + wobble as f64 / 100.0);
    let minor = ((wobbled / 100.0).round().max(3.0) as i64) * 100 - 10;
    Money { minor, currency: "EUR".to_owned() }
}

/// Most products are well stocked, some nearly gone, one in twenty sold out.
fn stock(numbers: &mut Numbers) -> i32 {
    let number = match numbers.below(20) {
        0 => 0,
        1..=4 => 1 + numbers.below(10),
        _ => 20 + numbers.below(480),
    };
    number as i32
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_seed_makes_the_same_catalogue_and_another_seed_another() {
        let catalogue_of_one = catalogue(1, 200);
        assert_eq!(catalogue_of_one, catalogue(1, 200));
        assert_eq!(catalogue_of_one[..50], catalogue(1, 50));
        assert_ne!(catalogue_of_one, catalogue(2, 200));
    }

    #[test]
    fn every_product_is_different_and_believable() {
        let all = catalogue(7, MOST as usize);
        assert_eq!(all.len(), MOST as usize, "MOST says how many there are");
        assert_eq!(all.iter().map(|product| product.id).collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all.iter().map(|product| &product.name).collect::<HashSet<_>>().len(), all.len());
        for product in &all {
            assert!((290..=15_000).contains(&product.price.minor), "{product:?}");
            assert_eq!(product.price.minor % 100, 90, "{product:?}");
            assert!(!product.flavours.is_empty() && product.servings > 0 && product.stock >= 0, "{product:?}");
        }
        let sold_out = all.iter().filter(|product| product.stock == 0).count();
        assert!((1..all.len() / 8).contains(&sold_out), "{sold_out} sold out");
    }
}
