//! An allocator that counts what is allocated between [`inside`] and its return, on the calling thread alone.
#![expect(unsafe_code, reason = "an allocator is made of raw memory")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What happened inside.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Count {
    pub(crate) allocations: u64,
    /// Bytes allocated less bytes freed.
    pub(crate) bytes: i64,
}

thread_local! {
    static IS_INSIDE: Cell<bool> = const { Cell::new(false) };
    static COUNT: Cell<Count> = const { Cell::new(Count { allocations: 0, bytes: 0 }) };
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

// SAFETY: every call is handed on to the system's allocator as it came; counting allocates nothing, since the thread's
// counters are made without code and dropped without code.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        // SAFETY: the caller keeps the contract of this function, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, 0, layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(1, new_size, layout.size());
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, new_size) }
    }
}

fn count(allocations: u64, allocated: usize, freed: usize) {
    if IS_INSIDE.get() {
        let Count { allocations: before, bytes } = COUNT.get();
        COUNT
            .set(Count { allocations: before + allocations, bytes: bytes + allocated as i64 - freed as i64 });
    }
}

/// Runs `body`, and counts.
pub(crate) fn inside<T>(body: impl FnOnce() -> T) -> T {
    let was_inside = IS_INSIDE.replace(true);
    let result = body();
    IS_INSIDE.set(was_inside);
    result
}

/// What was counted on this thread so far.
pub(crate) fn counted() -> Count {
    COUNT.get()
}

#[test]
fn only_what_happens_inside_is_counted() {
    let before = counted();
    let _outside: Vec<u8> = Vec::with_capacity(1000);
    assert_eq!(counted(), before);
    let kept: Vec<u8> = inside(|| {
        drop(Vec::<u8>::with_capacity(500));
        Vec::with_capacity(1000)
    });
    let Count { allocations, bytes } = counted();
    assert_eq!((allocations - before.allocations, bytes - before.bytes), (2, 1000));
    inside(|| drop(kept));
    assert_eq!(counted().bytes, before.bytes);
}
