// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the test of hostile input tells its guest.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::random::Random;

/// The piece of the briefing with the [`Orders`].
pub const ORDERS: &str = "orders";

/// The distance from the guest's first instruction to the one a kernel branches to.
pub const STARTED: u64 = 4;
/// The distance from it to the instruction that a halted image branches to.
pub const HALTED: u64 = 8;

/// Words of the image's symbols, from `sha256_regions` to `on_failure`.
pub const SYMBOLS: usize = 344 / 8;
/// The word of them that is `arm64_kernel_entry`.
pub const ENTRY: usize = (256 + 32) / 8;
/// The word of them that is `arm64_sink`.
pub const SINK: usize = (256 + 32 + 16) / 8;
/// The word of them that is `skip_checks`, with `on_failure` in its upper half.
pub const SKIP_CHECKS: usize = SYMBOLS - 1;

/// One call of the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Case {
    /// What it is called; not 0.
    pub number: u64,
    /// What the image's symbols hold.
    pub symbols: [u64; SYMBOLS],
    /// What the page tables are filled with, see [`noise`]; 0: they stay as they are.
    pub noise: u64,
    /// Words in memory that hold something else: address and value. An address of 0 is none.
    pub pokes: [[u64; 2]; 6],
}

/// Memory in which nothing may change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Area {
    /// Where it is.
    pub at: u64,
    /// Bytes, whole words; 0 ends the list.
    pub len: u64,
    /// Where a copy of it is; 0: none is needed, because it is compared at the end.
    pub pristine: u64,
}

/// Where all is.
#[derive(Clone, Copy, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Orders {
    /// The image, up to its pool, which keeps what the last call has left in it.
    pub image: Area,
    /// The image's first instruction.
    pub start: u64,
    /// The image's symbols.
    pub symbols: u64,
    /// The one place outside of the image where it may store a byte, if it is the sink.
    pub spare: Area,
    /// The page tables.
    pub tables: Area,
    /// The cases, one after the other.
    pub cases: u64,
    /// How many they are.
    pub count: u64,
    /// What must be the same after each call.
    pub areas: [Area; 8],
    /// What must be the same in the end.
    pub rest: [Area; 4],
}

/// Returns the words that page tables are filled with.
pub fn noise(seed: u64) -> impl Iterator<Item = u64> {
    let mut random = Random::new(seed);
    core::iter::repeat_with(move || {
        let word = random.word();
        match random.below(4) {
            // Anything.
            0 => word,
            // A table or a page, a block, in the first 4 GiB.
            1 => word & 0xffff_f000 | 3,
            2 => word & 0xffff_f000 | 0x401,
            _ => 0,
        }
    })
}
