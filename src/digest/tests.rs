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

/// An engine that keeps the rules, and sees that it is asked for nothing else.
struct Recorder<'a> {
    ram: &'a Ram,
    align: u64,
    /// The region, and up to where it was read and is done.
    region: (u64, u64),
    read: u64,
    done: u64,
    /// Bytes that were asked for one by one.
    single: u64,
}

impl<'a> Recorder<'a> {
    fn new(ram: &'a Ram, align: u64) -> Self {
        Self {
            ram,
            align,
            region: (0, 0),
            read: 0,
            done: 0,
            single: 0,
        }
    }

    /// Begins with another region; all of the one before must be done.
    fn begin(&mut self, at: u64, len: u64) {
        assert_eq!(self.done, self.region.1, "the region is done");
        self.region = (at, at + len);
        (self.read, self.done) = (at, at);
    }

    fn take(&mut self, at: u64, end: u64) -> &'a [u8] {
        assert_eq!(at, self.read, "each byte once, in order");
        assert!(end <= self.region.1, "{end:#x} is outside of the region");
        self.read = end;
        &self.ram.0[at as usize..end as usize]
    }
}

impl Engine for Recorder<'_> {
    fn align(&self) -> u64 {
        self.align
    }

    fn compress(&mut self, state: &mut State, at: u64, end: u64, ahead: u64) {
        assert!(at < end && end - at <= PIECE && (end - at) % BLOCK as u64 == 0);
        assert_eq!(at % self.align, 0);
        assert_eq!(ahead, self.region.1);
        for block in self.take(at, end).chunks_exact(BLOCK) {
            self.compress_block(state, &Block(block.try_into().unwrap()));
        }
    }

    fn compress_block(&mut self, state: &mut State, block: &Block) {
        sha2::compress256(&mut state.0, &[block.0.into()]);
    }

    fn byte(&mut self, at: u64) -> u8 {
        self.single += 1;
        self.take(at, at + 1)[0]
    }

    fn done(&mut self, at: u64, end: u64) {
        assert_eq!(at, self.done, "each byte once, in order");
        assert!(at < end && end <= self.read, "{end:#x} was not read yet");
        assert!(end == self.region.1 || end % PIECE == 0, "{end:#x}");
        // Not long after it was read, lest a cache loses it before.
        assert!(self.read - at <= 2 * PIECE);
        self.done = end;
    }
}

fn ram(len: usize) -> Ram {
    Ram((0..len).map(|i| (i * 7 + (i >> 8) * 13) as u8).collect())
}

/// Twice: the first time must not have changed anything.
fn digest_of(sha: &mut Sha256<Recorder<'_>>, len: u64) -> [u8; 32] {
    let [first, second] = [(); 2].map(|()| {
        let mut digest = Digest::default();
        sha.digest(len, &mut digest);
        digest
    });
    assert_eq!(first, second);
    let bytes: Vec<u8> = first.bytes().collect();
    bytes.try_into().unwrap()
}

