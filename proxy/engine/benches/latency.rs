//! What it costs to count how long an exchange took, and to find out what was counted.
//!
//! `cargo bench -p supplex-engine --bench latency`. A worker does the first at each exchange; the sidecar does the second once
//! a second for each block that counted something.

use std::hint::black_box;
use std::time::Instant;

use supplex_engine::stats::LatencyBlock;
use supplex_engine::stats::latency::{Follower, Phase};

const ROUNDS: usize = 2_000;
const EXCHANGES: u64 = 200;

fn main() {
    for blocks in [1, 100] {
        let blocks: Vec<_> = (0..blocks).map(|_| LatencyBlock::default()).collect();
        let mut random = 1_u64;
        let name = format!("count an exchange, {} pairs of route and upstream in turn", blocks.len());
        measure(&name, EXCHANGES, || {
            for number in 0..EXCHANGES {
                // Upstreams that take from 1 to 5 ms, and a gateway that takes from 10 to 14 us.
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (upstream, own) = (1_000_000 + (random >> 42), 10_000 + (random >> 52));
                let block = &blocks[number as usize % blocks.len()];
                block.observe(black_box(upstream + own), Some(black_box(upstream)), black_box(own));
            }
        });
        let mut followers: Vec<_> = blocks.iter().map(|_| Follower::default()).collect();
        let mut grown = 0;
        measure(&format!("look at {} blocks, each with one more exchange", blocks.len()), blocks.len() as u64, || {
            for (block, follower) in blocks.iter().zip(&mut followers) {
                block.observe(1_000_000, Some(900_000), 10_000);
                grown += follower.look(block).map_or(0, |delta| delta.count(Phase::Total));
            }
        });
        black_box(grown);
    }
}

/// Prints the time of one of `steps`: the best of many short rounds, which other programs on the machine hardly touch, and
/// the median.
fn measure(name: &str, steps: u64, mut round: impl FnMut()) {
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed().as_nanos() as f64 / steps as f64
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!("{name}: {:.1} ns (median {:.1} ns)", rounds[0], rounds[rounds.len() / 2]);
}
