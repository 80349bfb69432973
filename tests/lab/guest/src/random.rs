// SPDX-License-Identifier: MIT OR Apache-2.0

//! Numbers without a pattern, the same for the same seed (xorshift64*).

/// Where the next number comes from.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Begins with this seed.
    pub const fn new(seed: u64) -> Self {
        // Seeds that are close to each other would begin alike.
        let mixed = (seed ^ seed >> 30 ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        // The one state that it never leaves is 0.
        Self((mixed ^ mixed >> 31) | 1)
    }

    /// Returns the next number.
    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Returns a number below this one.
    pub fn below(&mut self, end: u64) -> u64 {
        // The high bits are the better ones.
        (self.word() >> 32) % end
    }
}
