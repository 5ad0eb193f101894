//! Leases keep to their bound: in no span of time do the workers together admit more than `burst + rate * t + burst / 8`,
//! whatever comes to whom and however late the store answers.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use supplex_engine::config::{LimitId, Rate};
use supplex_engine::limit::{Charge, Entry, Family, Key, Leases, Ruling, Shape, Table, Verdict, Wanted};

const START: u64 = 1_000_000_000_000;

#[derive(Clone, Debug)]
struct Step {
    pause: u64,
    worker: usize,
    cost: u32,
    /// How many of the oldest answers under way arrive before this request.
    arrive: usize,
    /// Whether the next answer is lost.
    lose: bool,
}

fn step(workers: usize) -> impl Strategy<Value = Step> {
    let pause = prop_oneof![6 => 0..2_000_000_u64, 2 => 0..50_000_000_u64, 1 => 0..1_500_000_000_u64];
    let cost = prop_oneof![5 => Just(1), 1 => 1..5_u32];
    (pause, 0..workers, cost, 0..4_usize, prop::bool::weighted(0.05))
        .prop_map(|(pause, worker, cost, arrive, lose)| Step { pause, worker, cost, arrive, lose })
}

struct Question {
    worker: usize,
    wanted: Wanted,
    ruling: Ruling,
    verdict: Verdict,
}

/// Workers with leases on one store whose answers take a while.
struct World {
    workers: Vec<Leases>,
    store: Table,
    under_way: Vec<Question>,
    /// When tokens were spent, and how many. A question is decided by the store at once, so its cost is spent then.
    admitted: Vec<(u64, u64)>,
    asked: u64,
    /// Requests that had to wait for the store.
    waited: u64,
}

impl World {
    fn new(workers: usize) -> Self {
        let leases = (0..workers).map(|seed| Leases::new(16, workers, seed as u64)).collect();
        Self {
            workers: leases,
            store: Table::new(16, 9),
            under_way: Vec::new(),
            admitted: Vec::new(),
            asked: 0,
            waited: 0,
        }
    }

    fn request(&mut self, worker: usize, wanted: Wanted, now: u64) {
        let ruling = self.workers[worker].rule(&[wanted], now);
        if ruling.admits() {
            self.admitted.push((now, u64::from(wanted.charge.cost)));
            if ruling.runs_low()
                && let Some((free, ruling)) = self.workers[worker].refill(&ruling, 0, &wanted, now)
            {
                self.ask(worker, free, ruling, now);
            }
        } else if ruling.refuses() {
            let entry = entry(&wanted, wanted.charge);
            // A remembered refusal is never wrong: the bucket does not hold the cost.
            assert!(!self.store.charge(&[Entry { extra: 0, ..entry }], now).admits(), "refused for nothing");
        } else {
            self.waited += 1;
            if self.ask(worker, wanted, ruling, now) {
                self.admitted.push((now, u64::from(wanted.charge.cost)));
            }
        }
    }

    fn ask(&mut self, worker: usize, wanted: Wanted, ruling: Ruling, now: u64) -> bool {
        self.asked += 1;
        let charges: Vec<Entry> = ruling.questions(&[wanted]).map(|charge| entry(&wanted, charge)).collect();
        let verdict = self.store.charge(&charges, now);
        self.under_way.push(Question { worker, wanted, ruling, verdict });
        verdict.admits()
    }

    fn arrive(&mut self, now: u64, lose: bool) {
        if self.under_way.is_empty() {
            return;
        }
        let Question { worker, wanted, ruling, verdict } = self.under_way.remove(0);
        if lose {
            self.workers[worker].unanswered(&[wanted], &ruling, false);
        } else {
            self.workers[worker].answered(&[wanted], &ruling, &verdict, now);
        }
    }
}

fn entry(wanted: &Wanted, charge: Charge) -> Entry {
    Entry { family: wanted.family, shape: wanted.shape, key: charge.key, cost: charge.cost, extra: charge.extra }
}

fn wanted(shape: Shape, cost: u32, leases: bool) -> Wanted {
    let charge = Charge { limit: LimitId(0), key: Key::new(b"k").unwrap(), cost, extra: 0 };
    Wanted { charge, family: Family::of("l"), shape, leases }
}

