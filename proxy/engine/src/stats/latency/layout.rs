//! Where a latency is counted: the buckets of an HdrHistogram with a unit of 1 us, a range of one hour and two significant
//! digits.
//!
//! The first 256 buckets are 1 us wide. From there on each doubling of the latency has 128 buckets of equal width, so that a
//! bucket is never wider than 1/128 (0.8 %) of the latencies in it. Three digits would need seven times the memory and,
//! worse, spread the same latencies over as many more cache lines, to tell 10.01 ms from 10.05 ms.

/// Significant decimal digits, as an HdrHistogram is told.
pub const DIGITS: u8 = 2;
/// The longest latency that is told apart, in microseconds: an hour. What takes longer counts as this.
pub const LONGEST: u64 = 3_600_000_000;

/// Buckets of each doubling but the first: half of the power of two that holds 2 * 10^[`DIGITS`].
const HALF: u64 = 128;
/// Bits of a latency that the first buckets tell apart one by one.
const BITS: u32 = 8;
const _: () = assert!(1 << BITS == 2 * HALF && 2 * HALF >= 2 * 10_u64.pow(DIGITS as u32));

/// How many buckets there are.
pub const LENGTH: usize = index_of(LONGEST) + 1;
const _: () = assert!(LENGTH <= u16::MAX as usize);

/// The bucket of a latency in microseconds; below [`LENGTH`].
#[must_use]
pub const fn index_of(micros: u64) -> usize {
    let micros = if micros < LONGEST { micros } else { LONGEST };
    // How often it has to be halved until it fits into the first buckets.
    let halvings = u64::BITS - BITS - (micros | (2 * HALF - 1)).leading_zeros();
    halvings as usize * HALF as usize + (micros >> halvings) as usize
}

/// The shortest latency of a bucket, in microseconds.
#[must_use]
pub const fn lowest_of(index: usize) -> u64 {
    let (index, halvings) = (index as u64, halvings_of(index));
    if halvings == 0 { index } else { (index % HALF + HALF) << halvings }
}

/// The longest latency of a bucket, in microseconds.
#[must_use]
pub const fn highest_of(index: usize) -> u64 {
    lowest_of(index) + (1 << halvings_of(index)) - 1
}

const fn halvings_of(index: usize) -> u64 {
    (index as u64 / HALF).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_latencies_have_buckets_of_their_own() {
        for micros in 0..256 {
            let index = index_of(micros);
            assert_eq!((index as u64, lowest_of(index), highest_of(index)), (micros, micros, micros));
        }
    }

    #[test]
    fn a_bucket_begins_where_the_one_before_ended() {
        for index in 1..LENGTH {
            assert_eq!(lowest_of(index), highest_of(index - 1) + 1, "{index}");
            assert_eq!(index_of(lowest_of(index)), index);
        }
        assert!(highest_of(LENGTH - 1) >= LONGEST);
    }

    #[test]
    fn what_takes_longer_than_an_hour_counts_as_an_hour() {
        assert_eq!(index_of(u64::MAX), LENGTH - 1);
        assert_eq!(index_of(LONGEST), LENGTH - 1);
    }
}
