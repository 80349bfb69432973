// SPDX-License-Identifier: MIT OR Apache-2.0

//! The cases.

mod region_lists;
mod sinks;
mod tables;

use purgatory_test_harness::boot::UART;
use purgatory_test_harness::flips::{Case, Flips, Random};

pub use self::region_lists::region_lists;
pub use self::sinks::nonsense_sinks;
pub use self::tables::garbage_tables;
use crate::opinion::{SKIP_CHECKS, World};

/// A case, and what it is.
pub type Named = (Case, String);

const FLIPS: usize = 10_000;

/// Bits of the symbols: each; and of the regions.
pub fn flips(flips: &Flips, _: &World<'_>, random: &mut Random) -> Vec<Named> {
    let good = flips.good;
    let mut cases = Vec::new();
    for word in 0..good.symbols.len() {
        for bit in 0..64 {
            let mut case = good;
            case.symbols[word] ^= 1 << bit;
            cases.push((case, format!("bit {bit} of word {word} of the symbols")));
        }
    }
    // Only 1 is a request for no checks, not every value with a 1 in it.
    for bit in 1..32 {
        let mut case = good;
        case.symbols[SKIP_CHECKS] = 1 | 1 << bit;
        cases.push((case, format!("bit {bit} of skip_checks = 1")));
    }
    let words: Vec<(u64, u64)> = flips
        .segments
        .iter()
        .flat_map(|segment| (segment.at..).step_by(8).zip(segment.bytes.chunks_exact(8)))
        .map(|(at, bytes)| (at, u64::from_le_bytes(bytes.try_into().expect("8 bytes"))))
        .collect();
    while cases.len() < FLIPS {
        let (at, word) = words[random.below(words.len() as u64) as usize];
        let bit = random.below(64);
        let mut case = good;
        case.pokes[0] = [at, word ^ 1 << bit];
        cases.push((case, format!("bit {bit} at {at:#x}")));
    }
    cases
}

/// Returns a region that goes on for 2^46 bytes where memory ends: the first part of it maps what
/// is there, and what is not.
pub fn without_end(flips: &Flips, _: &World<'_>, _: &mut Random) -> Vec<Named> {
    let mut case = flips.good;
    case.symbols[7] = 1 << 46;
    vec![(case, "a region of 2^46 bytes".into())]
}

/// Returns an address of something, or of nothing.
fn address(flips: &Flips, random: &mut Random) -> u64 {
    let segment = &flips.segments[random.below(3) as usize];
    let image = &flips.image;
    match random.below(8) {
        0 => segment.at + 8 * random.below(segment.len / 8),
        1 => segment.at + 0x1000 * random.below(8),
        // Mostly not in its pool, which is more than half of it.
        2 => {
            let half = random.below(2);
            image.start + random.below((image.end - image.start) >> half)
        }
        3 => UART,
        4 => 0x5000_0000 + random.below(1 << 32),
        5 => random.word(),
        6 => random.word() & 0xffff_ffff_f000,
        _ => 1 << random.below(64),
    }
}
