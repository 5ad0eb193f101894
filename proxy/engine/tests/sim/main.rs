//! A worker in a made-up world: the engine's real parts under a virtual clock, network, upstream and clients.
//!
//! Everything follows from a seed: nothing here reads a clock, opens a socket or starts a thread, so that a failure can be
//! looked at as often as one likes. `world.rs` runs the events, `worker.rs` acts on the engine's decisions as the shell
//! does, `network.rs` and `clients.rs` make the trouble, `invariants.rs` says what must hold after every step.
//!
//! `SUPPLEX_SIM_SEED=17 cargo test -p supplex-engine --test sim -- --nocapture` runs one seed and prints its events.

mod breakers;
mod clients;
mod invariants;
mod ledger;
mod network;
mod protection;
mod random;
mod running;
mod schedule;
mod worker;
mod world;

use std::panic;

use ledger::Totals;
use world::World;

/// How many worlds a plain test run looks at.
const SEEDS: u64 = 300;

/// The one seed that was asked for, if any.
fn asked_for() -> Option<u64> {
    let text = std::env::var("SUPPLEX_SIM_SEED").ok()?;
    Some(text.parse().expect("SUPPLEX_SIM_SEED is a number"))
}

fn run(seed: u64, trace: bool) -> Totals {
    panic::catch_unwind(|| World::new(seed, trace).run()).unwrap_or_else(|cause| {
        eprintln!("seed {seed} failed; SUPPLEX_SIM_SEED={seed} runs it alone");
        panic::resume_unwind(cause)
    })
}

#[test]
fn every_seed_keeps_the_invariants() {
    if let Some(seed) = asked_for() {
        println!("{:#?}", run(seed, true));
        return;
    }
    let mut totals = Totals::default();
    for seed in 0..SEEDS {
        totals.add(&run(seed, false));
    }
    println!("{totals:#?}");
    // A world in which nothing ever goes wrong would prove nothing.
    for (what, count) in totals.all() {
        assert!(count >= SEEDS / 10, "{what} happened {count} times only");
    }
}

#[test]
fn a_seed_decides_everything() {
    for seed in 0..10 {
        assert_eq!(run(seed, false), run(seed, false), "seed {seed}");
    }
}
