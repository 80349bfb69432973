// SPDX-License-Identifier: MIT OR Apache-2.0

//! Memory for tables, made up for tests.

extern crate std;

use std::collections::BTreeMap;
use std::vec;
use std::vec::Vec;

use super::pool::TableSize;
use super::table::Frames;
use super::walk::Tables;
use crate::translation::{Granule, LAST_LEVEL};

/// Frames at made-up addresses; notes every write.
pub struct FakeFrames {
    next: u64,
    left: usize,
    /// (table, index) to descriptor.
    pub entries: BTreeMap<(u64, u64), u64>,
    /// Address and size of each frame.
    frames: BTreeMap<u64, u64>,
}

impl FakeFrames {
    /// With that many frames.
    pub fn new(frames: usize) -> Self {
        Self {
            next: 0x7000_0000,
            left: frames,
            entries: BTreeMap::new(),
            frames: BTreeMap::new(),
        }
    }
}

/// A table at a made-up address.
pub struct FakeFrame(u64);

impl Frames for FakeFrames {
    type Frame = FakeFrame;

    fn allocate(&mut self, size: TableSize) -> Option<FakeFrame> {
        self.left = self.left.checked_sub(1)?;
        let size = size.bytes() as u64;
        let frame = self.next.next_multiple_of(size);
        self.next = frame + size;
        self.frames.insert(frame, size);
        Some(FakeFrame(frame))
    }

    fn address(&self, frame: &FakeFrame) -> u64 {
        frame.0
    }

    fn write(&mut self, table: &mut FakeFrame, index: u64, descriptor: u64) {
        let table = table.0;
        let size = self.frames.get(&table).expect("write outside the frames");
        assert!(index < size / 8, "write past the table");
        let old = self.entries.insert((table, index), descriptor);
        assert_eq!(old, None, "entry {index} of {table:#x} written twice");
    }
}

impl Tables for FakeFrames {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        let known = self.frames.get(&table).is_some_and(|size| index < size / 8);
        known.then(|| *self.entries.get(&(table, index)).unwrap_or(&0))
    }
}

impl FakeFrames {
    /// Size of each frame, in the order of allocation.
    pub fn frame_sizes(&self) -> impl Iterator<Item = u64> {
        self.frames.values().copied()
    }

    /// Every run of addresses that translates, with the descriptor's attributes, in order.
    pub fn leaves(&self, granule: Granule, root: u64) -> Vec<(u64, u64, u64)> {
        let mut found = vec![];
        self.leaves_below(granule, root, granule.first_level(), 0, &mut found);
        found
    }

    fn leaves_below(
        &self,
        g: Granule,
        table: u64,
        level: u32,
        base: u64,
        out: &mut Vec<(u64, u64, u64)>,
    ) {
        for (&(_, index), &d) in self.entries.range((table, 0)..=(table, u64::MAX)) {
            let at = base + (index << g.shift(level));
            let size = 1_u64 << g.shift(level);
            if level < LAST_LEVEL && d & 3 == 3 {
                self.leaves_below(g, d & 0xffff_ffff_f000, level + 1, at, out);
            } else {
                assert_eq!(d & 0x0000_ffff_ffff_f000, at, "not identity");
                out.push((at, at + size, d & !0x0000_ffff_ffff_f000 & !2));
            }
        }
    }
}
