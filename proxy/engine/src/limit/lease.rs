//! What a worker decides without asking the store: from leases, and from refusals that it remembers.
//!
//! A *lease* is a few tokens of one bucket that a worker took when it had to ask anyway, to spend them on the requests
//! that follow. Only keys that are busy get one, and only while their bucket is well filled: an eighth of what is left,
//! divided by the workers, and never more than [`LEASE_MOST`]. Within that it is as large as what the key spends in some
//! tenths of a second, and half spent it is filled up in the background, so that hardly a request waits. A bucket that
//! runs dry is decided by the store, request by request, and nobody sits on its last tokens. A lease that is not spent
//! within [`LIFE`] is void; its tokens are lost.
//!
//! **The bound.** Leased tokens have been taken from the bucket, so they are never spent twice. All that a lease changes
//! is when: tokens taken before a span of time may be spent within it. At any moment one worker holds, or has under way,
//! at most `min(burst / (8 * workers), 4096)` unspent tokens of a bucket. Within any `t` seconds one gateway therefore
//! admits at most `burst + rate * t + burst / 8` tokens, and `n` gateways on one Redis `burst + rate * t + n * burst / 8`.
//! (`tests/properties/leases.rs` holds it to this.) With a burst below `8 * workers` there are no leases.
//!
//! A *refusal* holds until the bucket could cover the cost, because nothing but time fills a bucket. Until then it is
//! repeated without asking, so that abuse costs the store nothing.

mod ruling;

pub use ruling::{Ruling, Standing};

use super::keyed::{Family, Keyed};
use super::{Balance, CHARGES_MOST, Charge, Shape, Verdict};

/// The most tokens of one lease.
const LEASE_MOST: u32 = 4096;
/// The tokens of the first lease of a key, if its bucket allows as many.
const LEASE_FIRST: u32 = 32;
/// A lease that was half spent in fewer nanoseconds than this was too small: the next is twice as large.
const BRIEF: u64 = 100_000_000;
/// One for which that took longer was too large: the next is half as large, so that little is lost when the key falls
/// silent.
const LONG: u64 = 400_000_000;
/// Nanoseconds after which an unspent lease is void.
const LIFE: u64 = 1_000_000_000;
/// A key is busy when it comes again within so many nanoseconds.
const BUSY: u64 = 100_000_000;
/// A lease is at most one part in so many of what the workers together might take.
const CAUTION: u32 = 8;

/// A charge as a request wants it, with what is needed to decide it here.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The charge; its extra is ignored.
    pub charge: Charge,
    /// The limit, over reloads.
    pub family: Family,
    /// How its buckets are.
    pub shape: Shape,
    /// Whether leases may be taken.
    pub leases: bool,
}

/// What a worker knows of one bucket.
#[derive(Clone, Copy, Debug, Default)]
struct Holding {
    /// Unspent tokens, until `void_at`, which is [`LIFE`] after some came last.
    tokens: u32,
    void_at: u64,
    /// How many tokens the next lease should have, by how long the last ones lasted. At least [`LEASE_FIRST`] once there
    /// was one.
    size: u32,
    /// The tokens there were when some came last: fewer than `size` was then if the bucket had no more to give.
    full: u32,
    /// When extra tokens were asked for that have not come.
    asking_since: Option<u64>,
    /// When a request of this key came last.
    used_at: u64,
    /// The store's tokens at `seen_at`.
    remaining: u32,
    seen_at: u64,
    /// Until then the bucket does not hold `refused_cost`.
    refused_until: u64,
    refused_cost: u32,
}

impl Holding {
    fn may_go(&self, now: u64) -> bool {
        let spent = self.tokens == 0 || self.void_at <= now;
        let idle = self.used_at.saturating_add(BUSY) <= now;
        spent && idle && self.refused_until <= now && self.asking_since.is_none()
    }

    fn leased(&self, now: u64) -> u32 {
        if self.void_at > now { self.tokens } else { 0 }
    }

    /// What the store's bucket holds now, if nobody else took of it since.
    fn estimate(&self, shape: Shape, now: u64) -> u32 {
        let refilled = shape.tokens_in(now.saturating_sub(self.seen_at));
        self.remaining.saturating_add(refilled).min(shape.burst())
    }

    fn balance(&self, shape: Shape, now: u64, left: u32) -> Balance {
        let remaining = self.estimate(shape, now).saturating_add(left).min(shape.burst());
        Balance { covered: true, remaining, full_after: shape.worth(shape.burst() - remaining), ..Balance::default() }
    }