/// With each alignment that an engine may have.
fn ours(ram: &Ram, regions: &[(usize, usize)]) -> [u8; 32] {
    let [any, eight] = [1, 8].map(|align| {
        let mut sha = Sha256::new(Recorder::new(ram, align));
        for &(start, len) in regions {
            sha.engine.begin(start as u64, len as u64);
            sha.update(start as u64, len as u64);
        }
        sha.engine.begin(0, 0);
        let len = regions.iter().map(|&(_, len)| len as u64).sum();
        assert_eq!(sha.added(), len, "{regions:?}");
        digest_of(&mut sha, len)
    });
    assert_eq!(any, eight, "{regions:?}");
    any
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
fn the_ends_of_pieces_at_every_alignment() {
    const PAGE: usize = PIECE as usize;
    let ram = ram(5 * PAGE);
    for near in [PAGE, 2 * PAGE, 3 * PAGE] {
        for end in near - 70..=near + 70 {
            for start in [0, 1, 8, 60, PAGE - 164, PAGE - 71] {
                let regions = [(start, end - start), (end, 100)];
                assert_eq!(
                    ours(&ram, &regions),
                    reference(&ram, &regions),
                    "{regions:?}"
                );
            }
        }
    }
}

/// All else would be many times slower.
#[test]
fn whole_blocks_are_not_read_byte_by_byte() {
    let ram = ram(20_000);
    for (align, start, len, single) in [
        (1, 64, 6400, 0),
        (1, 3, 6400, 0),
        (1, 3, 6463, 63),
        (8, 64, 10_000, 10_000 % 64),
        (8, 72, 128, 0),
        // Never where it can load from.
        (8, 3, 128, 128),
    ] {
        let mut sha = Sha256::new(Recorder::new(&ram, align));
        sha.engine.begin(start, len);
        sha.update(start, len);
        assert_eq!(sha.engine.single, single, "{align} {start} {len}");
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
    /// Some within a piece, some over several.
    #[test]
    fn up_to_16_regions(
        regions in prop::collection::vec((0_usize..30_000, prop_oneof![0_usize..1000, 0_usize..30_000]), 0..=16),
    ) {
        let ram = ram(60_000);
        prop_assert_eq!(ours(&ram, &regions), reference(&ram, &regions));
    }
}

#[test]
fn each_of_the_256_bits_is_compared() {
    let equals = |words, bytes: &[u8; 32]| Digest(words).equals(bytes);
    let bytes = ours(&ram(10), &[(0, 10)]);
    let word = |index: usize| u32::from_be_bytes(*bytes[4 * index..].first_chunk().unwrap());
    let digest = [0, 1, 2, 3, 4, 5, 6, 7].map(word);
    assert!(equals(digest, &bytes));
    for bit in 0..256 {
        let mut other = bytes;
        other[bit / 8] ^= 1 << (bit % 8);
        assert!(!equals(digest, &other), "bit {bit}");
    }
    // Differences that would cancel out in a sum or an xor over all bytes.
    let mut other = [0; 32];
    other[0] = 0x80;
    other[31] = 0x80;
    assert!(!equals([0; 8], &other));
}

const GIB: u64 = 1 << 30;

/// All but the last carry of a segment are lost: 2^32 bytes each.
#[test]
fn kexec_tools_loses_carries_of_segments_above_4_gib() {
    for (segments, lost) in [
        (&[][..], 0),
        (&[1 << 20, 100], 0),
        // Less than 4 GiB has no more than one carry, whatever was before it.
        (&[4 * GIB - 1, 4 * GIB - 1, 4 * GIB - 1], 0),
        (&[4 * GIB, 4 * GIB, 4 * GIB], 0),
        (&[8 * GIB - 1], 0),
        (&[8 * GIB], 1),
        (&[1, 8 * GIB - 1], 1),
        (&[1 << 20, 8 * GIB], 1),
        (&[4 * GIB - 1, 4 * GIB], 0),
        (&[4 * GIB - 1, 4 * GIB + 1], 1),
        (&[13 * GIB, 1, 16 * GIB], 5),
    ] {
        let segments = || segments.iter().copied();
        let len: u64 = segments().sum();
        assert_eq!(
            kexec_tools_len(segments()),
            len - (lost << 32),
            "{:x?}",
            segments().collect::<Vec<_>>()
        );
    }
}

proptest! {
    #[test]
    fn a_segment_has_one_carry_at_most(
        segments in prop::collection::vec(prop_oneof![0..20 * GIB, 0_u64..1 << 20, Just(4 * GIB)], 0..8),
    ) {
        let mut before = 0_u64;
        let mut lost = 0;
        for len in &segments {
            let carries = ((before & 0xffff_ffff) + len) >> 32;
            lost += carries.saturating_sub(1);
            before += len;
        }
        prop_assert_eq!(kexec_tools_len(segments.into_iter()), before - (lost << 32));
    }

    /// kexec-tools adds what is in a segment's file, and then the zeros up to its length in small
    /// parts. A region does not tell where the file ends: that matters only if the file has 4 GiB or
    /// more and the count passes a multiple of that within the zeros.
    #[test]
    fn the_zeros_after_a_file_hardly_matter(
        before in 0..8 * GIB,
        file in prop_oneof![0..12 * GIB, 4 * GIB - 4096..4 * GIB + 4096],
        zeros in prop_oneof![0_u64..8192, 0..3 * GIB],
    ) {
        const PART: u64 = 64 << 20;
        let parts = (0..zeros.div_ceil(PART)).map(|part| PART.min(zeros - part * PART));
        let counted = kexec_tools_len([before, file].into_iter().chain(parts));
        let passes = ((before + file) % (4 * GIB) + zeros) >> 32 != 0;
        let same = counted == kexec_tools_len([before, file + zeros].into_iter());
        // Without such a file no carry is lost, and the true length is right.
        let right = counted == before + file + zeros - ((before >> 32).saturating_sub(1) << 32);
        let expected = same || (file < 4 * GIB && right) || (file >= 4 * GIB && passes);
        prop_assert!(expected);
    }

    /// The padding of a message that is said to be shorter: the same bytes, another length.
    #[test]
    fn a_digest_with_another_length(len in 0_usize..200, claimed in any::<u32>()) {
        let claimed = u64::from(claimed) << 3;
        let ram = ram(len);
        let mut sha = Sha256::new(Recorder::new(&ram, 1));
        sha.engine.begin(0, len as u64);
        sha.update(0, len as u64);
        let mut message = ram.0.clone();
        message.push(0x80);
        message.resize((message.len() + 8).next_multiple_of(BLOCK), 0);
        let end = message.len();
        message[end - 8..].copy_from_slice(&(claimed * 8).to_be_bytes());
        let mut state = INITIAL;
        for block in message.chunks_exact(BLOCK) {
            Recorder::new(&Ram(vec![]), 1).compress_block(&mut state, &Block(block.try_into().unwrap()));
        }
        let expected: Vec<u8> = Digest(state.0).bytes().collect();
        prop_assert_eq!(digest_of(&mut sha, claimed).to_vec(), expected);
        // And more may be added.
        sha.engine.begin(0, len as u64);
        sha.update(0, len as u64);
        prop_assert_eq!(digest_of(&mut sha, 2 * len as u64), reference(&ram, &[(0, len), (0, len)]));
    }
}
