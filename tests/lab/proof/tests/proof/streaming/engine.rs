// SPDX-License-Identifier: MIT OR Apache-2.0

//! An engine that keeps the rules, and sees that it is asked for nothing else.

use std::cell::Cell;
use std::ops::Range;

use purgatory::digest::{Block, Engine, PIECE, State};

use super::BLOCK;

/// The region that is being read.
#[derive(Default)]
pub struct Region {
    at: Cell<u64>,
    end: Cell<u64>,
    /// Up to where it was read, and is done with.
    read: Cell<u64>,
    done: Cell<u64>,
}

pub struct Recorder<'a> {
    pub memory: &'a [u8],
    pub align: u64,
    pub region: &'a Region,
}

impl Region {
    /// Begins with another region.
    pub fn begin(&self, region: Range<usize>) {
        let [at, end] = [region.start, region.end].map(|at| at as u64);
        for place in [&self.at, &self.read, &self.done] {
            place.set(at);
        }
        self.end.set(end);
    }

    /// All of it must be read and done.
    pub fn end(&self) {
        let [end, read, done] = [&self.end, &self.read, &self.done].map(Cell::get);
        assert_eq!((read, done), (end, end), "all of it is read, and done");
    }
}

/// In the place of the block function: another one, for which other blocks or another order come
/// out otherwise (FNV-1a, and xorshift for the words).
pub fn next(state: [u32; 8], block: &[u8]) -> [u32; 8] {
    let state = state.iter().flat_map(|word| word.to_le_bytes());
    let bytes = state.chain(block.iter().copied());
    let mut sum = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    std::array::from_fn(|_| {
        sum ^= sum << 13;
        sum ^= sum >> 7;
        sum ^= sum << 17;
        (sum >> 16) as u32
    })
}

impl Recorder<'_> {
    fn take(&self, at: u64, end: u64) -> &[u8] {
        assert_eq!(at, self.region.read.get(), "each byte once, in order");
        assert!(end <= self.region.end.get(), "{end:#x} is outside");
        self.region.read.set(end);
        &self.memory[at as usize..end as usize]
    }
}

impl Engine for Recorder<'_> {
    fn align(&self) -> u64 {
        self.align
    }

    fn compress(&mut self, state: &mut State, at: u64, end: u64, ahead: u64) {
        assert!(at < end && end - at <= PIECE && (end - at) % BLOCK as u64 == 0);
        assert_eq!(at % self.align, 0);
        assert_eq!(ahead, self.region.end.get());
        for block in self.take(at, end).chunks_exact(BLOCK) {
            state.0 = next(state.0, block);
        }
    }

    fn compress_block(&mut self, state: &mut State, block: &Block) {
        state.0 = next(state.0, &block.0);
    }

    fn byte(&mut self, at: u64) -> u8 {
        self.take(at, at + 1)[0]
    }

    fn done(&mut self, at: u64, end: u64) {
        let region = self.region;
        assert_eq!(at, region.done.get(), "each byte once, in order");
        assert!(at < end && end <= region.read.get(), "{end:#x} is not read");
        let is_border = |at, border: &Cell<u64>| at == border.get() || at % PIECE == 0;
        assert!(is_border(at, &region.at) && is_border(end, &region.end));
        // Soon after it was read, so that a cache does not lose it before.
        assert!(region.read.get() - at <= 2 * PIECE);
        region.done.set(end);
    }
}
