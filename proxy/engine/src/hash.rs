//! Two small functions of numbers that must come out the same everywhere and always. Neither is for secrets, nor for tables
//! whose keys a client chooses: `limit/keyed.rs` has a seeded hasher for those.

/// The 64-bit FNV-1a hash (Fowler, Noll, Vo 1991).
#[must_use]
pub fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Another number, unrelated to the first one to all appearances (SplitMix64, Steele et al. 2014): of numbers that are the
/// constant apart, one after the other, it makes a random sequence.
#[must_use]
pub fn scramble(number: u64) -> u64 {
    let mixed = number.wrapping_add(GOLDEN);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How far the numbers of a sequence are apart.
pub const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_what_their_papers_say() {
        assert_eq!(fnv1a(*b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(*b"a"), 0xaf63_dc4c_8601_ec8c);
        // The first two numbers of SplitMix64 with the seed 0.
        assert_eq!((scramble(0), scramble(GOLDEN)), (0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4));
    }
}
