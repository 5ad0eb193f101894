//! Clients: an abuser in bursts, a few normal ones, two of the bystander, and maybe one that makes up keys.

use supplex_engine::http1::Method;

use super::clock::{Event, MICRO, MILLI, Place, Schedule};
use super::setup::Size;
use super::worker::Request;
use crate::random::Random;

const ABUSER: usize = 0;
const FIRST_BYSTANDER: usize = 5;
const FLOOD: usize = 7;

/// All clients of a world.
#[derive(Debug)]
pub(crate) struct Clients {
    size: Size,
    /// No request begins after this.
    end: u64,
}

impl Clients {
    pub(crate) fn new(size: Size, end: u64, schedule: &mut Schedule, random: &mut Random) -> Self {
        let count = if size.is_flooded() { FLOOD + 1 } else { FLOOD };
        for client in 0..count {
            schedule.after(random.between(0, 50) * MILLI, Event::Arrival { client });
        }
        Self { size, end }
    }

    /// A client's request and where it arrives. The client comes again, unless it is late.
    pub(crate) fn request(&self, client: usize, schedule: &mut Schedule, random: &mut Random) -> (Place, Request) {
        let place = Place {
            process: random.between(0, self.size.processes as u64) as usize,
            worker: random.between(0, self.size.workers as u64) as usize,
        };
        let pause = match client {
            ABUSER if random.chance(2) => random.between(100, 800) * MILLI,
            ABUSER => random.between(0, 12_000) * MICRO,
            FLOOD => random.between(0, 16_000) * MICRO,
            _ => random.between(0, 140_000) * MICRO,
        };
        if schedule.now() + pause < self.end {
            schedule.after(pause, Event::Arrival { client });
        }
        let route = usize::from((FIRST_BYSTANDER..FLOOD).contains(&client));
        let method = if random.chance(85) { Method::Get } else { Method::Post };
        let key = if client == FLOOD { random.between(1000, 9000) as u32 } else { client as u32 };
        (place, Request { route, client: key, method })
    }
}
