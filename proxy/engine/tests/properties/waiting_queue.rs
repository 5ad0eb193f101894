//! A queue is served in the order of arrival, whoever leaves in between, and never holds more than its bound.

use std::collections::VecDeque;

use proptest::prelude::*;
use supplex_engine::upstream::Queue;
use supplex_engine::upstream::queue::{Left, Ticket};

#[derive(Clone, Copy, Debug)]
enum Event {
    Join,
    Serve,
    Leave(prop::sample::Index),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![3 => Just(Event::Join), 2 => Just(Event::Serve), 2 => any::<prop::sample::Index>().prop_map(Event::Leave)]
}

proptest! {
    #[test]
    fn a_queue_does_what_a_plain_list_does(most in 0..8_usize, events in prop::collection::vec(event(), 1..200)) {
        let mut queue = Queue::default();
        let mut waiting: VecDeque<usize> = VecDeque::new();
        let mut present: Vec<(usize, Ticket)> = Vec::new();
        for (number, event) in events.into_iter().enumerate() {
            match event {
                Event::Join => {
                    let ticket = queue.join(number, most);
                    prop_assert_eq!(ticket.is_some(), waiting.len() < most);
                    if let Some(ticket) = ticket {
                        waiting.push_back(number);
                        present.push((number, ticket));
                    }
                }
                Event::Serve => prop_assert_eq!(queue.serve_next().copied(), waiting.pop_front()),
                Event::Leave(at) if !present.is_empty() => {
                    let (who, ticket) = present.swap_remove(at.index(present.len()));
                    let waits = waiting.contains(&who);
                    prop_assert_eq!(queue.leave(ticket), if waits { Left::Unserved } else { Left::Served });
                    waiting.retain(|other| *other != who);
                }
                Event::Leave(_) => {}
            }
            prop_assert_eq!(queue.len(), waiting.len());
            for (who, ticket) in &present {
                prop_assert_eq!(queue.is_served(ticket), !waiting.contains(who));
                prop_assert_eq!(queue.item(ticket).copied(), Some(*who));
            }
        }
    }
}
