// SPDX-License-Identifier: MIT OR Apache-2.0

//! Frames for tables, of which there are as many as the input says; what is written to them is kept
//! run by run, as there may be many entries.

use std::collections::BTreeMap;

use purgatory::paging::pool::TableSize;
use purgatory::paging::table::{Frames, Run};
use purgatory::paging::walk::Tables;

/// One frame.
#[derive(Debug, Default)]
pub struct Table {
    /// Bytes.
    pub size: u64,
    /// What was written, in order.
    pub runs: Vec<Run>,
    /// Nothing is written to it any more.
    pub finished: bool,
}

/// The frames by their addresses.
#[derive(Debug)]
pub struct FewFrames {
    next: u64,
    left: usize,
    /// All that were taken.
    pub tables: BTreeMap<u64, Table>,
    /// One was asked for that was not there.
    pub exhausted: bool,
}

impl FewFrames {
    /// So many, from this address on.
    pub const fn new(at: u64, count: usize) -> Self {
        Self {
            next: at,
            left: count,
            tables: BTreeMap::new(),
            exhausted: false,
        }
    }

    /// Returns all that was written.
    pub fn runs(&self) -> impl Iterator<Item = &Run> {
        self.tables.values().flat_map(|table| &table.runs)
    }
}

impl Frames for FewFrames {
    /// Its address.
    type Frame = u64;

    fn allocate(&mut self, size: TableSize) -> Option<u64> {
        assert!(!self.exhausted, "another frame, where there was none");
        let Some(left) = self.left.checked_sub(1) else {
            self.exhausted = true;
            return None;
        };
        self.left = left;
        let size = size.bytes() as u64;
        let at = self.next.next_multiple_of(size);
        self.next = at + size;
        self.tables.insert(
            at,
            Table {
                size,
                ..Table::default()
            },
        );
        Some(at)
    }

    fn address(&self, frame: &u64) -> u64 {
        *frame
    }

    fn write(&mut self, frame: &mut u64, run: Run) {
        let table = self.tables.get_mut(frame).expect("a frame of these");
        let written = table.runs.last().map_or(0, |last| last.index + last.count);
        assert!(!table.finished && run.count > 0, "{run:x?}");
        assert!(written <= run.index, "{run:x?} of {frame:#x} again");
        assert!(
            run.index + run.count <= table.size / 8,
            "{run:x?} of {table:x?}"
        );
        table.runs.push(run);
    }

    fn finish(&mut self, frame: u64) {
        let table = self.tables.get_mut(&frame).expect("a frame of these");
        assert!(!table.finished && !table.runs.is_empty(), "{frame:#x}");
        table.finished = true;
    }
}

impl Tables for FewFrames {
    fn read(&self, table: u64, index: u64) -> Option<u64> {
        let table = self.tables.get(&table).filter(|table| table.finished)?;
        let run = table.runs.partition_point(|run| run.index <= index);
        let run = run.checked_sub(1).map(|before| &table.runs[before]);
        let run = run.filter(|run| index - run.index < run.count);
        let descriptor = |run: &Run| run.descriptor + (index - run.index) * run.step;
        (index < table.size / 8).then(|| run.map_or(0, descriptor))
    }
}
