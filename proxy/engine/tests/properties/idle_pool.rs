//! The pool of idle connections loses nothing, keeps to its bound and hands out the freshest.

use proptest::prelude::*;
use supplex_engine::upstream::Pool;

#[derive(Clone, Debug)]
enum Step {
    Put(usize),
    Take,
    Sweep { age: u64, refused: u64 },
    Trim(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_usize).prop_map(Step::Put),
        2 => Just(Step::Take),
        1 => (0..8_u64, 2..5_u64).prop_map(|(age, refused)| Step::Sweep { age, refused }),
        1 => (0..6_usize).prop_map(Step::Trim),
    ]
}

proptest! {
    #[test]
    fn every_connection_is_idle_or_handed_back(steps in prop::collection::vec(step(), 1..80)) {
        // An item is the time it was put, so the model is the sorted list of what is idle.
        let (mut pool, mut model) = (Pool::new(), Vec::new());
        for (now, step) in (0..).zip(steps) {
            let before = pool.len();
            let mut back = Vec::new();
            let mut expected = Vec::new();
            match step {
                Step::Put(most) => {
                    back.extend(pool.put(now, now, most));
                    model.push(now);
                    if most == 0 {
                        expected.extend(model.pop());
                    } else if model.len() > most {
                        expected.push(model[0]);
                        model.remove(0);
                    }
                    // A pool that was filled under a larger bound comes down by trimming.
                    prop_assert!(pool.len() <= most.max(before));
                }
                Step::Take => {
                    back.extend(pool.take());
                    expected.extend(model.pop());
                }
                Step::Sweep { age, refused } => {
                    let keeps = |item: &u64| !item.is_multiple_of(refused);
                    pool.sweep(now.saturating_sub(age), keeps, |item| back.push(item));
                    let goes = |item: &u64| *item < now.saturating_sub(age) || !keeps(item);
                    expected.extend(model.iter().copied().filter(|item| goes(item)));
                    model.retain(|item| !goes(item));
                }
                Step::Trim(most) => {
                    pool.trim(most, |item| back.push(item));
                    expected.extend(model.drain(..model.len().saturating_sub(most)));
                    prop_assert!(pool.len() <= most);
                }
            }
            prop_assert_eq!(back, expected);
            prop_assert_eq!(pool.len(), model.len());
        }
    }
}
