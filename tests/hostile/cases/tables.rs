// SPDX-License-Identifier: MIT OR Apache-2.0

//! Page tables of the loader's.

use purgatory_test_harness::flips::{Flips, Random};

use super::{Named, address};
use crate::opinion::{DIGEST, PGTBLE_BASE, PURGATORY_BASE, PURGATORY_LEN, World, digest};

const TABLES: usize = 600;

/// Page tables: the digest is right, and so the kernel must start.
pub fn garbage_tables(flips: &Flips, world: &World<'_>, random: &mut Random) -> Vec<Named> {
    let good = flips.good;
    let tables = &flips.segments[2];
    let mut cases = Vec::new();
    for number in 0..TABLES {
        let mut case = good;
        let what = match number % 4 {
            0 => {
                case.noise = random.word() | 1;
                "noise".into()
            }
            1 => {
                // An entry that leads in a circle, or somewhere.
                let (mut at, count) = (used(tables.at, random), 1 + number % 3);
                for poke in &mut case.pokes[..count] {
                    *poke = [at, descriptor(flips, random)];
                    // The next level, or one more there.
                    at = tables.at + (at - tables.at + 0x1000) % (3 * 0x1000);
                }
                format!("pokes {:x?}", &case.pokes[..3])
            }
            2 => {
                let at = used(tables.at, random);
                let offset = (at - tables.at) as usize;
                let old = u64::from_le_bytes(tables.bytes[offset..][..8].try_into().unwrap());
                case.pokes[0] = [at, old ^ 1 << random.below(64)];
                format!("one bit: {:x?}", case.pokes[0])
            }
            _ => {
                case.symbols[PGTBLE_BASE] = address(flips, random);
                if random.below(4) == 0 {
                    case.symbols[PURGATORY_BASE] = address(flips, random);
                }
                if random.below(4) == 0 {
                    case.symbols[PURGATORY_LEN] = random.word() >> random.below(64);
                }
                format!("they are at {:#x}", case.symbols[PGTBLE_BASE])
            }
        };
        let message = world.message(&case).expect("all of it is known");
        case.symbols[DIGEST..][..4].copy_from_slice(&digest(&message));
        cases.push((case, format!("tables: {what}")));
    }
    cases
}

/// Returns the address of an entry that is used, or of one beside it.
fn used(tables: u64, random: &mut Random) -> u64 {
    // Level 0; level 1 of RAM; level 2 of the segments, and of the image.
    let entries = [0, 0x1000 + 8, 0x2000 + 14 * 8, 0x2000 + 15 * 8];
    let near = random.below(2) * 8;
    tables + entries[random.below(4) as usize] + near
}

fn descriptor(flips: &Flips, random: &mut Random) -> u64 {
    let tables = flips.segments[2].at;
    let kind = [0, 1, 2, 3, 0x401, 0x403, 0x701, 0x781, 0xf81][random.below(9) as usize];
    let high = if random.below(4) == 0 {
        random.word() << 52
    } else {
        0
    };
    let to = match random.below(6) {
        0 => tables,
        1 => tables + 0x1000 * random.below(6),
        2 => 0x4000_0000 + (random.below(17) << 21),
        _ => address(flips, random),
    };
    high | to & 0xffff_ffff_f000 | kind
}
