// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regions and padding: the real `Sha256` gives its engine the blocks of the padded message, in
//! order, whatever function of state and block the engine has.
//!
//! So no hash is computed here, and more can be tried than with one: what comes to the engine is
//! written down, and compared with what FIPS 180-4, 5.1.1 makes of the message.

mod engine;

use std::ops::Range;
use std::slice::from_ref;

use purgatory::digest::{Digest, PIECE, Sha256};
use purgatory_test_proof::fips;

use self::engine::{Recorder, Region, next};
use crate::random::Random;

const BLOCK: usize = 64;
const PAGE: usize = PIECE as usize;

/// Memory from address 0 on, without a pattern.
fn memory(len: usize) -> Vec<u8> {
    let mut random = Random::new(21);
    let words = std::iter::repeat_with(|| random.word().to_le_bytes());
    words.flatten().take(len).collect()
}

/// Returns the state after all blocks of a message that is padded for this length (5.1.1).
fn padded(mut message: Vec<u8>, len: u64) -> [u32; 8] {
    message.push(0x80);
    while message.len() % BLOCK != 56 {
        message.push(0);
    }
    message.extend((8 * len).to_be_bytes());
    let blocks = message.chunks_exact(BLOCK);
    blocks.fold(fips::initial(), next)
}

/// Adds regions, and takes two digests as the image does, of the length and of another; the first
/// again, for none may change anything.
fn check(memory: &[u8], regions: &[Range<usize>]) {
    let parts = regions.iter().map(|region| &memory[region.clone()]);
    let message = parts.collect::<Vec<_>>().concat();
    let len = message.len() as u64;
    let lens = [len, len + (1 << 32), len];
    let expected = lens.map(|len| padded(message.clone(), len));
    for align in [1, 8] {
        let region = Region::default();
        let mut sha = Sha256::new(Recorder {
            memory,
            align,
            region: &region,
        });
        for one in regions {
            region.begin(one.clone());
            sha.update(one.start as u64, one.len() as u64);
            region.end();
        }
        for (len, expected) in lens.into_iter().zip(expected) {
            let mut digest = Digest::default();
            sha.digest(len, &mut digest);
            assert_eq!(digest.0, expected, "{regions:x?}, {len} bytes, {align}");
        }
    }
}

/// Lengths that end right before, at and after the ends of blocks, and of padding's length.
fn around_blocks(blocks: Range<usize>) -> impl Iterator<Item = usize> + Clone {
    let ends = blocks.map(|block| block * BLOCK);
    let near = ends.flat_map(|end| [end + 55, end + 56, end + 57, end + 63, end + 64, end + 65]);
    std::iter::once(0).chain(near)
}

#[test]
fn every_short_length_at_every_alignment() {
    let memory = memory(512);
    for at in 0..BLOCK {
        for len in 0..=260 {
            check(&memory, from_ref(&(at..at + len)));
        }
    }
}

/// Up to two pieces and some.
#[test]
fn around_every_block_border_at_every_alignment() {
    let memory = memory(3 * PAGE);
    for at in 0..BLOCK {
        for len in around_blocks(0..2 * PAGE / BLOCK + 2).step_by(1 + at % 3) {
            check(&memory, from_ref(&(at..at + len)));
        }
    }
}

/// Another region follows where that one ends, or elsewhere.
#[test]
fn around_every_4_kib_at_every_alignment() {
    let memory = memory(5 * PAGE);
    let near = (-9..=9).chain([-65, -64, -63, -57, -56, -55, 55, 56, 57, 63, 64, 65]);
    for (pages, near) in (1..=3).flat_map(|pages| near.clone().map(move |near| (pages, near))) {
        let end = (pages * PAGE).wrapping_add_signed(near);
        for at in 0..BLOCK {
            check(&memory, &[at..end, end..end + 100]);
            let late = end - BLOCK - at;
            check(&memory, &[late..end, at..at + 3 * BLOCK, end..end + PAGE]);
        }
    }
}

#[test]
fn a_border_at_every_offset_in_a_block() {
    let memory = memory(1024);
    for border in 0..=2 * BLOCK {
        for len in around_blocks(0..2) {
            for at in 0..16 {
                check(
                    &memory,
                    &[3..3 + border, 300 + at..300 + at + len, 777..777 + at],
                );
            }
        }
    }
}

/// Each number of regions that a loader may have, and one more; lengths around blocks and pages.
#[test]
fn one_to_16_regions() {
    let memory = memory(4 * PAGE);
    let mut random = Random::new(22);
    for count in (1..=16).flat_map(|count| [count; 150]) {
        let regions: Vec<_> = (0..count)
            .map(|_| {
                let at = random.below(PAGE + BLOCK);
                let whole = [0, BLOCK, 2 * BLOCK, PAGE, 2 * PAGE][random.below(5)];
                let near = [0, 1, 7, 8, 55, 56, 57, 63, random.below(BLOCK)][random.below(9)];
                at..at + whole + near
            })
            .collect();
        check(&memory, &regions);
    }
}
