// SPDX-License-Identifier: MIT OR Apache-2.0

//! Builds the tables.
//!
//! One pass in ascending order: each table is allocated when the first page below it comes up,
//! filled from its first used entry to its last, and never read or touched again. With the MMU off
//! every such access goes to memory.

use super::AddressMap;
use super::descriptor::{leaf, table};
use super::layout::{Layout, Mapping};
use super::pool::TableSize;
use crate::region::Region;
use crate::translation::{Granule, LAST_LEVEL, Regime, VA_BITS};

/// Where tables come from and are written to.
pub trait Frames {
    /// A table that has no other owner. Only an implementation can make one.
    type Frame;

    /// Takes a zeroed frame for a table of this size; `None` when no more fits.
    fn allocate(&mut self, size: TableSize) -> Option<Self::Frame>;

    /// Returns the physical address of a frame, a multiple of its size.
    fn address(&self, frame: &Self::Frame) -> u64;

    /// Writes entry `index` of a table; nothing where it has no such entry.
    fn write(&mut self, table: &mut Self::Frame, index: u64, descriptor: u64);
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
    let mut root = frames
        .allocate(TableSize::first(granule))
        .ok_or(NoTables::OutOfFrames)?;
    let mut builder = Builder {
        regime,
        granule,
        layout,
        frames,
        todo: layout.next(0),
    };
    builder.fill(granule.first_level(), &mut root)?;
    // What the first table does not reach.
    if builder.todo.is_some() {
        return Err(NoTables::Above48Bits);
    }
    Ok(AddressMap {
        root: frames.address(&root),
        granule,
        image: layout.image(),
    })
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
    fn fill(&mut self, level: u32, into: &mut F::Frame) -> Result<(), NoTables> {
        let entry_bits = self.granule.shift(level);
        let Some(first) = self.todo else {
            return Ok(());
        };
        // The address bits above this table's range, equal for all in it.
        let range_bits = (entry_bits + self.granule.index_bits()).min(VA_BITS);
        let range = first.start >> range_bits;
        if level == self.granule.first_level() && range != 0 {
            return Err(NoTables::Above48Bits);
        }
        while let Some(mapping) = self.todo {
            if mapping.start >> range_bits != range {
                break;
            }
            let index = self.granule.index(level, mapping.start);
            if level == LAST_LEVEL || self.is_block(level, &mapping) {
                let descriptor = leaf(self.regime, level, mapping.start, mapping.access);
                self.frames.write(into, index, descriptor);
                self.done(&mapping, mapping.start + (1 << entry_bits));
            } else {
                let mut child = self
                    .frames
                    .allocate(TableSize::page(self.granule))
                    .ok_or(NoTables::OutOfFrames)?;
                self.frames
                    .write(into, index, table(self.frames.address(&child)));
                self.fill(level + 1, &mut child)?;
            }
        }
        Ok(())
    }

    /// Returns whether `mapping` starts with a whole block of `level`.
    fn is_block(&self, level: u32, mapping: &Mapping) -> bool {
        let size = 1_u64 << self.granule.shift(level);
        level >= self.granule.first_block_level()
            && mapping.start & (size - 1) == 0
            && mapping.end - mapping.start >= size
    }

    /// Notes that `mapping` is in the tables up to `end`.
    fn done(&mut self, mapping: &Mapping, end: u64) {
        self.todo = if end < mapping.end {
            Some(Mapping {
                start: end,
                ..*mapping
            })
        } else {
            self.layout.next(end)
        };
    }
}

#[cfg(test)]
mod tests;
