//! The queue of commands to the network thread. Both ends move many commands with few accesses: a send is counted and queued
//! under one lock, and the thread takes everything that waits at one go.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;

use crate::{command::Command, gauge::Items, shared::Shared};

/// What the game asks for and the thread has not taken. Sends have a limit, everything else gets through.
#[derive(Debug)]
pub(crate) struct CommandQueue {
    waiting: Mutex<Waiting>,
    /// For sends and their bytes.
    limit: Items,
}

#[derive(Debug, Default)]
struct Waiting {
    commands: VecDeque<Command>,
    /// The sends among them, and those that were taken and count until they are given back.
    sends: Items,
    /// Nobody takes commands any more.
    is_closed: bool,
}

impl CommandQueue {
    pub(crate) fn new(limit: Items) -> Self {
        Self { waiting: Mutex::default(), limit }
    }

    /// Queues a command that is no send, or one that [has entered](Self::try_enter). False if the thread takes none.
    pub(crate) fn push(&self, command: Command) -> bool {
        let mut waiting = self.waiting.lock();
        if waiting.is_closed {
            return false;
        }
        waiting.commands.push_back(command);
        true
    }

    /// Queues a send of so many bytes if there is room for it. `None` if there is not, else what [`Self::push`] says.
    #[inline]
    pub(crate) fn try_push(&self, bytes: usize, send: Command) -> Option<bool> {
        let mut waiting = self.waiting.lock();
        if !waiting.try_enter(bytes, self.limit) {
            return None;
        }
        if waiting.is_closed {
            return Some(false);
        }
        waiting.commands.push_back(send);
        Some(true)
    }

    /// Sets room aside for a send that is queued later, if there is any.
    #[must_use]
    pub(crate) fn try_enter(&self, bytes: usize) -> bool {
        self.waiting.lock().try_enter(bytes, self.limit)
    }

    /// Gives the room of sends back.
    pub(crate) fn leave(&self, sends: Items) {
        if sends.count > 0 {
            self.waiting.lock().sends -= sends;
        }
    }

    /// Exchanges what waits for `spent`, whose memory it goes on with.
    fn take(&self, spent: &mut VecDeque<Command>) {
        if spent.capacity() > MOST_KEPT {
            *spent = VecDeque::new();
        }
        std::mem::swap(&mut self.waiting.lock().commands, spent);
    }

    /// The sends that wait, and their bytes.
    pub(crate) fn sends(&self) -> Items {
        self.waiting.lock().sends
    }

    /// Drops what waits, and everything that comes.
    fn close(&self) {
        let mut waiting = self.waiting.lock();
        waiting.is_closed = true;
        let dropped = std::mem::take(&mut waiting.commands);
        drop(waiting);
        drop(dropped);
    }
}

/// The thread's end of the queue. When it is dropped, nobody takes commands any more.
#[derive(Debug)]
pub(crate) struct CommandReceiver {
    shared: Arc<Shared>,
    /// Taken from the queue and not yet carried out.
    taken: VecDeque<Command>,
}

impl CommandReceiver {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, taken: VecDeque::new() }
    }

    /// The next command, if there is one.
    pub(crate) fn next(&mut self) -> Option<Command> {
        if self.taken.is_empty() {
            self.shared.commands.take(&mut self.taken);
        }
        self.taken.pop_front()
    }
}

impl Drop for CommandReceiver {
    fn drop(&mut self) {
        self.shared.commands.close();
    }
}

impl Waiting {
    /// An empty queue takes a send of any size, else it could never pass.
    #[inline]
    fn try_enter(&mut self, bytes: usize, limit: Items) -> bool {
        let Items { count, bytes: before } = self.sends;
        let fits = count < limit.count && (count == 0 || before.saturating_add(bytes) <= limit.bytes);
        if fits {
            self.sends += Items { count: 1, bytes };
        }
        fits
    }
}

/// Commands whose memory is kept for those that come; more take their time anyway.
const MOST_KEPT: usize = 8192;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConnectToken;

    fn queue(count: usize, bytes: usize) -> CommandQueue {
        CommandQueue::new(Items { count, bytes })
    }

    fn leave(queue: &CommandQueue, bytes: usize) {
        queue.leave(Items { count: 1, bytes });
    }

    #[test]
    fn the_count_is_a_limit() {
        let queue = queue(2, 1000);
        assert!(queue.try_enter(0) && queue.try_enter(0) && !queue.try_enter(0));
        leave(&queue, 0);
        assert!(queue.try_enter(0) && !queue.try_enter(0));
    }

    #[test]
    fn the_bytes_are_a_limit_and_what_did_not_fit_does_not_count() {
        let queue = queue(10, 100);
        assert!(queue.try_enter(60) && !queue.try_enter(41) && queue.try_enter(40));
        assert_eq!(queue.sends(), Items { count: 2, bytes: 100 });
        leave(&queue, 60);
        assert!(queue.try_enter(60));
    }

    #[test]
    fn an_empty_queue_takes_anything() {
        let queue = queue(10, 100);
        assert!(queue.try_enter(5000) && !queue.try_enter(1));
        leave(&queue, 5000);
        assert!(queue.try_enter(usize::MAX) && !queue.try_enter(usize::MAX));
    }

    #[test]
    fn commands_come_out_once_in_order_until_nobody_takes_them() {
        let (queue, mut taken) = (queue(1, 0), VecDeque::new());
        let cancel = |number| Command::Cancel(ConnectToken(number));
        assert!(queue.push(cancel(1)) && queue.try_push(0, cancel(2)) == Some(true));
        assert_eq!(queue.try_push(0, cancel(3)), None, "there is room for one");
        queue.take(&mut taken);
        let numbers = |taken: &mut VecDeque<Command>| -> Vec<u64> {
            let number = |command| match command {
                Command::Cancel(token) => token.0,
                other => panic!("{other:?}"),
            };
            taken.drain(..).map(number).collect()
        };
        assert_eq!(numbers(&mut taken), [1, 2]);
        queue.take(&mut taken);
        assert!(taken.is_empty() && queue.push(cancel(4)));
        queue.close();
        assert!(!queue.push(cancel(5)));
        queue.take(&mut taken);
        assert_eq!(numbers(&mut taken), [0; 0]);
    }
}
