//! What goes wrong, and when: drawn from the seed before a world begins.

use supplex_engine::upstream::breaker::Force;

use super::clock::{MILLI, Place};
use super::network::Condition;
use super::setup::Size;
use crate::random::Random;

/// Something that goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// An endpoint is ill.
    Site(usize, Condition),
    /// Every endpoint of the troubled upstream is ill at once, as after a release that does not start.
    Sites(Condition),
    /// Every way to and from Redis takes longer.
    RedisSlow(u64),
    /// Redis stands still, and goes on afterwards with everything that has arrived.
    RedisStands,
    /// Redis ends, and comes back empty.
    RedisRestarts,
    /// The replica takes over. `gently`: the old server stays connected for a while, and refuses to write.
    RedisFailsOver {
        lag: usize,
        ahead: i64,
        gently: bool,
    },
    RedisForgetsScripts,
    RedisClock(i64),
    /// The connection of one process to Redis breaks.
    LinkBreaks(usize),
    WorkerPauses(Place),
    SidecarFreezes(usize),
    /// An operator forces the breakers of an endpoint, and lets go of them afterwards.
    Forces(usize, Force),
    /// Another version of the configuration.
    Reload,
}

/// A fault with its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) kind: Kind,
    pub(crate) begins: u64,
    pub(crate) ends: u64,
}

/// All faults of a world, none of which lasts beyond `end`.
pub(crate) fn draw(random: &mut Random, size: Size, end: u64) -> Vec<Fault> {
    let count = random.between(3, 18);
    let fault = |_| {
        let (kind, longest) = kind(random, size);
        let lasts = random.between(5, longest) * MILLI;
        let begins = random.between(100, (end - lasts) / MILLI) * MILLI;
        Fault { kind, begins, ends: begins + lasts }
    };
    let mut faults: Vec<Fault> = (0..count).map(fault).collect();
    if random.chance(25) {
        let begins = random.between(100, 4000) * MILLI;
        let ends = begins + random.between(300, 1500) * MILLI;
        faults.push(Fault { kind: Kind::Sites(illness(random)), begins, ends });
    }
    // Answers that were asked for before a reload and come after it are worth looking for.
    let reloads: Vec<Fault> = faults.iter().filter(|one| matches!(one.kind, Kind::Reload)).copied().collect();
    for Fault { begins, ends, .. } in reloads {
        if random.chance(50) {
            let kind = Kind::RedisSlow(random.between(2, 9) * MILLI);
            faults.push(Fault { kind, begins: begins - 50 * MILLI, ends: ends + 50 * MILLI });
        }
    }
    faults
}

/// A fault, and the most milliseconds that it lasts.
fn kind(random: &mut Random, size: Size) -> (Kind, u64) {
    let process = random.between(0, size.processes as u64) as usize;
    let worker = random.between(0, size.workers as u64) as usize;
    let ahead = random.between(0, 2_000_000) as i64 - 1_000_000;
    match random.between(0, 21) {
        20 => {
            let force = if random.chance(50) { Force::Open } else { Force::Closed };
            (Kind::Forces(random.between(0, size.sites as u64) as usize, force), 1500)
        }
        0..8 => (Kind::Site(random.between(0, size.sites as u64) as usize, illness(random)), 3000),
        8 => (Kind::RedisSlow(random.between(2, 40) * MILLI), 1500),
        9 => (Kind::RedisStands, 1500),
        10 => (Kind::RedisRestarts, 800),
        11 | 12 => {
            let (lag, gently) = (random.between(0, 32) as usize, random.chance(40));
            (Kind::RedisFailsOver { lag, ahead, gently }, 500)
        }
        13 => (Kind::RedisForgetsScripts, 10),
        14 => (Kind::RedisClock(ahead), 10),
        15 => (Kind::LinkBreaks(process), 10),
        16 => (Kind::WorkerPauses(Place { process, worker }), 100),
        17 => (Kind::SidecarFreezes(process), 1500),
        _ => (Kind::Reload, 60),
    }
}

fn illness(random: &mut Random) -> Condition {
    let well = Condition::default();
    match random.between(0, 7) {
        0 | 1 => Condition { is_dead: true, ..well },
        2 => Condition { stands_still: true, ..well },
        3 => Condition { is_slow: true, ..well },
        4 => Condition { errors: random.between(30, 101), ..well },
        5 => Condition { resets: random.between(20, 101), ..well },
        _ => Condition { losses: random.between(20, 101), ..well },
    }
}
