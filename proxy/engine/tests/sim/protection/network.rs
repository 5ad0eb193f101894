//! The way from workers to endpoints, and the endpoints: they answer, dawdle, fail, stand still, die and come back.

use std::collections::BTreeMap;

use super::clock::{Event, Knock, MICRO, MILLI, Place, Schedule};
use super::setup::BYSTANDER;
use crate::random::Random;

/// How long it takes until the end of an idle connection is noticed.
const NOTICED: u64 = 50 * MILLI;

/// What reaches a worker on the connection of an attempt.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Message {
    Connected,
    Refused,
    /// A response; if it is not `whole`, the connection breaks within it.
    Answer {
        status: u16,
        whole: bool,
    },
    Closed,
}

/// How an endpoint is. Percentages of requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) is_dead: bool,
    pub(crate) stands_still: bool,
    pub(crate) is_slow: bool,
    pub(crate) errors: u64,
    pub(crate) resets: u64,
    pub(crate) losses: u64,
}

/// An endpoint.
#[derive(Debug, Default)]
struct Site {
    condition: Condition,
    /// Counts its deaths: a connection belongs to one life.
    life: u32,
    died_at: u64,
    /// Requests it works on.
    at_work: Vec<usize>,
    /// What reached it while it stood still.
    parked: Vec<(usize, Knock)>,
}

/// An attempt, as the network knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Travel {
    pub(crate) place: Place,
    pub(crate) exchange: usize,
    pub(crate) site: usize,
    /// The life of the endpoint in which its connection was made.
    pub(crate) life: u32,
    pub(crate) closed: bool,
}

/// All endpoints and everything on the way.
#[derive(Debug, Default)]
pub(crate) struct Network {
    sites: BTreeMap<usize, Site>,
    pub(crate) travels: Vec<Travel>,
}

impl Network {
    /// A new connection for an attempt, or one that was kept.
    pub(crate) fn open(&mut self, place: Place, exchange: usize, site: usize, kept: Option<u32>) -> usize {
        let life = kept.unwrap_or_else(|| self.sites.entry(site).or_default().life);
        self.travels.push(Travel { place, exchange, site, life, closed: false });
        self.travels.len() - 1
    }

    /// Whether an idle connection is open, as far as a worker knows: it takes a moment to hear of the end of one.
    pub(crate) fn looks_open(&self, site: usize, life: u32, now: u64) -> bool {
        self.sites.get(&site).is_none_or(|site| site.life == life || now < site.died_at + NOTICED)
    }

    /// Sends something to the endpoint.
    pub(crate) fn send(&self, attempt: usize, knock: Knock, schedule: &mut Schedule, random: &mut Random) {
        schedule.after(latency(random), Event::Site { attempt, knock });
    }

    pub(crate) fn condition(&self, site: usize) -> Condition {
        self.sites.get(&site).map(|site| site.condition).unwrap_or_default()
    }

    /// Something reaches an endpoint.
    pub(crate) fn knock(&mut self, attempt: usize, knock: Knock, schedule: &mut Schedule, random: &mut Random) {
        let Travel { site: number, life, closed, place, .. } = self.travels[attempt];
        let site = self.sites.entry(number).or_default();
        let say = |message, random: &mut Random, schedule: &mut Schedule| {
            schedule.after(latency(random), Event::Wire { place, attempt, message });
        };
        if site.condition.is_dead || (site.life != life && knock != Knock::Connect) {
            let message = if knock == Knock::Connect { Message::Refused } else { Message::Closed };
            if knock != Knock::Done {
                say(message, random, schedule);
            }
            return;
        }
        if site.condition.stands_still {
            site.parked.push((attempt, knock));
            return;
        }
        match knock {
            Knock::Connect => {
                self.travels[attempt].life = site.life;
                say(Message::Connected, random, schedule);
            }
            Knock::Request => {
                site.at_work.push(attempt);
                let takes = if site.condition.is_slow { (90, 250) } else { (1, 15) };
                let takes = random.between(takes.0 * 1000, takes.1 * 1000) * MICRO;
                schedule.after(takes, Event::Site { attempt, knock: Knock::Done });
            }
            Knock::Done => {
                site.at_work.retain(|one| *one != attempt);
                if closed || random.chance(site.condition.losses) {
                    return;
                }
                let Condition { errors, resets, .. } = site.condition;
                let statuses = [503, 503, 503, 502, 504, 500];
                let status = if random.chance(errors) { statuses[random.between(0, 6) as usize] } else { 200 };
                match random.chance(resets) {
                    true if random.chance(80) => say(Message::Closed, random, schedule),
                    true => {
                        say(Message::Answer { status, whole: false }, random, schedule);
                        schedule.after(2 * MILLI, Event::Wire { place, attempt, message: Message::Closed });
                    }
                    false => say(Message::Answer { status, whole: true }, random, schedule),
                }
            }
        }
    }

    /// An endpoint is well or ill from now on.
    pub(crate) fn set(&mut self, number: usize, condition: Condition, schedule: &mut Schedule, random: &mut Random) {
        assert!(number < BYSTANDER, "the bystander is always well");
        let site = self.sites.entry(number).or_default();
        let before = std::mem::replace(&mut site.condition, condition);
        if condition.is_dead && !before.is_dead {
            site.life += 1;
            site.died_at = schedule.now();
            site.parked.clear();
            for attempt in std::mem::take(&mut site.at_work) {
                let place = self.travels[attempt].place;
                schedule.after(latency(random), Event::Wire { place, attempt, message: Message::Closed });
            }
        }
        if before.stands_still && !condition.stands_still {
            for (attempt, knock) in std::mem::take(&mut site.parked) {
                schedule.after(random.between(0, 5 * MILLI), Event::Site { attempt, knock });
            }
        }
    }
}

/// One way over the network.
pub(crate) fn latency(random: &mut Random) -> u64 {
    random.between(80, 500) * MICRO
}
