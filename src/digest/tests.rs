// SPDX-License-Identifier: MIT OR Apache-2.0

//! Against the `sha2` crate's own digest.

extern crate std;

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;
use sha2::Digest as _;

use super::*;

/// Memory from address 0 on.
struct Ram(Vec<u8>);

impl Engine for &Ram {
    fn compress(&mut self, state: &mut State, at: u64, count: u64) {
        assert_ne!(count, 0);
        assert_eq!(at % ALIGN, 0);
        for block in self.0[at as usize..][..BLOCK * count as usize].chunks_exact(BLOCK) {
            self.compress_block(state, &Block(block.try_into().unwrap()));
        }
    }

    fn compress_block(&mut self, state: &mut State, block: &Block) {
        sha2::compress256(&mut state.0, &[block.0.into()]);
    }

    fn byte(&mut self, at: u64) -> u8 {
        self.0[at as usize]
    }
}

fn ram(len: usize) -> Ram {
    Ram((0..len).map(|i| (i * 7 + (i >> 8) * 13) as u8).collect())
}

fn ours(ram: &Ram, regions: &[(usize, usize)]) -> [u8; 32] {
    let mut sha = Sha256::new(ram);
    for &(start, len) in regions {
        sha.update(start as u64, len as u64);
    }
    sha.finish().0
}

fn reference(ram: &Ram, regions: &[(usize, usize)]) -> [u8; 32] {
    let mut sha = sha2::Sha256::new();
    for &(start, len) in regions {
        sha.update(&ram.0[start..start + len]);
    }
    sha.finalize().into()
}

#[test]
fn the_examples_of_fips_180() {
    let of = |text: &[u8]| ours(&Ram(text.to_vec()), &[(0, text.len())]);
    assert_eq!(
        of(b"abc")[..8],
        [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea],
    );
    assert_eq!(
        of(b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")[..8],
        [0x24, 0x8d, 0x6a, 0x61, 0xd2, 0x06, 0x38, 0xb8],
    );
    assert_eq!(of(b"")[..4], [0xe3, 0xb0, 0xc4, 0x42]);
}

#[test]
fn every_length_at_every_alignment() {
    let ram = ram(512);
    for start in 0..16 {
        for len in 0..=260 {
            assert_eq!(
                ours(&ram, &[(start, len)]),
                reference(&ram, &[(start, len)]),
                "{start} {len}"
            );
        }
    }
}

#[test]
fn a_border_at_every_offset_in_a_block() {
    let ram = ram(1024);
    for border in 0..=192 {
        for second in [0, 1, 63, 64, 65, 200] {
            let regions = [(3, border), (500, second), (900, 70)];
            assert_eq!(
                ours(&ram, &regions),
                reference(&ram, &regions),
                "{border} {second}"
            );
        }
    }
}

proptest! {
    #[test]
    fn up_to_16_regions(regions in prop::collection::vec((0_usize..3000, 0_usize..1000), 0..=16)) {
        let ram = ram(4096);
        prop_assert_eq!(ours(&ram, &regions), reference(&ram, &regions));
    }
}

#[test]
fn each_of_the_256_bits_is_compared() {
    let digest = ours(&ram(10), &[(0, 10)]);
    assert!(equal(&digest, &digest));
    for bit in 0..256 {
        let mut other = digest;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(!equal(&digest, &other), "bit {bit}");
    }
    // Differences that would cancel out in a sum or an xor over all bytes.
    let mut other = vec![0_u8; 32];
    other[0] = 0x80;
    other[31] = 0x80;
    assert!(!equal(&[0; 32], other.as_slice().try_into().unwrap()));
}
