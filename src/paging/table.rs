// SPDX-License-Identifier: MIT OR Apache-2.0

//! Builds the tables.
//!
//! One pass in ascending order: each table is allocated when the first page below it comes up,
//! written from its first entry to its last, and never read or touched again. With the MMU off
//! every such access goes to memory.

use super::AddressMap;
use super::descriptor::{leaf, table};
use super::layout::{Layout, Mapping};
use super::pool::TableSize;
use crate::region::Region;
use crate::translation::{Granule, MAX_VA_BITS, MIN_VA_BITS, Regime};

/// Entries of a table that follow one another and differ by their addresses only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first entry.
    pub index: u64,
    /// How many.
    pub count: u64,
    /// The first one's descriptor.
    pub descriptor: u64,
    /// What each has more than the one before it: the bytes that an entry maps.
    pub step: u64,
}

/// Where tables come from and are written to.
pub trait Frames {
    /// A table that has no other owner. Only an implementation can make one.
    type Frame;

    /// Takes a frame for a table of this size, of which nothing is written yet; `None` when no more
    /// fits.
    fn allocate(&mut self, size: TableSize) -> Option<Self::Frame>;

    /// Returns the physical address of a frame, a multiple of its size.
    fn address(&self, frame: &Self::Frame) -> u64;

    /// Writes entries of a table, and invalid ones between the last that were written and these.
    /// Nothing where it has no such entries.
    fn write(&mut self, table: &mut Self::Frame, run: Run);

    /// Writes invalid entries up to the table's end.
    fn finish(&mut self, table: Self::Frame);
}

worded! {
    /// Why there are no tables.
    pub enum NoTables, no_tables_words! {
        /// The CPU has no granule that we build tables for.
        NoGranule = "no translation granule",
        /// The frames did not suffice, whatever the granule.
        OutOfFrames = "no memory for so many page tables",
        /// Something lies above the 48 bits that the tables can name.
        Above48Bits = "a region lies above 48 bits",
    }
}

/// Builds identity tables for `layout`.
///
/// # Errors
///
/// [`NoTables`]. The frames that were taken until then are of no use any more.
pub fn build<R: Iterator<Item = Region> + Clone>(
    regime: Regime,
    layout: &Layout<R>,
    frames: &mut impl Frames,
) -> Result<AddressMap, NoTables> {
    let granule = layout.granule();
    let va_bits = (u64::BITS - (layout.end() - 1).leading_zeros()).max(MIN_VA_BITS);
    if va_bits > MAX_VA_BITS {
        return Err(NoTables::Above48Bits);
    }
    let root = frames
        .allocate(TableSize::first(granule, va_bits))
        .ok_or(NoTables::OutOfFrames)?;
    let map = AddressMap {
        root: frames.address(&root),
        granule,
        va_bits,
        image: layout.image(),
    };
    let mut builder = Builder {
        regime,
        granule,
        layout,
        frames,
        todo: layout.next(0),
    };
    builder.fill(granule.first_level(va_bits), root)?;
    Ok(map)
}

struct Builder<'a, R, F> {
    regime: Regime,
    granule: Granule,
    layout: &'a Layout<R>,
    frames: &'a mut F,
    /// The lowest mapping that is not in the tables yet.
    todo: Option<Mapping>,
}

impl<R: Iterator<Item = Region> + Clone, F: Frames> Builder<'_, R, F> {
    /// Fills `into`, a table at `level`, with all that is to be mapped in its range; `todo` lies in
    /// it.
    fn fill(&mut self, level: u32, mut into: F::Frame) -> Result<(), NoTables> {
        let granule = self.granule;
        // The address bits above this table's range, equal for all in it: 0 for the first one.
        let range = |start: u64| start >> (granule.shift(level) + granule.index_bits());
        let own = self.todo.map(|first| range(first.start));
        while let Some(mapping) = self.todo {
            if Some(range(mapping.start)) != own {
                break;
            }
            let index = granule.index(level, mapping.start);
            let step = 1 << granule.shift(level);
            let count = self.leaves(level, &mapping);
            if count != 0 {
                let descriptor = leaf(self.regime, level, mapping.start, mapping.access);
                let run = Run {
                    index,
                    count,
                    descriptor,
                    step,
                };
                self.frames.write(&mut into, run);
                self.done(mapping.start + count * step);
            } else {
                let child = self
                    .frames
                    .allocate(TableSize::page(granule))
                    .ok_or(NoTables::OutOfFrames)?;
                let run = Run {
                    index,
                    count: 1,
                    descriptor: table(self.frames.address(&child)),
                    step,
                };
                self.frames.write(&mut into, run);
                self.fill(level + 1, child)?;
            }
        }
        self.frames.finish(into);
        Ok(())
    }

    /// Returns how many blocks or pages of a table at `level` the start of `mapping` is made of; 0
    /// where the next level has to divide it.
    fn leaves(&self, level: u32, mapping: &Mapping) -> u64 {
        let bits = self.granule.shift(level);
        if level < self.granule.first_block_level() || mapping.start & ((1 << bits) - 1) != 0 {
            return 0;
        }
        let left = (1 << self.granule.index_bits()) - self.granule.index(level, mapping.start);
        ((mapping.end - mapping.start) >> bits).min(left)
    }

    /// Notes that `todo` is in the tables up to `end`.
    fn done(&mut self, end: u64) {
        match &mut self.todo {
            Some(mapping) if end < mapping.end => mapping.start = end,
            todo => *todo = self.layout.next(end),
        }
    }
}

#[cfg(test)]
mod tests;
