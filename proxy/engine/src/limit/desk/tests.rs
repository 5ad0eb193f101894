//! The ways out when a store does not answer, and what becomes of leases then.

use super::*;
use crate::config::{KeySource, LimitId, LimitMode, OnStoreError, Precision, Rate};
use crate::limit::{Balance, Charge, Family, Key, Shape, Standing};

const WORKERS: usize = 2;

/// Limits of 8 tokens per second and bucket: a worker's share of them is 4.
fn limits(ways: &[OnStoreError]) -> Vec<Limit> {
    let limit = |(number, way): (usize, &OnStoreError)| Limit {
        name: number.to_string().into(),
        rate: Rate { tokens: 8, period: Duration::from_secs(1) },
        burst: 8,
        key: KeySource::Global,
        store: Store::Redis,
        mode: LimitMode::Enforce,
        precision: Precision::Lease,
        on_store_error: *way,
        exempt: Vec::new(),
    };
    ways.iter().enumerate().map(limit).collect()
}

fn wanted(limits: &[Limit]) -> Vec<Wanted> {
    let wanted = |(number, limit): (u16, &Limit)| Wanted {
        charge: Charge { limit: LimitId(number), key: Key::new(b"k").expect("short"), cost: 1, extra: 0 },
        family: Family::of(&limit.name),
        shape: Shape::of(limit),
        leases: true,
    };
    (0..).zip(limits).map(wanted).collect()
}

/// What a worker decides about one request after the other while the store is away.
fn alone(desk: &mut Desk, limits: &[Limit]) -> Alone {
    let wanted = wanted(limits);
    let ruling = desk.rule(&wanted, 1);
    desk.without_store(limits, &wanted, &ruling, 1)
}

#[test]
fn each_way_out_is_what_it_says() {
    let mut desk = Desk::new(8, 8, WORKERS, 1);
    let open = limits(&[OnStoreError::Open]);
    assert!((0..100).all(|_| alone(&mut desk, &open) == Alone::Decided([None; 4])));
    let closed = limits(&[OnStoreError::Local, OnStoreError::Closed]);
    assert_eq!(alone(&mut desk, &closed), Alone::Closed(LimitId(1)));
    let mixed = limits(&[OnStoreError::Open, OnStoreError::Local]);
    for left in [3, 2, 1, 0] {
        let Alone::Decided([None, Some(balance), None, None]) = alone(&mut desk, &mixed) else { panic!("one bucket") };
        assert_eq!((balance.covered, balance.remaining), (true, left), "half of the bucket is this worker's");
    }
    assert!(!alone(&mut desk, &mixed).admits());
}

#[test]
fn as_many_limits_as_there_may_be_are_charged_together() {
    for count in 1..=4 {
        let mut desk = Desk::new(8, 8, WORKERS, 1);
        let limits = limits(&[OnStoreError::Local; 4][..count]);
        for left in [3, 2, 1, 0] {
            let Alone::Decided(balances) = alone(&mut desk, &limits) else { panic!("nothing is closed") };
            let found: Vec<_> = balances.iter().flatten().map(|balance| (balance.covered, balance.remaining)).collect();
            assert_eq!(found, vec![(true, left); count]);
        }
        assert!(!alone(&mut desk, &limits).admits());
    }
}

#[test]
fn a_store_that_fails_is_left_alone_and_the_other_is_not() {
    let mut desk = Desk::new(8, 8, WORKERS, 1);
    let redis = limits(&[OnStoreError::Open]);
    let local = vec![Limit { store: Store::Local, ..redis[0].clone() }];
    let wanted = wanted(&redis);
    (0..3).for_each(|_| desk.note_store(&redis, &wanted, 5, false));
    assert!(!desk.may_ask(&redis, &wanted, 5));
    assert!(desk.may_ask(&local, &wanted, 5));
    desk.note_store(&redis, &wanted, 5, true);
    assert!(desk.may_ask(&redis, &wanted, 5));
}

#[test]
fn a_lease_is_spent_only_by_those_who_pass() {
    let limits = limits(&[OnStoreError::Open, OnStoreError::Closed]);
    let rich = vec![Limit { burst: 3200, ..limits[0].clone() }, limits[1].clone()];
    let wanted = wanted(&rich);
    let mut desk = Desk::new(8, 8, WORKERS, 1);
    let full = Balance { covered: true, remaining: 3000, ..Balance::default() };
    let granted = Balance { granted: 10, ..full };
    let first = [wanted[0]];
    for balance in [full, granted] {
        let ruling = desk.rule(&first, 1);
        desk.answered(&first, &ruling, &Verdict::new(&[balance]), 1);
    }
    assert_eq!(desk.leases().held(&wanted[0], 1), 10);
    let ruling = desk.rule(&wanted, 1);
    assert!(matches!(ruling.standings(), [Standing::Leased(_), Standing::Ask { .. }]));
    assert_eq!(desk.leases().held(&wanted[0], 1), 9, "it is set aside");
    assert_eq!(desk.without_store(&rich, &wanted, &ruling, 1), Alone::Closed(LimitId(1)));
    assert_eq!(desk.leases().held(&wanted[0], 1), 10);
    let ruling = desk.rule(&wanted, 1);
    desk.given_up(&wanted, &ruling);
    assert_eq!(desk.leases().held(&wanted[0], 1), 10);
    let open = self::limits(&[OnStoreError::Open; 2]);
    let ruling = desk.rule(&wanted, 1);
    assert!(desk.without_store(&open, &wanted, &ruling, 1).admits());
    assert_eq!(desk.leases().held(&wanted[0], 1), 9);
}

#[test]
fn an_answer_has_the_time_of_its_store_and_of_the_way() {
    assert_eq!(Desk::patience(None), 50_000_000);
    assert_eq!(Desk::patience(Some(Duration::from_millis(5))), 35_000_000);
    assert!(Desk::patience(Some(Duration::MAX)) > u64::MAX / 8);
}
