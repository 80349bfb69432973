// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where kexec puts the sections of a purgatory.

use std::collections::BTreeMap;

use super::PAGE;

/// Places sections: what has bytes in the order of the file, then what has none.
#[derive(Default)]
pub struct SectionPlacer {
    /// The bytes of all sections so far.
    pub bytes: Vec<u8>,
    /// What the address of the first byte must be a multiple of; never less than a page.
    pub align: u64,
    /// The offset of each section, by index.
    pub places: BTreeMap<usize, u64>,
    /// Index, alignment and size of sections without bytes.
    zeros: Vec<(usize, u64, u64)>,
}

impl SectionPlacer {
    /// Adds an allocated section, by its index, its `sh_addralign` and its `sh_size`.
    pub fn add(&mut self, index: usize, nobits: bool, align: u64, size: u64, bytes: &[u8]) {
        self.align = self.align.max(align).max(PAGE);
        if nobits {
            self.zeros.push((index, align, size));
        } else {
            let start = (self.bytes.len() as u64).next_multiple_of(align);
            self.bytes.resize(start as usize, 0);
            self.bytes.extend_from_slice(bytes);
            self.places.insert(index, start);
        }
    }

    /// Places sections without bytes after those with bytes. Returns the length in memory.
    pub fn place_zeros(&mut self) -> u64 {
        let largest = self
            .zeros
            .iter()
            .map(|&(_, align, _)| align)
            .max()
            .unwrap_or(1);
        let mut end = (self.bytes.len() as u64).next_multiple_of(largest);
        for &(index, align, size) in &self.zeros {
            let start = end.next_multiple_of(align);
            self.places.insert(index, start);
            end = start + size;
        }
        end.next_multiple_of(PAGE)
    }
}
