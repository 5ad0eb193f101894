//! A worker's mailbox: a bounded queue, and an eventfd that the worker's ring reads, so that only the mailbox's task is woken.
//!
//! The bell is rung once until it is heard, however many messages are left meanwhile: a ring is a system call. A message
//! is left before the bell is looked at, and the bell is taken as heard before the messages are, so that none stays behind.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use super::Message;

/// Messages a mailbox holds at most. A handoff that does not fit is kept by its sender; a configuration is sent again.
const MAILBOX_MOST: usize = 4096;

/// The sending side of a worker's mailbox. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Mailbox {
    queue: Sender<Message>,
    bell: Arc<File>,
    rung: Arc<AtomicBool>,
}

impl Mailbox {
    /// A mailbox whose owner reads `bell`, an eventfd.
    #[must_use]
    pub(crate) fn new(bell: OwnedFd) -> (Mailbox, Messages) {
        let (queue, receiver) = bounded(MAILBOX_MOST);
        let rung = Arc::new(AtomicBool::new(false));
        let messages = Messages { queue: receiver, rung: Arc::clone(&rung) };
        (Mailbox { queue, bell: Arc::new(File::from(bell)), rung }, messages)
    }

    /// Whether its owner has taken every message.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Leaves a message and rings. Never blocks.
    ///
    /// # Errors
    /// The message, when the mailbox is full or its worker has ended.
    #[expect(clippy::result_large_err, reason = "a message moves by value; boxing answers would allocate for each")]
    pub(crate) fn post(&self, message: Message) -> Result<(), Message> {
        self.queue.try_send(message).map_err(|error| match error {
            TrySendError::Full(message) | TrySendError::Disconnected(message) => message,
        })?;
        if !self.rung.swap(true, Ordering::AcqRel) {
            // The counter of an eventfd is full only when nobody has read it 2^64 - 2 times; the worker is awake then.
            let _: io::Result<()> = (&*self.bell).write_all(&1_u64.to_ne_bytes());
        }
        Ok(())
    }
}

/// The receiving side. Its bell is heard by somebody else, who then calls [`Messages::take`].
#[derive(Debug)]
pub(crate) struct Messages {
    queue: Receiver<Message>,
    rung: Arc<AtomicBool>,
}

impl Messages {
    /// What was left until now. A message that is left later rings again.
    pub(crate) fn take(&self) -> impl Iterator<Item = Message> + '_ {
        self.rung.swap(false, Ordering::AcqRel);
        self.queue.try_iter()
    }

    /// Blocks until there is a message; `None` when nobody can leave one any more. Not for a worker that serves.
    pub(crate) fn wait(&self) -> Option<Message> {
        self.queue.recv().ok()
    }

    /// Whether nothing was left.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Duration;

    use super::*;
    use crate::ring::eventfd;

    /// How often it was rung since the last time.
    fn rings(bell: &mut File) -> u64 {
        let mut count = [0; 8];
        bell.read_exact(&mut count).map_or(0, |()| u64::from_ne_bytes(count))
    }

    #[test]
    fn it_rings_once_until_it_is_heard() {
        let (own, bell) = eventfd().expect("a descriptor");
        rustix::io::ioctl_fionbio(&own, true).expect("nonblocking");
        let (mut own, (mailbox, messages)) = (File::from(own), Mailbox::new(bell));
        let post = || mailbox.post(Message::Drain(Duration::ZERO)).expect("room");
        (0..3).for_each(|_| post());
        assert_eq!((rings(&mut own), messages.take().count()), (1, 3));
        assert_eq!((rings(&mut own), messages.take().count()), (0, 0));
        post();
        assert_eq!((rings(&mut own), messages.take().count()), (1, 1));
    }

    #[test]
    fn no_message_stays_behind() {
        const EACH: usize = 20_000;
        let (own, bell) = eventfd().expect("a descriptor");
        let (mut own, (mailbox, messages)) = (File::from(own), Mailbox::new(bell));
        let posters: Vec<_> = (0..2)
            .map(|_| {
                let mailbox = mailbox.clone();
                std::thread::spawn(move || {
                    for _ in 0..EACH {
                        while mailbox.post(Message::Drain(Duration::ZERO)).is_err() {
                            std::thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        let mut taken = 0;
        while taken < 2 * EACH {
            // Blocks until it is rung: for ever, if a message was left without.
            assert!(rings(&mut own) > 0);
            taken += messages.take().count();
        }
        posters.into_iter().for_each(|poster| poster.join().expect("no panic"));
    }
}
