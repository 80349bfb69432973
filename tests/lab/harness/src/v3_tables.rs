// SPDX-License-Identifier: MIT OR Apache-2.0

//! Page tables as a patched kexec makes them for its purgatory: 4 KiB granule, 48-bit addresses,
//! identity, 2 MiB blocks, five tables in a segment of their own.

use crate::loader::Segment;

/// What a block covers, and what every segment is rounded out to.
pub const BLOCK: u64 = 2 << 20;
/// Bytes in a table.
const TABLE: u64 = 4096;
/// Entries in a table.
const ENTRIES: usize = 512;
/// There are no more tables than these.
const TABLES: usize = 5;

/// `address | TABLE_DESCRIPTOR` is the next table.
pub const TABLE_DESCRIPTOR: u64 = 0b11;
/// `address | BLOCK_DESCRIPTOR` is memory: valid, AF, attribute index 0, nothing else.
pub const BLOCK_DESCRIPTOR: u64 = 1 << 10 | 0b01;

/// Tables that are being made, for this address.
#[derive(Clone, Debug)]
pub struct V3Tables {
    at: u64,
    entries: Vec<u64>,
    used: usize,
}

impl V3Tables {
    /// The length of the segment.
    pub const LEN: u64 = TABLES as u64 * TABLE;

    /// Tables in which nothing is mapped yet.
    pub fn new(at: u64) -> Self {
        Self {
            at,
            entries: vec![0; TABLES * ENTRIES],
            used: 1,
        }
    }

    /// Returns where they are: the physical address of the first of them.
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// Maps all blocks that have a byte of this segment to themselves. Panics when five tables are
    /// not enough: the kexec in question would not load either.
    pub fn map(&mut self, start: u64, len: u64) {
        for block in (start / BLOCK)..(start + len).div_ceil(BLOCK) {
            let address = block * BLOCK;
            *self.entry(2, address) = address | BLOCK_DESCRIPTOR;
        }
    }

    /// Returns the entry that translates an address at this level, 0 to 2. The tables above it are
    /// made if they are not there.
    pub fn entry(&mut self, level: u32, address: u64) -> &mut u64 {
        let mut table = 0;
        for above in 0..level {
            let index = table * ENTRIES + index(above, address);
            if self.entries[index] == 0 {
                assert!(self.used < TABLES, "five tables are not enough");
                self.entries[index] = (self.at + self.used as u64 * TABLE) | TABLE_DESCRIPTOR;
                self.used += 1;
            }
            table = ((self.entries[index] - self.at) / TABLE) as usize;
        }
        &mut self.entries[table * ENTRIES + index(level, address)]
    }

    /// Returns all entries, for tests that spoil them.
    pub fn entries(&mut self) -> &mut [u64] {
        &mut self.entries
    }

    /// Returns the tables as they are by now, as a segment.
    pub fn segment(&self, name: &str) -> Segment {
        let bytes = self.entries.iter().flat_map(|entry| entry.to_le_bytes());
        Segment::new(name, self.at, bytes.collect())
    }

    /// Returns the same tables made for another address.
    pub fn moved(&self, at: u64) -> Self {
        let mut moved = Self { at, ..self.clone() };
        let old = self.at..self.at + Self::LEN;
        for entry in &mut moved.entries {
            if *entry & 3 == TABLE_DESCRIPTOR && old.contains(&(*entry & !0xfff)) {
                *entry = *entry - self.at + at;
            }
        }
        moved
    }
}

/// Returns which entry of a table translates an address.
const fn index(level: u32, address: u64) -> usize {
    (address >> (39 - 9 * level)) as usize % ENTRIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptors_are_as_a_patched_kexec_writes_them() {
        let mut tables = V3Tables::new(0x4140_0000);
        tables.map(0x4123_4000, 0x1000);
        assert_eq!(*tables.entry(0, 0x4123_4000), 0x4140_1003);
        assert_eq!(*tables.entry(1, 0x4123_4000), 0x4140_2003);
        assert_eq!(*tables.entry(2, 0x4123_4000), 0x4120_0401);
        assert_eq!(tables.segment("tables").len, 0x5000);
    }

    #[test]
    fn a_segment_is_rounded_out_to_blocks() {
        let mut tables = V3Tables::new(0x4140_0000);
        tables.map(0x411f_f000, 0x2000);
        assert_eq!(*tables.entry(2, 0x4100_0000), 0x4100_0401);
        assert_eq!(*tables.entry(2, 0x4120_0000), 0x4120_0401);
        assert_eq!(*tables.entry(2, 0x4140_0000), 0);
    }

    #[test]
    fn moved_tables_refer_to_each_other_where_they_are() {
        let mut tables = V3Tables::new(0x4140_0000);
        tables.map(0x4100_0000, 1);
        let mut moved = tables.moved(0x5000_0000);
        assert_eq!(*moved.entry(1, 0x4100_0000), 0x5000_2003);
        assert_eq!(*moved.entry(2, 0x4100_0000), 0x4100_0401);
    }
}
