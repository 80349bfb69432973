// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is in memory, for the walks through tables.

use std::collections::BTreeMap;

const PAGE: u64 = 4096;

/// What memory holds, by physical address. What was never filled is not there.
#[derive(Clone, Debug, Default)]
pub struct Contents(BTreeMap<u64, Box<[u8; PAGE as usize]>>);

impl Contents {
    /// Puts bytes there. Pages are whole: what is not filled of them is zero.
    pub fn fill(&mut self, address: u64, bytes: &[u8]) {
        let (mut at, mut rest) = (address, bytes);
        while !rest.is_empty() {
            let offset = (at % PAGE) as usize;
            let (now, later) = rest.split_at(rest.len().min(PAGE as usize - offset));
            let page = self.0.entry(at - offset as u64);
            let page = page.or_insert_with(|| Box::new([0; PAGE as usize]));
            page[offset..][..now.len()].copy_from_slice(now);
            (at, rest) = (at + now.len() as u64, later);
        }
    }

    /// Makes pages that are not there yet, of zeros.
    pub fn zeros(&mut self, address: u64, len: u64) {
        for page in (address & !(PAGE - 1)..address + len).step_by(PAGE as usize) {
            self.0
                .entry(page)
                .or_insert_with(|| Box::new([0; PAGE as usize]));
        }
    }

    /// Does a store of 1 to 16 bytes.
    pub fn store(&mut self, address: u64, size: u64, value: [u64; 2]) {
        let bytes = value.map(u64::to_le_bytes).concat();
        self.fill(address, &bytes[..size as usize]);
    }

    /// Returns the word at an address that is a multiple of 8.
    pub fn word(&self, address: u64) -> Option<u64> {
        let page = self.0.get(&(address & !(PAGE - 1)))?;
        let bytes = page[(address % PAGE) as usize..].first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }
}
