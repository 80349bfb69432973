// SPDX-License-Identifier: MIT OR Apache-2.0

//! SHA-256 (FIPS 180-4) over regions of physical memory.
//!
//! What is specific to a message made of regions stands here: blocks that straddle two of them, and
//! the padding. The block function and the access to memory are the caller's.

/// Bytes in a SHA-256 block.
pub const BLOCK: usize = 64;

/// The eight words that blocks are compressed into. Aligned, for wide accesses.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub struct State(pub [u32; 8]);

/// A block that was gathered, aligned as every block that an engine is given.
#[repr(align(16))]
pub struct Block(pub [u8; BLOCK]);

/// Alignment in bytes that an engine may rely on, for the blocks that it is given.
pub const ALIGN: u64 = 8;

/// Reads memory and compresses blocks. The digest calls it with the addresses of regions only.
pub trait Engine {
    /// Compresses `count` blocks, at least one, from the physical address `at` on into `state`. `at`
    /// is a multiple of [`ALIGN`].
    fn compress(&mut self, state: &mut State, at: u64, count: u64);

    /// Compresses one block that was gathered from more than one region, or is padding.
    fn compress_block(&mut self, state: &mut State, block: &Block);

    /// The byte at the physical address `at`.
    fn byte(&mut self, at: u64) -> u8;
}

/// FIPS 180-4, 5.3.3.
const INITIAL: State = State([
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
]);

/// A SHA-256 value. Aligned, so that it is copied in a few wide accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(16))]
pub struct Digest(pub [u8; 32]);

/// A SHA-256 computation in progress.
pub struct Sha256<E> {
    engine: E,
    state: State,
    /// The message so far in bytes: at most 16 × 2^52, so that its bits fit as well.
    len: u64,
    /// The `len % 64` bytes of the message that no block is full with yet.
    pending: Block,
}

impl<E: Engine> Sha256<E> {
    /// Starts a computation.
    pub const fn new(engine: E) -> Self {
        Self {
            engine,
            state: INITIAL,
            len: 0,
            pending: Block([0; BLOCK]),
        }
    }

    /// Adds `len` bytes from the physical address `at` on.
    pub fn update(&mut self, at: u64, len: u64) {
        let end = at + len;
        let mut at = at;
        while at < end {
            // Whole blocks at once, except while there is a block that an earlier region has begun, and
            // in a region that begins or goes on where no engine can load from.
            let blocks = if self.pending_len() == 0 && at % ALIGN == 0 {
                (end - at) / BLOCK as u64
            } else {
                0
            };
            if blocks == 0 {
                let byte = self.engine.byte(at);
                self.push(byte);
                at += 1;
            } else {
                self.engine.compress(&mut self.state, at, blocks);
                at += blocks * BLOCK as u64;
                self.len += blocks * BLOCK as u64;
            }
        }
    }

    /// Pads the message (FIPS 180-4, 5.1.1) and returns its digest. `self` must not be used afterwards;
    /// by reference because a move costs 276 bytes.
    pub fn finish(&mut self) -> Digest {
        let bits = self.len * 8;
        self.push(0x80);
        while self.pending_len() != BLOCK - 8 {
            self.push(0);
        }
        for byte in bits.to_be_bytes() {
            self.push(byte);
        }
        let mut digest = Digest([0; 32]);
        for (bytes, word) in digest.0.chunks_exact_mut(4).zip(self.state.0) {
            for (byte, value) in bytes.iter_mut().zip(word.to_be_bytes()) {
                *byte = value;
            }
        }
        digest
    }

    /// Gives the engine back.
    pub fn into_engine(self) -> E {
        self.engine
    }

    const fn pending_len(&self) -> usize {
        (self.len % BLOCK as u64) as usize
    }

    // Rare: a few bytes at the borders of regions.
    #[inline(never)]
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.pending.0.get_mut((self.len % BLOCK as u64) as usize) {
            *place = byte;
        }
        self.len += 1;
        if self.pending_len() == 0 {
            self.engine.compress_block(&mut self.state, &self.pending);
        }
    }
}

/// Returns whether the two digests are equal: all 256 bits, in constant time.
#[must_use]
pub fn equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter()
        .zip(b)
        .fold(0, |difference, (a, b)| difference | (a ^ b))
        == 0
}

#[cfg(test)]
mod tests;
