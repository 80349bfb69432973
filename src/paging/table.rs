//! Builds the tables.
//!
//! One pass in ascending order: each table is allocated when the first page below it comes up,
//! filled from its first used entry to its last, and never read or touched again. With the MMU off
//! every such access goes to memory.

use super::{
    AddressMap, Granule, LAST_LEVEL,
    descriptor::{leaf, table},
    layout::{Layout, Mapping},
};
use crate::{
    cpu::{Regime, TABLE_PA_BITS},
    region::Region,
};

/// Where tables come from and are written to.
pub trait Frames {
    /// A zeroed frame of `size` bytes (a power of two, at least 16), aligned to its size; its physical
    /// address. `None` when there are no more.
    fn allocate(&mut self, size: u64) -> Option<u64>;

    /// Writes entry `index` of the table at `table`, a frame that [`Frames::allocate`] returned.
    fn write(&mut self, table: u64, index: u64, descriptor: u64);
}

/// Why there are no tables. `report` has words for each, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTables {
    /// The CPU has no granule that we build tables for.
    NoGranule,
    /// The frames did not suffice.
    OutOfFrames,
    /// Something lies above the 48 bits that the tables can name.
    Above48Bits,
}

/// Builds identity tables for `layout`.
///
/// # Errors
///
/// [`NoTables`]; the frames taken until then are not given back.
pub fn build<R: Iterator<Item = Region> + Clone>(
    regime: Regime,
    layout: &Layout<R>,
    frames: &mut impl Frames,
) -> Result<AddressMap, NoTables> {
    let granule = layout.granule();
    let root = frames
        .allocate(granule.first_table())
        .ok_or(NoTables::OutOfFrames)?;
    let mut builder = Builder {
        regime,
        granule,
        layout,
        frames,
        todo: layout.next(0),
    };
    builder.fill(granule.first_level(), root)?;
    // What the first table does not reach.
    if builder.todo.is_some() {
        return Err(NoTables::Above48Bits);
    }
    Ok(AddressMap { root, granule })
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
    /// Fills `table`, at `level`, with all that is to be mapped in its range; `todo` lies in it.
    fn fill(&mut self, level: u32, table_at: u64) -> Result<(), NoTables> {
        let entry_bits = self.granule.shift(level);
        let Some(first) = self.todo else {
            return Ok(());
        };
        // The address bits above this table's range, equal for all in it.
        let range_bits = (entry_bits + self.granule.index_bits()).min(TABLE_PA_BITS);
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
                self.frames.write(table_at, index, descriptor);
                self.done(&mapping, mapping.start + (1 << entry_bits));
            } else {
                let child = self
                    .frames
                    .allocate(self.granule.page())
                    .ok_or(NoTables::OutOfFrames)?;
                self.frames.write(table_at, index, table(child));
                self.fill(level + 1, child)?;
            }
        }
        Ok(())
    }

    /// Whether `mapping` starts with a whole block of `level`.
    fn is_block(&self, level: u32, mapping: &Mapping) -> bool {
        let size = 1_u64 << self.granule.shift(level);
        level >= self.granule.first_block_level()
            && mapping.start & (size - 1) == 0
            && mapping.end - mapping.start >= size
    }

    /// `mapping` is in the tables up to `end`.
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
