// SPDX-License-Identifier: MIT OR Apache-2.0

//! Contents of segments.

/// Returns bytes without a pattern (xorshift64), so that a misplaced page is noticed.
pub fn noise(len: u64) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let words = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.flatten().take(len as usize).collect()
}