    /// How many tokens to ask for beyond the cost.
    fn extra(&self, wanted: &Wanted, workers: u32, now: u64) -> u32 {
        let busy = self.used_at != 0 && now.saturating_sub(self.used_at) < BUSY;
        let waiting = self.asking_since.is_some_and(|since| now.saturating_sub(since) < LIFE);
        if !wanted.leases || !busy || waiting {
            return 0;
        }
        let fair = self.estimate(wanted.shape, now) / workers.saturating_mul(CAUTION).max(1);
        fair.min(self.size.max(LEASE_FIRST)).saturating_sub(self.leased(now))
    }

    fn is_low(&self, left: u32) -> bool {
        left < self.full / 2 && self.asking_since.is_none()
    }

    /// Adds tokens that came. None at all change nothing: what is there does not live longer for having been asked for.
    fn fill(&mut self, granted: u32, now: u64) {
        if granted == 0 {
            return;
        }
        let lasted = now.saturating_sub(self.void_at.saturating_sub(LIFE));
        self.tokens = self.leased(now).saturating_add(granted);
        self.full = self.tokens;
        self.void_at = now.saturating_add(LIFE);
        let size = match lasted {
            0..BRIEF => self.size.saturating_mul(2),
            BRIEF..LONG => self.size,
            LONG.. => self.size / 2,
        };
        self.size = size.clamp(LEASE_FIRST, LEASE_MOST);
    }
}

/// The leases and remembered refusals of one worker.
#[derive(Debug)]
pub struct Leases {
    holdings: Keyed<Holding>,
    workers: u32,
    /// Counts the changes of limits: what was asked under others teaches nothing about these.
    era: u32,
}

impl Leases {
    /// Room for so many keys (at least 8), in one of so many workers. `seed` should be random.
    #[must_use]
    pub fn new(most: usize, workers: usize, seed: u64) -> Self {
        let workers = u32::try_from(workers).unwrap_or(u32::MAX).max(1);
        Self { holdings: Keyed::new(most, seed), workers, era: 0 }
    }

    /// Decides what can be decided here. If the store must be asked, what leases cover is set aside:
    /// [`Leases::answered`] or [`Leases::unanswered`] must follow. Charges beyond [`CHARGES_MOST`] are left out.
    pub fn rule(&mut self, wanted: &[Wanted], now: u64) -> Ruling {
        let mut standings = [Standing::Ask { extra: 0 }; CHARGES_MOST];
        let mut slots = [0; CHARGES_MOST];
        for ((wanted, standing), slot) in wanted.iter().zip(&mut standings).zip(&mut slots) {
            *slot = self.holdings.place(wanted.family, &wanted.charge.key, |holding| holding.may_go(now));
            if let Some(holding) = self.holdings.get_mut(*slot) {
                *standing = stand(holding, wanted, self.workers, now);
                holding.used_at = now.max(1);
            }
        }
        let length = wanted.len().min(CHARGES_MOST);
        let mut ruling = Ruling { standings, length, slots, at: now, low: false, era: self.era };
        if !ruling.refuses() {
            let mut low = false;
            for ((wanted, standing), slot) in wanted.iter().zip(ruling.standings()).zip(slots) {
                let Some(holding) = self.holdings.get_mut(slot) else { continue };
                match standing {
                    Standing::Leased(_) => {
                        holding.tokens = holding.tokens.saturating_sub(wanted.charge.cost);
                        low |= holding.is_low(holding.tokens);
                    }
                    Standing::Ask { extra } if *extra > 0 => holding.asking_since = Some(now),
                    Standing::Ask { .. } | Standing::Remembered(_) => {}
                }
            }
            ruling.low = low;
        }
        ruling
    }

    /// What to ask the store so that a lease does not run out: a charge that costs nothing and wants extra tokens, if the
    /// lease is half spent and its bucket well filled. `wanted` is the charge at this position of the ruling, which was
    /// made a moment ago. The answer goes to [`Leases::answered`] or [`Leases::unanswered`], with the charge and the ruling
    /// that are returned here.
    pub fn refill(&mut self, ruling: &Ruling, at: usize, wanted: &Wanted, now: u64) -> Option<(Wanted, Ruling)> {
        let (workers, era) = (self.workers, self.era);
        let slot = *ruling.slots.get(at)?;
        if !self.holdings.is(slot, wanted.family, &wanted.charge.key) {
            return None;
        }
        let holding = self.holdings.get_mut(slot).filter(|holding| holding.is_low(holding.leased(now)))?;
        let extra = holding.extra(wanted, workers, now);
        if extra == 0 {
            return None;
        }
        holding.asking_since = Some(now);
        let mut standings = [Standing::Ask { extra: 0 }; CHARGES_MOST];
        if let Some(first) = standings.first_mut() {
            *first = Standing::Ask { extra };
        }
        let free = Wanted { charge: Charge { cost: 0, ..wanted.charge }, ..*wanted };
        Some((free, Ruling { standings, length: 1, slots: [slot; CHARGES_MOST], at: now, low: false, era }))
    }

