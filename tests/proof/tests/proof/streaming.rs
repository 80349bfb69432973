// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regions and padding: the real `Sha256` gives its engine the blocks of the padded message, in order,
//! whatever function of state and block the engine has.
//!
//! So no hash is computed here, and more can be tried than with one: what comes to the engine is
//! written down, and compared with what FIPS 180-4, 5.1.1 makes of the message.

mod engine;

use purgatory::digest::{Digest, PIECE, Sha256};

use self::engine::{Recorder, Side, initial, next};
use crate::random::Random;

const BLOCK: usize = 64;
const PAGE: usize = PIECE as usize;

/// Memory from address 0 on, without a pattern.
fn memory(len: usize) -> Vec<u8> {
    let mut random = Random::new(21);
    let words = std::iter::repeat_with(|| random.word().to_le_bytes());
    words.flatten().take(len).collect()
}

/// The state after all blocks of a message that is padded for this length: 5.1.1, as it stands there.
fn expected(mut message: Vec<u8>, len: usize) -> [u32; 8] {
    message.push(0x80);
    while message.len() % BLOCK != 56 {
        message.push(0);
    }
    message.extend((8 * len as u64).to_be_bytes());
    let blocks = message.chunks_exact(BLOCK);
    blocks.fold(initial(), |state, block| next(state, block))
}

/// Adds regions, and takes two digests as the image does: of the length, and of another.
fn check(memory: &[u8], regions: &[(usize, usize)]) {
    for align in [1, 8] {
        let mut sha = Sha256::new(Recorder::new(memory, align));
        let side = Side::default();
        sha = side.given_to(sha);
        for &(at, len) in regions {
            side.begin(at, len);
            sha.update(at as u64, len as u64);
            side.end();
        }
        let message: Vec<u8> = regions
            .iter()
            .flat_map(|&(at, len)| &memory[at..at + len])
            .copied()
            .collect();
        for len in [message.len(), message.len().wrapping_sub(1 << 32), message.len()] {
            let mut digest = Digest::default();
            sha.digest(len as u64, &mut digest);
            let expected = expected(message.clone(), len);
            assert_eq!(digest.0, expected, "{regions:?}, {len} bytes, alignment {align}");
        }
    }
}