fn assert_bounded(admitted: &[(u64, u64)], shape: Shape, over: u64) -> Result<(), TestCaseError> {
    for (first, (start, _)) in admitted.iter().enumerate() {
        let mut sum = 0;
        for (end, tokens) in &admitted[first..] {
            sum += tokens;
            let most = u64::from(shape.burst()) + (end - start) / shape.interval() + over;
            prop_assert!(sum <= most, "{} admitted within {} ns, at most {}", sum, end - start, most);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn the_bound_holds(
        tokens in 1..3000_u32, burst in 1..4000_u32, workers in 1..4_usize,
        steps in vec(step(3), 1..400),
    ) {
        let shape = Shape::new(Rate { tokens, period: Duration::from_secs(1) }, burst);
        let (mut world, mut now) = (World::new(workers), START);
        for Step { pause, worker, cost, arrive, lose } in steps {
            now += pause;
            for _ in 0..arrive {
                world.arrive(now, lose);
            }
            world.request(worker % workers, wanted(shape, cost.min(burst), true), now);
        }
        assert_bounded(&world.admitted, shape, u64::from(burst / 8))?;
    }

    #[test]
    fn without_leases_there_is_no_overshoot(burst in 1..300_u32, steps in vec(step(3), 1..300)) {
        let shape = Shape::new(Rate { tokens: 100, period: Duration::from_secs(1) }, burst);
        let (mut world, mut now) = (World::new(3), START);
        for Step { pause, worker, cost, arrive, lose } in steps {
            now += pause;
            for _ in 0..arrive {
                world.arrive(now, lose);
            }
            world.request(worker, wanted(shape, cost.min(burst), false), now);
        }
        assert_bounded(&world.admitted, shape, 0)?;
    }

    #[test]
    fn what_is_set_aside_comes_back_when_another_limit_refuses(cost in 1..4_u32) {
        let shape = Shape::new(Rate { tokens: 1000, period: Duration::from_secs(1) }, 1000);
        let narrow = Shape::new(Rate { tokens: 1, period: Duration::from_secs(3600) }, 1);
        let (mut leases, mut store) = (Leases::new(16, 1, 1), Table::new(16, 1));
        let wide = wanted(shape, cost, true);
        let other = Wanted { family: Family::of("other"), shape: narrow, leases: false, ..wanted(narrow, 1, false) };
        for turn in 0..3 {
            let ruling = leases.rule(&[wide], START + turn);
            let charges: Vec<Entry> = ruling.questions(&[wide]).map(|charge| entry(&wide, charge)).collect();
            let verdict = store.charge(&charges, START + turn);
            leases.answered(&[wide], &ruling, &verdict, START + turn);
        }
        let held = leases.held(&wide, START + 3);
        prop_assert!(held > cost, "busy keys get leases");
        store.charge(&[entry(&other, other.charge)], START + 3);
        let both = [wide, other];
        let ruling = leases.rule(&both, START + 4);
        prop_assert_eq!(leases.held(&wide, START + 4), held - cost);
        let charges: Vec<Entry> = ruling.questions(&both).map(|charge| entry(&other, charge)).collect();
        let verdict = store.charge(&charges, START + 4);
        prop_assert!(!leases.answered(&both, &ruling, &verdict, START + 4).admits());
        prop_assert_eq!(leases.held(&wide, START + 4), held);
        prop_assert!(leases.rule(&both, START + 5).refuses(), "the refusal is remembered");
        prop_assert_eq!(leases.held(&wide, START + 5), held, "and takes nothing");
    }
}

#[test]
fn a_busy_client_seldom_has_the_store_asked() {
    let shape = Shape::new(Rate { tokens: 1000, period: Duration::from_secs(1) }, 2000);
    let (mut world, mut now) = (World::new(2), START);
    let mut requests = 0;
    while now < START + 5_000_000_000 {
        world.request(requests % 2, wanted(shape, 1, true), now);
        world.arrive(now, false);
        requests += 1;
        now += 2_000_000;
    }
    assert_eq!(world.admitted.len(), requests, "half the rate is never refused");
    assert!(world.asked * 20 < requests as u64, "{} of {requests} were asked for", world.asked);
}

#[test]
fn hardly_a_request_of_a_busy_client_waits_for_the_store() {
    let shape = Shape::new(Rate { tokens: 100_000, period: Duration::from_secs(1) }, 200_000);
    let (mut world, mut now) = (World::new(1), START);
    for request in 0..200_000_u64 {
        world.request(0, wanted(shape, 1, true), now);
        // An answer takes as long as thirty requests.
        while request % 30 == 0 && !world.under_way.is_empty() {
            world.arrive(now, false);
        }
        now += 30_000;
    }
    assert_eq!(world.admitted.len(), 200_000, "a third of the rate is never refused");
    assert!(world.waited < 100, "{} requests waited", world.waited);
    assert!(world.asked < 300, "{} questions in six seconds", world.asked);
}

#[test]
fn abuse_has_the_store_asked_about_once_per_token() {
    let shape = Shape::new(Rate { tokens: 100, period: Duration::from_secs(1) }, 200);
    let (mut world, mut now) = (World::new(2), START);
    let mut requests = 0;
    while now < START + 5_000_000_000 {
        world.request(requests % 2, wanted(shape, 1, true), now);
        world.arrive(now, false);
        requests += 1;
        now += 100_000;
    }
    let admitted = world.admitted.len() as u64;
    assert!((690..=725).contains(&admitted), "{admitted} of {requests} admitted");
    assert!(world.asked < 3 * 700, "{} of {requests} were asked for", world.asked);
}

#[test]
fn an_answer_about_limits_that_have_changed_teaches_nothing() {
    let (hour, key) = (Duration::from_secs(3600), Key::new(b"k").unwrap());
    let old = wanted(Shape::new(Rate { tokens: 1, period: hour }, 1), 1, true);
    let new = wanted(Shape::new(Rate { tokens: 1000, period: Duration::from_secs(1) }, 1000), 1, true);
    assert_eq!((old.charge.key, new.charge.key), (key, key));
    let (mut leases, mut store) = (Leases::new(16, 1, 1), Table::new(16, 1));
    assert!(store.charge(&[entry(&old, old.charge)], START).admits());
    let before = leases.rule(&[old], START);
    let refused = store.charge(&[entry(&old, old.charge)], START);
    leases.clear();
    assert!(!leases.rule(&[new], START + 1).refuses());
    assert!(!leases.answered(&[old], &before, &refused, START + 2).admits(), "it is the answer to its own request");
    assert!(!leases.rule(&[new], START + 3).refuses(), "but not to those under the new limits");
}

#[test]
fn a_million_keys_take_bounded_room() {
    let shape = Shape::new(Rate { tokens: 1, period: Duration::from_secs(3600) }, 1);
    let mut leases = Leases::new(4096, 1, 5);
    for number in 0..1_000_000_u32 {
        let key = Key::new(number.to_string().as_bytes()).unwrap();
        let mut wanted = wanted(shape, 1, true);
        wanted.charge.key = key;
        let ruling = leases.rule(&[wanted], START);
        assert!(!ruling.refuses());
        leases.unanswered(&[wanted], &ruling, false);
    }
    assert!(leases.len() <= 4096);
}
