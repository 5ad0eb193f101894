//! How many retries an upstream puts up with: a share of its requests, and a few in any case.
//!
//! Without it, retries make an outage worse: every failing request would become two or more. It counts requests and
//! retries over ten seconds, in ten buckets of a second; a retry is allowed as long as there were fewer than `ratio`
//! times the requests plus `min_per_second` for each second. One per worker and upstream, since workers share nothing:
//! `min_per_second` is divided among them. Who may retry at all is decided in `exchange.rs`.

use crate::config;

const SECOND: u64 = 1_000_000_000;
const BUCKETS: usize = 10;

/// Requests and retries of the last ten seconds.
#[derive(Debug)]
pub struct RetryBudget {
    rule: config::RetryBudget,
    workers: u64,
    buckets: [Bucket; BUCKETS],
    /// The second that the newest bucket is for.
    newest: u64,
    sum: Bucket,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    requests: u64,
    retries: u64,
}

impl RetryBudget {
    /// A budget of one of `workers` workers, to which nothing has happened.
    #[must_use]
    pub fn new(rule: config::RetryBudget, workers: usize) -> Self {
        Self { rule, workers: workers.max(1) as u64, buckets: Default::default(), newest: 0, sum: Bucket::default() }
    }

    /// Follows another rule from here on, and keeps what was counted.
    pub fn set_rule(&mut self, rule: config::RetryBudget) {
        self.rule = rule;
    }

    /// Counts a request, whose retries would be charged here, at `now` nanoseconds.
    pub fn request(&mut self, now: u64) {
        self.bucket(now).requests += 1;
        self.sum.requests += 1;
    }

    /// Whether there may be a retry now; if so, it is counted.
    #[must_use = "a retry that is counted should be made"]
    pub fn spend(&mut self, now: u64) -> bool {
        self.bucket(now);
        // In thousandths, and in `workers`ths, so that nothing is rounded.
        let Bucket { requests, retries } = self.sum;
        let minimum = 1_000 * u64::from(self.rule.min_per_second) * BUCKETS as u64;
        let allowed = requests * u64::from(self.rule.per_thousand) * self.workers + minimum;
        if (retries + 1) * 1_000 * self.workers > allowed {
            return false;
        }
        self.bucket(now).retries += 1;
        self.sum.retries += 1;
        true
    }

    /// Requests and retries that count now.
    pub fn counted(&mut self, now: u64) -> (u64, u64) {
        self.bucket(now);
        (self.sum.requests, self.sum.retries)
    }

    /// The bucket of `now`, once those that are too old are forgotten. Time that runs backwards counts as standing still.
    fn bucket(&mut self, now: u64) -> &mut Bucket {
        let second = (now / SECOND).max(self.newest);
        let passed = second - self.newest;
        for step in 1..=passed.min(BUCKETS as u64) {
            let bucket = &mut self.buckets[((self.newest + step) % BUCKETS as u64) as usize];
            self.sum.requests -= bucket.requests;
            self.sum.retries -= bucket.retries;
            *bucket = Bucket::default();
        }
        self.newest = second;
        &mut self.buckets[(second % BUCKETS as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spends(budget: &mut RetryBudget, now: u64) -> usize {
        (0..1_000).take_while(|_| budget.spend(now)).count()
    }

    #[test]
    fn a_fifth_of_the_requests_may_be_retried() {
        let mut budget = RetryBudget::new(config::RetryBudget { per_thousand: 200, min_per_second: 0 }, 4);
        assert_eq!(spends(&mut budget, 0), 0);
        (0..100).for_each(|_| budget.request(0));
        assert_eq!(spends(&mut budget, 9 * SECOND), 20);
        assert_eq!(budget.counted(9 * SECOND), (100, 20));
        assert_eq!(spends(&mut budget, 10 * SECOND), 0, "requests are forgotten after ten seconds");
        assert_eq!(budget.counted(100 * SECOND), (0, 0));
    }

    #[test]
    fn a_few_are_always_allowed_and_workers_share_them() {
        let rule = config::RetryBudget { per_thousand: 200, min_per_second: 3 };
        assert_eq!(spends(&mut RetryBudget::new(rule, 1), 5), 30);
        assert_eq!(spends(&mut RetryBudget::new(rule, 4), 5), 7, "30 over 4, rounded down");
        let mut budget = RetryBudget::new(rule, 2);
        budget.set_rule(config::RetryBudget { per_thousand: 0, min_per_second: 0 });
        assert_eq!(spends(&mut budget, 5), 0);
    }
}
