//! SHA-256 (FIPS 180-4) over regions of physical memory.
//!
//! What is specific to a message made of regions stands here: blocks that straddle two of them, and
//! the padding. The block function and the access to memory are the caller's.

/// Bytes in a SHA-256 block.
pub const BLOCK: usize = 64;

/// Reads memory and compresses blocks. The digest calls it with the addresses of regions only.
pub trait Engine {
    /// Compresses `count` blocks from the physical address `at` on into `state`.
    fn compress(&mut self, state: &mut [u32; 8], at: u64, count: u64);

    /// Compresses one block that was gathered from more than one region, or is padding.
    fn compress_block(&mut self, state: &mut [u32; 8], block: &[u8; BLOCK]);

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

/// The eight words that blocks are compressed into, aligned for the same reason.
#[derive(Clone, Copy)]
#[repr(align(16))]
struct State([u32; 8]);

/// A SHA-256 computation in progress.
pub struct Sha256<E> {
    engine: E,
    state: State,
    /// The message so far in bytes.
    len: u64,
    /// The `len % 64` bytes of the message that no block is full with yet.
    pending: [u8; BLOCK],
}

impl<E: Engine> Sha256<E> {
    /// Of the empty message.
    pub const fn new(engine: E) -> Self {
        Self {
            engine,
            state: INITIAL,
            len: 0,
            pending: [0; BLOCK],
        }
    }

    /// Adds `len` bytes from the physical address `at` on.
    pub fn update(&mut self, at: u64, len: u64) {
        let end = at + len;
        let mut at = at;
        // Fill up the block that an earlier region has begun.
        while at < end && self.pending_len() != 0 {
            let byte = self.engine.byte(at);
            self.push(byte);
            at += 1;
        }
        let blocks = (end - at) / BLOCK as u64;
        if blocks != 0 {
            self.engine.compress(&mut self.state.0, at, blocks);
            at += blocks * BLOCK as u64;
            self.len = self.len.wrapping_add(blocks * BLOCK as u64);
        }
        while at < end {
            let byte = self.engine.byte(at);
            self.push(byte);
            at += 1;
        }
    }

    /// Pads the message (FIPS 180-4, 5.1.1) and returns its digest. There is nothing to be done with
    /// `self` after that.
    pub fn finish(&mut self) -> Digest {
        let bits = self.len.wrapping_mul(8);
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

    const fn pending_len(&self) -> usize {
        (self.len % BLOCK as u64) as usize
    }

    // Rare: a few bytes at the borders of regions.
    #[inline(never)]
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.pending.get_mut((self.len % BLOCK as u64) as usize) {
            *place = byte;
        }
        self.len = self.len.wrapping_add(1);
        if self.pending_len() == 0 {
            self.engine.compress_block(&mut self.state.0, &self.pending);
        }
    }
}

/// The block function of the `sha2` crate: integer registers only.
pub mod software {
    use sha2::digest::generic_array::{GenericArray, typenum::U64};

    use super::BLOCK;

    /// Compresses `block` into `state`.
    pub fn compress(state: &mut [u32; 8], block: &[u8; BLOCK]) {
        let block: &GenericArray<u8, U64> = block.into();
        sha2::compress256(state, core::slice::from_ref(block));
    }
}

/// Whether the two digests are equal: all 256 bits, in a time that tells nothing.
#[must_use]
pub fn equal(a: &[u8; 32], b: &[u8; 32]) -> bool {
    a.iter()
        .zip(b)
        .fold(0, |difference, (a, b)| difference | (a ^ b))
        == 0
}

#[cfg(test)]
mod tests;
