//! The windows of all workers as one.
//!
//! Reading takes nothing away and stops nobody, so that whoever wants to know may add up: a worker that saw a failure, the
//! sidecar ten times a second, the admin endpoint.

use super::rules::BUCKETS;
use super::window::{Counts, Window};

/// The ten buckets that end with `period`, the oldest first. `epoch`: only what was counted in this one.
#[must_use]
pub fn buckets(windows: &[Window], period: u64, epoch: Option<u16>) -> [Counts; BUCKETS] {
    let mut merged = [Counts::default(); BUCKETS];
    for (tag, counts) in windows.iter().flat_map(Window::buckets) {
        if epoch.is_some_and(|epoch| epoch != tag.epoch) {
            continue;
        }
        // What is newer than `period` is of a worker whose clock is a little ahead; it counts as of now.
        let age = period.saturating_sub(tag.period);
        let ahead = tag.period.saturating_sub(period);
        let place = (BUCKETS as u64 - 1).checked_sub(age).filter(|_| ahead <= 1);
        if let Some(bucket) = place.and_then(|place| merged.get_mut(place as usize)) {
            bucket.add(counts);
        }
    }
    merged
}

/// The sum of the buckets.
#[must_use]
pub fn total(buckets: &[Counts]) -> Counts {
    let mut total = Counts::default();
    buckets.iter().for_each(|counts| total.add(*counts));
    total
}

#[cfg(test)]
mod tests {
    use super::super::window::{Report, Tag};
    use super::*;

    #[test]
    fn windows_add_up_by_time_and_epoch() {
        let windows: [Window; 2] = Default::default();
        let record = |worker: usize, period, epoch| windows[worker].record(Tag { period, epoch }, Report::default());
        record(0, 11, 1);
        record(1, 11, 1);
        record(0, 20, 1);
        record(1, 19, 0);
        let successes =
            |period, epoch| buckets(&windows, period, epoch).map(|counts| counts.successes).into_iter().enumerate();
        let filled = |period, epoch| successes(period, epoch).filter(|(_, count)| *count > 0).collect::<Vec<_>>();
        assert_eq!(filled(20, Some(1)), [(0, 2), (9, 1)]);
        assert_eq!(filled(20, None), [(0, 2), (8, 1), (9, 1)]);
        assert_eq!(filled(21, Some(1)), [(8, 1)], "what is ten buckets old has gone");
        assert_eq!(filled(19, Some(1)), [(1, 2), (9, 1)], "a little ahead counts as now");
        assert_eq!(filled(15, Some(1)), [(5, 2)], "far ahead counts as nothing");
    }
}
