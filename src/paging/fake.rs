// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory for tables, made up for tests.

extern crate std;

use std::collections::{BTreeMap, BTreeSet};
use std::vec;
use std::vec::Vec;

use super::AddressMap;
use super::pool::TableSize;
use super::table::{Frames, Run};
use super::walk::Tables;
use crate::translation::{LAST_LEVEL, first_level, shift};

/// Frames at made-up addresses; notes every write.
pub struct FakeFrames {
    next: u64,
    left: usize,
    /// (table, index) to descriptor.
    pub entries: BTreeMap<(u64, u64), u64>,
    /// Address and size of each frame.
    frames: BTreeMap<u64, u64>,
    /// Those that are written to their end: no other is a table.
    finished: BTreeSet<u64>,
}

impl FakeFrames {
    /// Makes memory for that many frames.
    pub fn new(frames: usize) -> Self {
        Self {
            next: 0x7000_0000,
            left: frames,
            entries: BTreeMap::new(),
            frames: BTreeMap::new(),
            finished: BTreeSet::new(),
        }
    }
}

/// A table at a made-up address, and up to which entry it is written.
pub struct FakeFrame(u64, u64);

impl Frames for FakeFrames {
    type Frame = FakeFrame;

    fn allocate(&mut self, size: TableSize) -> Option<FakeFrame> {
        self.left = self.left.checked_sub(1)?;
        let size = size.bytes() as u64;
        let frame = self.next.next_multiple_of(size);
        self.next = frame + size;
        self.frames.insert(frame, size);
        Some(FakeFrame(frame, 0))
    }

    fn address(&self, frame: &FakeFrame) -> u64 {
        frame.0
    }

    fn write(&mut self, table: &mut FakeFrame, run: Run) {
        let FakeFrame(table, written) = table;
        let size = self.frames.get(table).expect("write outside the frames");
        assert!(run.index >= *written, "{run:x?} of {table:#x} again");
        *written = run.index + run.count;
        assert!(*written <= size / 8, "write past the table");
        for number in 0..run.count {
            let entry = (*table, run.index + number);
            self.entries
                .insert(entry, run.descriptor + number * run.step);
        }
    }

    fn finish(&mut self, table: FakeFrame) {
        assert!(self.finished.insert(table.0), "{:#x} again", table.0);
    }
}

impl Tables for FakeFrames {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        let size = self.frames.get(&table);
        let known = self.finished.contains(&table) && size.is_some_and(|size| index < size / 8);
        known.then(|| *self.entries.get(&(table, index)).unwrap_or(&0))
    }
}

impl FakeFrames {
    /// Returns the size of each frame, in the order of allocation.
    pub fn frame_sizes(&self) -> impl Iterator<Item = u64> {
        self.frames.values().copied()
    }

    /// Returns every run of addresses that translates, with the descriptor's attributes, in order.
    pub fn leaves(&self, map: &AddressMap<'_>) -> Vec<(u64, u64, u64)> {
        let mut found = vec![];
        self.leaves_below(map.root(), first_level(map.va_bits()), 0, &mut found);
        found
    }

    fn leaves_below(&self, table: u64, level: u32, base: u64, out: &mut Vec<(u64, u64, u64)>) {
        assert!(self.finished.contains(&table), "{table:#x} is not finished");
        for (&(_, index), &d) in self.entries.range((table, 0)..=(table, u64::MAX)) {
            let at = base + (index << shift(level));
            let size = 1_u64 << shift(level);
            if level < LAST_LEVEL && d & 3 == 3 {
                self.leaves_below(d & 0xffff_ffff_f000, level + 1, at, out);
            } else {
                assert_eq!(d & 0x0000_ffff_ffff_f000, at, "not identity");
                out.push((at, at + size, d & !0x0000_ffff_ffff_f000 & !2));
            }
        }
    }
}
