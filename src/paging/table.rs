// SPDX-License-Identifier: MIT OR Apache-2.0

//! Builds the tables.
//!
//! One pass in ascending order: each table is allocated when the first page below it comes up,
//! written from its first entry to its last, and never touched again, because with the MMU off
//! every access goes to memory.

use super::AddressMap;
use super::descriptor::{leaf, table};
use super::layout::{Layout, Mapping};
use super::pool::TableSize;
use crate::cpu::Cpu;
use crate::region::Region;
use crate::translation::{
    ENTRIES, FIRST_BLOCK_LEVEL, LAST_LEVEL, MAX_VA_BITS, MIN_VA_BITS, Regime, first_level, index,
    shift,
};

/// Entries of a table that follow one another and differ by their addresses only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first entry.
    pub index: u64,
    /// How many.
    pub count: u64,
    /// The first one's descriptor.
    pub descriptor: u64,
    /// The difference between an entry and the one before it: the bytes that an entry maps.
    pub step: u64,
}

/// Where tables come from and are written to.
pub trait Frames {
    /// A table with a single owner. Only an implementation can make one.
    type Frame;

    /// Takes an uninitialised frame for a table of this size; `None` if no more fits.
    fn allocate(&mut self, size: TableSize) -> Option<Self::Frame>;

    /// Returns the physical address of a frame, a multiple of its size.
    fn address(&self, frame: &Self::Frame) -> u64;

    /// Writes entries of a table, and invalid ones between those written before and these. Does
    /// nothing if the table does not have such entries.
    fn write(&mut self, table: &mut Self::Frame, run: Run);

    /// Writes invalid entries up to the table's end.
    fn finish(&mut self, table: Self::Frame);
}

worded! {
    /// Why tables cannot be built.
    pub enum NoTables, no_tables_words! {
        /// The CPU does not have the granule of our tables.
        NoGranule = "the CPU has no 4 KiB granule",
        /// Something lies above the 48 bits that they can translate.
        Above48Bits = "a region lies above 48 bits",
    }
}

/// The number of address bits that tables translate, 32 to 48, on a CPU that can use such tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaBits(u32);

impl VaBits {
    /// Returns the bits of the highest address in `layout`, or the fewest that `TCR_ELx.T0SZ` can
    /// express if these are more.
    ///
    /// # Errors
    ///
    /// [`NoTables`].
    pub fn of<R: Iterator<Item = Region> + Clone>(
        cpu: &Cpu,
        layout: &Layout<'_, R>,
    ) -> Result<Self, NoTables> {
        let bits = (u64::BITS - (layout.end() - 1).leading_zeros()).max(MIN_VA_BITS);
        if !cpu.has_4k {
            Err(NoTables::NoGranule)
        } else if bits > MAX_VA_BITS {
            Err(NoTables::Above48Bits)
        } else {
            Ok(Self(bits))
        }
    }
}

/// Builds identity tables for `layout`, all of whose addresses have at most `va_bits` bits; `None`
/// if there are too few frames. Frames that were taken by then are lost.
pub fn build<'a, R: Iterator<Item = Region> + Clone>(
    regime: Regime,
    va_bits: VaBits,
    layout: &Layout<'a, R>,
    frames: &mut impl Frames,
) -> Option<AddressMap<'a>> {
    let VaBits(va_bits) = va_bits;
    let root = frames.allocate(TableSize::first(va_bits))?;
    let map = AddressMap {
        root: frames.address(&root),
        va_bits,
        image: layout.image(),
        inner_shareable: true,
    };
    let mut builder = Builder {
        regime,
        layout,
        frames,
        todo: layout.next(0),
    };
    builder.fill(first_level(va_bits), root)?;
    Some(map)
}

struct Builder<'a, R, F> {
    regime: Regime,
    layout: &'a Layout<'a, R>,
    frames: &'a mut F,
    /// The lowest mapping that is not in the tables yet.
    todo: Option<Mapping>,
}

impl<R: Iterator<Item = Region> + Clone, F: Frames> Builder<'_, R, F> {
    /// Fills `root`, a table at level `first`, and those below it, with everything that is to be
    /// mapped.
    fn fill(&mut self, first: u32, root: F::Frame) -> Option<()> {
        // The unfinished tables, one for each level, and what the last entry written maps.
        let mut tables = [const { None }; 1 + LAST_LEVEL as usize];
        let mut depth = 0;
        let mut last = 0;
        tables[depth] = Some(root);
        while let Some(into) = tables.get_mut(depth).and_then(Option::as_mut) {
            let level = first + depth as u32;
            let range = shift(level) + ENTRIES.ilog2();
            let is_here = |next: &Mapping| (next.start ^ last) >> range == 0;
            let Some(mapping) = self.todo.filter(is_here) else {
                if let Some(done) = tables[depth].take() {
                    self.frames.finish(done);
                }
                // There is no table above the first one, which ends the loop.
                depth = depth.wrapping_sub(1);
                continue;
            };
            last = mapping.start;
            let step = 1 << shift(level);
            let mut run = Run {
                index: index(level, mapping.start),
                count: Self::leaves(level, &mapping),
                descriptor: leaf(self.regime, level, mapping.start, mapping.access),
                step,
            };
            let mut below = None;
            if run.count != 0 {
                self.done(mapping.start + run.count * step);
            } else {
                let child = self.frames.allocate(TableSize::KiB4)?;
                run.count = 1;
                run.descriptor = table(self.frames.address(&child));
                below = Some(child);
            }
            self.frames.write(into, run);
            if below.is_some() && depth < LAST_LEVEL as usize {
                depth += 1;
                tables[depth] = below;
            }
        }
        Some(())
    }

    /// Returns how many blocks or pages of a table at `level` make up the start of `mapping`; 0 if
    /// the next level has to divide it.
    fn leaves(level: u32, mapping: &Mapping) -> u64 {
        let bits = shift(level);
        if level < FIRST_BLOCK_LEVEL || mapping.start & ((1 << bits) - 1) != 0 {
            return 0;
        }
        let left = ENTRIES - index(level, mapping.start);
        ((mapping.end - mapping.start) >> bits).min(left)
    }

    /// Notes that the tables contain `todo` up to `end`.
    fn done(&mut self, end: u64) {
        match &mut self.todo {
            Some(mapping) if end < mapping.end => mapping.start = end,
            todo => *todo = self.layout.next(end),
        }
    }
}

#[cfg(test)]
mod tests;
