// SPDX-License-Identifier: MIT OR Apache-2.0

//! SHA-256 (FIPS 180-4) over regions of physical memory.
//!
//! This handles what is specific to a message made of regions: blocks that straddle two of them,
//! and the padding. The caller supplies the block function and the access to memory.

/// Bytes in a SHA-256 block.
pub const BLOCK: usize = 64;

/// The largest piece an engine is given at once, in bytes. Pieces end at multiples of this; the
/// engine is told when each is done. No cache line is larger.
pub const PIECE: u64 = 4096;

/// The eight words that blocks are compressed into. Aligned, for wide accesses.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub struct State(pub [u32; 8]);

/// A gathered block, aligned like every block that an engine is given.
#[derive(Clone, Copy)]
#[repr(align(16))]
pub struct Block(pub [u8; BLOCK]);

/// Reads memory and compresses blocks. The digest calls it with the addresses of regions only.
pub trait Engine {
    /// Returns the alignment in bytes, a power of two, of the blocks that it can load.
    fn align(&self) -> u64;

    /// Compresses the blocks from the physical address `at` up to `end`, at least one and at most a
    /// [`PIECE`], into `state`. `at` is a multiple of [`Engine::align`]. The memory after it, up to
    /// `ahead`, will be needed soon.
    fn compress(&mut self, state: &mut State, at: u64, end: u64, ahead: u64);

    /// Compresses one block that was gathered from more than one region, or is padding.
    fn compress_block(&mut self, state: &mut State, block: &Block);

    /// Returns the byte at the physical address `at`.
    fn byte(&mut self, at: u64) -> u8;

    /// Notes that nothing from the physical address `at` up to `end` will be needed again. Both are
    /// borders of a region or multiples of [`PIECE`].
    fn done(&mut self, at: u64, end: u64);
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

/// A SHA-256 value, in words as they are computed; the first byte is the highest of the first word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(16))]
pub struct Digest(pub [u32; 8]);

impl Digest {
    /// Returns the value in bytes, as it is printed and compared.
    pub fn bytes(&self) -> impl Iterator<Item = u8> {
        // `flat_map` would link more code.
        (0_usize..).map_while(|index| {
            let word = self.0.get(index / size_of::<u32>())?;
            Some((word << (8 * (index % size_of::<u32>())) >> 24) as u8)
        })
    }

    /// Returns whether this is `expected`: all 256 bits, in constant time.
    #[must_use]
    pub fn equals(&self, expected: &[u8; 32]) -> bool {
        self.bytes()
            .zip(expected)
            .fold(0, |difference, (a, b)| difference | (a ^ b))
            == 0
    }
}

/// Returns the length of a message of segments with these lengths as kexec-tools counts it, in
/// bytes.
///
/// Its SHA-256 counts in two 32-bit words and adds one carry for each segment, although a segment
/// of more than 4 GiB has several. It then pads, and digests, the message as if it were shorter. It
/// counts the zeros after a segment's file separately, and a region does not show where these
/// begin. If a file has 4 GiB or more and its zeros pass a multiple of 4 GiB of the message, its
/// length is another one again, and it is refused.
pub fn kexec_tools_len(segments: impl Iterator<Item = u64>) -> u64 {
    let (low, high) = segments.fold((0_u32, 0_u32), |(low, high), len| {
        let sum = low.wrapping_add(len as u32);
        (sum, high.wrapping_add((u64::from(sum) < len).into()))
    });
    u64::from(high) << 32 | u64::from(low)
}

/// The digests that a message may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// Its SHA-256.
    pub sha256: Digest,
    /// The digest that kexec-tools computes; usually the same, see [`kexec_tools_len`].
    pub kexec_tools: Digest,
}

impl Digests {
    /// The value before anything was computed.
    pub const ZERO: Self = Self {
        sha256: Digest([0; 8]),
        kexec_tools: Digest([0; 8]),
    };
}

/// A SHA-256 computation in progress.
pub struct Sha256<E> {
    engine: E,
    state: State,
    /// The message so far in bytes: at most 16 × 2^52, so that its bits fit as well.
    len: u64,
    /// The `len % 64` bytes of the message that do not fill a block yet.
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
        let (mut at, mut done) = (at, at);
        while at < end {
            // Whole blocks at once, except to complete a block that an earlier region has begun,
            // and where the engine cannot load from the address.
            let piece = if self.pending_len() == 0 && at & (self.engine.align() - 1) == 0 {
                (end - at).min(PIECE) & !(BLOCK as u64 - 1)
            } else {
                0
            };
            if piece == 0 {
                let byte = self.engine.byte(at);
                self.push(byte);
                at += 1;
            } else {
                self.engine.compress(&mut self.state, at, at + piece, end);
                at += piece;
                self.len += piece;
            }
            let until = if at < end { at & !(PIECE - 1) } else { end };
            if done < until {
                self.engine.done(done, until);
                done = until;
            }
        }
    }

    /// Pads the message as if it had `len` bytes (FIPS 180-4, 5.1.1) and computes its digest. If it
    /// has `len` bytes, that is the digest of what was added. More may be added afterwards.
    pub fn digest(&mut self, len: u64, digest: &mut Digest) {
        let mut state = State(self.state.0);
        let mut block = Block([0; BLOCK]);
        let tail = self.pending.0.iter().take(self.pending_len());
        for (place, &byte) in block.0.iter_mut().zip(tail.chain([&0x80])) {
            *place = byte;
        }
        if self.pending_len() >= BLOCK - size_of::<u64>() {
            self.engine.compress_block(&mut state, &block);
            block = Block([0; BLOCK]);
        }
        let last = block.0.iter_mut().skip(BLOCK - size_of::<u64>());
        for (place, byte) in last.zip((len * 8).to_be_bytes()) {
            *place = byte;
        }
        self.engine.compress_block(&mut state, &block);
        digest.0 = state.0;
    }

    /// Returns the engine, for calls between two updates.
    pub const fn engine(&mut self) -> &mut E {
        &mut self.engine
    }

    /// Returns how many bytes were added.
    pub const fn added(&self) -> u64 {
        self.len
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

#[cfg(test)]
mod tests;
