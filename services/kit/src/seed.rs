//! Data to try things with: the same number always makes the same, in every service and in every version.
//!
//! Services fill their own databases and no other one. What they have to agree on without asking each other is here: how
//! numbers are drawn, and who the customers are.

use uuid::Uuid;

/// The number with this place in the sequence of a seed, by the finaliser of SplitMix64. It is written out here because the
/// data of a seed must stay the same whatever a library of random numbers changes.
#[must_use]
pub fn mix(seed: u64, place: u64) -> u64 {
    let x = seed.wrapping_mul(0xd6e8_feb8_6659_fd93).wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The id of a customer of a seed; the first one has the number 1.
#[must_use]
pub fn customer(seed: u64, number: u64) -> Uuid {
    let mut id = [0; 16];
    let (first, last) = id.split_at_mut(8);
    first.copy_from_slice(&mix(seed, number.wrapping_mul(2)).to_be_bytes());
    last.copy_from_slice(&mix(seed, number.wrapping_mul(2).wrapping_add(1)).to_be_bytes());
    uuid::Builder::from_custom_bytes(id).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn customers_of_a_seed_never_change() {
        assert_eq!(customer(1, 1), customer(1, 1));
        assert_ne!(customer(1, 1), customer(2, 1));
        assert_ne!(customer(1, 1), customer(1, 2));
        assert_eq!(customer(1, 1).get_version_num(), 8);
    }
}
