//! Queues of connections, of which most hold one thing for a moment, twice a second: a ping, or its answer.

use std::collections::VecDeque;

/// Appends to a queue, which takes the memory for a single thing at first, where the standard library begins with four.
#[inline]
pub(crate) fn push_back<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.capacity() == 0 {
        queue.reserve_exact(1);
    }
    queue.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_takes_the_memory_of_one() {
        let mut queue = VecDeque::new();
        push_back(&mut queue, 0u64);
        assert_eq!(queue.capacity(), 1);
        (1..100).for_each(|number| push_back(&mut queue, number));
        assert!(queue.iter().copied().eq(0..100));
    }
}
