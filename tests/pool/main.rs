// SPDX-License-Identifier: MIT OR Apache-2.0

//! The memory that tables are built in, on the host: the image's allocator and its builder, until
//! nothing fits, and again from the start; and that the tables of any part of a region do.

mod memory;
mod parts;

use purgatory::paging::pool::{BYTES, TableSize};
use purgatory::paging::table::Frames;

use self::memory::Memory;

/// What the pool has room for.
const TABLES: usize = 13;

const SIZES: [TableSize; 2] = [TableSize::Bytes512, TableSize::KiB4];

/// So many of one size fit that no more could.
#[test]
fn frames_of_each_size_fill_the_pool() {
    for size in SIZES {
        let mut memory = Memory::new();
        let frames = memory.frames().all(size);
        assert_eq!(frames.len(), BYTES / size.bytes(), "{size:?}");
        assert!(
            frames.iter().all(|at| at % size.bytes() == 0),
            "{frames:x?}"
        );
    }
}

/// Behind a small one the others are aligned.
#[test]
fn frames_of_both_sizes_lie_in_the_pool_and_apart_and_little_of_it_is_lost() {
    let mut memory = Memory::new();
    let start = memory.start();
    let mut frames = memory.frames();
    let mixed = [0, 1, 1, 0, 1, 0].map(|index| SIZES[index]);
    for size in mixed.into_iter().chain([TableSize::KiB4; TABLES]) {
        frames.allocate(size);
    }
    for (&at, &end) in &frames.taken {
        assert!(start <= at && end <= start + BYTES, "{at:#x}..{end:#x}");
    }
    let next = frames.taken.keys().skip(1);
    let apart = frames
        .taken
        .values()
        .zip(next)
        .all(|(end, next)| end <= next);
    assert!(apart, "{:x?}", frames.taken);
    assert!(frames.lost() < 4096, "{} bytes are lost", frames.lost());
}

#[test]
fn a_pool_that_is_exhausted_stays_so_and_is_whole_when_it_is_handed_out_again() {
    let mut memory = Memory::new();
    for size in SIZES {
        let mut frames = memory.frames();
        assert_eq!(frames.all(TableSize::KiB4).len(), TABLES, "before {size:?}");
        assert!(frames.allocate(TableSize::Bytes512).is_none());
        memory.frames().all(size);
    }
}
