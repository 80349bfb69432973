// SPDX-License-Identifier: MIT OR Apache-2.0

//! Numbers without a pattern, the same for the same seed (xorshift64*).

use std::num::Wrapping;

pub struct Random(u64);

impl Random {
    /// The seed must not be 0.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub const fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }

    /// Less than that.
    pub const fn below(&mut self, end: usize) -> usize {
        self.word() as usize % end
    }

    /// Any words.
    pub fn words<const N: usize>(&mut self) -> [Wrapping<u32>; N] {
        std::array::from_fn(|_| Wrapping(self.word()))
    }
}