    /// Takes in what the store said to the questions of `ruling`. Returns the balances of all charges, in their order.
    pub fn answered(&mut self, wanted: &[Wanted], ruling: &Ruling, verdict: &Verdict, now: u64) -> Verdict {
        let is_current = ruling.era == self.era;
        let mut said = verdict.balances().iter();
        let mut balances = [Balance::default(); CHARGES_MOST];
        for ((wanted, standing), balance) in wanted.iter().zip(ruling.standings()).zip(&mut balances) {
            match standing {
                Standing::Leased(estimate) | Standing::Remembered(estimate) => *balance = *estimate,
                Standing::Ask { extra } => {
                    *balance = said.next().copied().unwrap_or_default();
                    if is_current {
                        self.learn(wanted, *extra, *balance, ruling.at, now);
                    }
                }
            }
        }
        if is_current && !verdict.admits() {
            self.give_back(wanted, ruling);
        }
        Verdict::new(balances.get(..ruling.length).unwrap_or_default())
    }

    /// Notes that the store did not answer in time. Leases that were set aside are spent if the request is `admitted` all
    /// the same; whatever the store took is lost.
    pub fn unanswered(&mut self, wanted: &[Wanted], ruling: &Ruling, admitted: bool) {
        if ruling.era != self.era {
            return;
        }
        for (wanted, standing) in wanted.iter().zip(ruling.standings()) {
            if let (Standing::Ask { extra: 1.. }, Some(holding)) = (standing, self.find(wanted))
                && holding.asking_since == Some(ruling.at)
            {
                holding.asking_since = None;
            }
        }
        if !admitted {
            self.give_back(wanted, ruling);
        }
    }

    /// Forgets everything, because limits have changed. Answers to what was asked before are not learnt from.
    pub fn clear(&mut self) {
        self.era = self.era.wrapping_add(1);
        self.holdings.clear();
    }

    /// Unspent tokens held for this charge's bucket.
    #[must_use]
    pub fn held(&self, wanted: &Wanted, now: u64) -> u32 {
        let slot = self.holdings.find(wanted.family, &wanted.charge.key);
        slot.and_then(|slot| self.holdings.get(slot)).map_or(0, |holding| holding.leased(now))
    }

    /// How many keys are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.holdings.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn find(&mut self, wanted: &Wanted) -> Option<&mut Holding> {
        let slot = self.holdings.find(wanted.family, &wanted.charge.key)?;
        self.holdings.get_mut(slot)
    }

    fn learn(&mut self, wanted: &Wanted, extra: u32, balance: Balance, asked_at: u64, now: u64) {
        let cost = wanted.charge.cost;
        // A holding that was forgotten while the store was asked gets nothing: another question may be under way.
        let Some(holding) = self.find(wanted) else { return };
        (holding.remaining, holding.seen_at) = (balance.remaining, now);
        if extra > 0 && holding.asking_since == Some(asked_at) {
            holding.asking_since = None;
            holding.fill(balance.granted.min(extra), now);
        }
        if !balance.covered {
            // Counted from when it was asked, so that nothing is refused which the store would let pass.
            holding.refused_until = asked_at.saturating_add(balance.retry_after);
            holding.refused_cost = cost;
        }
    }

    fn give_back(&mut self, wanted: &[Wanted], ruling: &Ruling) {
        for (wanted, standing) in wanted.iter().zip(ruling.standings()) {
            // A lease that was void or replaced meanwhile takes nothing back beyond its bound.
            let most = (wanted.shape.burst() / self.workers.saturating_mul(CAUTION).max(1)).min(LEASE_MOST);
            if let (Standing::Leased(_), Some(holding)) = (standing, self.find(wanted))
                && holding.asking_since.is_none()
            {
                holding.tokens = holding.tokens.saturating_add(wanted.charge.cost).min(most);
            }
        }
    }
}

fn stand(holding: &Holding, wanted: &Wanted, workers: u32, now: u64) -> Standing {
    let (cost, shape) = (wanted.charge.cost, wanted.shape);
    let leased = holding.leased(now);
    if wanted.leases && leased >= cost {
        return Standing::Leased(holding.balance(shape, now, leased - cost));
    }
    if holding.refused_until > now && cost >= holding.refused_cost {
        let more = shape.worth(cost - holding.refused_cost);
        let retry_after = (holding.refused_until - now).saturating_add(more);
        return Standing::Remembered(Balance { covered: false, retry_after, ..holding.balance(shape, now, 0) });
    }
    Standing::Ask { extra: holding.extra(wanted, workers, now) }
}
