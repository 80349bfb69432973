// SPDX-License-Identifier: MIT OR Apache-2.0

//! The cases.

use purgatory_test_harness::boot::{RAM, UART};
use purgatory_test_harness::flips::{Case, Flips, Random};

use crate::opinion::{
    DIGEST, DTB, ENTRY, PGTBLE_BASE, PURGATORY_BASE, PURGATORY_LEN, SINK, SKIP_CHECKS, World,
    digest, regions,
};

/// A case, and what it is.
pub type Named = (Case, String);

const FLIPS: usize = 10_000;
const LISTS: usize = 600;
const TABLES: usize = 600;
const SINKS: usize = 300;

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
    // What is not 1 is no request for no checks, nor is what has a 1 in it.
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

/// A region for which no granule's tables fit the pool: it is written back from the caches before it
/// is hashed, which for 2^46 bytes takes hours unless somebody looks whether there is memory.
pub fn without_end(flips: &Flips, _: &World<'_>, _: &mut Random) -> Vec<Named> {
    let mut case = flips.good;
    case.symbols[7] = 1 << 46;
    vec![(case, "a region of 2^46 bytes".into())]
}

/// What can be wrong with a region.
const DEFECTS: [&str; 12] = [
    "none",
    "wraps",
    "wraps by all",
    "beyond",
    "ends beyond",
    "in the image",
    "the image's first byte",
    "the image's last byte",
    "around the image",
    "no memory",
    "a device",
    "one byte too many",
];

/// Lists of regions.
pub fn region_lists(flips: &Flips, world: &World<'_>, random: &mut Random) -> Vec<Named> {
    let mut cases = Vec::new();
    for number in 0..LISTS {
        let mut list: Vec<(u64, u64)> = regions(&flips.good)[..3].to_vec();
        // Pieces of what is loaded, again, and entries without length.
        for _ in 0..random.below(14) {
            let segment = &flips.segments[random.below(3) as usize];
            let start = segment.at + random.below(segment.len);
            let most = (segment.at + segment.len - start).min(600);
            list.push(match random.below(3) {
                0 => (random.number(), 0),
                1 => (segment.at, segment.len),
                _ => (start, 1 + random.below(most)),
            });
        }
        shuffle(&mut list, random);
        let mut case = with_list(&flips.good, &list);
        let message = world.message(&case).expect("all of it is known");
        case.symbols[DIGEST..][..4].copy_from_slice(&digest(&message));
        let what = DEFECTS[number % DEFECTS.len()];
        if let Some(bad) = defect(what, flips, world, random) {
            // One more, or one for another.
            let place = random.below(16.min(list.len() as u64 + 1)) as usize;
            if place == list.len() {
                list.push(bad);
            } else {
                list[place] = bad;
            }
            let right = case;
            case = with_list(&right, &list);
        }
        cases.push((case, format!("regions: {what}: {list:x?}")));
    }
    // Random words, and nothing at all.
    for _ in 0..LISTS / 10 {
        let mut case = flips.good;
        let words = 1 + random.below(32) as usize;
        for word in &mut case.symbols[..words] {
            *word = random.number() >> random.below(64);
        }
        cases.push((case, format!("regions: {words} random words")));
    }
    cases.push((with_list(&flips.good, &[]), "no regions".into()));
    cases
}

fn defect(what: &str, flips: &Flips, world: &World<'_>, random: &mut Random) -> Option<(u64, u64)> {
    let (image, end) = (&flips.image, 1 << world.pa_bits());
    let some = 1 + random.below(4096);
    let inside = image.start + random.below(image.end - image.start);
    Some(match what {
        "wraps" => (u64::MAX - random.below(some), 1 + some),
        "wraps by all" => (random.number() | 1, u64::MAX),
        "beyond" => (end + random.below(1 << 40), some),
        "ends beyond" => (end - some, some + 1 + random.below(1 << 40)),
        "in the image" => (inside, some),
        "the image's first byte" => (image.start - some, some + 1),
        "the image's last byte" => (image.end - 1, some),
        "around the image" => (RAM, random.number() >> 30 | 1 << 30),
        "no memory" => (0x5000_0000 + random.below(1 << 30), some),
        "a device" => (UART & !0xfff, 0x1000),
        "one byte too many" => (flips.segments[2].at, flips.segments[2].len + 1),
        _ => return None,
    })
}

fn with_list(good: &Case, list: &[(u64, u64)]) -> Case {
    let mut case = *good;
    case.symbols[..32].fill(0);
    for (words, &(start, len)) in case.symbols[..32].chunks_exact_mut(2).zip(list) {
        words.copy_from_slice(&[start, len]);
    }
    case
}

fn shuffle(list: &mut [(u64, u64)], random: &mut Random) {
    for index in 1..list.len() {
        list.swap(index, random.below(index as u64 + 1) as usize);
    }
}

/// Page tables: the digest is right, and so the kernel must start.
pub fn garbage_tables(flips: &Flips, world: &World<'_>, random: &mut Random) -> Vec<Named> {
    let good = flips.good;
    let tables = &flips.segments[2];
    let mut cases = Vec::new();
    for number in 0..TABLES {
        let mut case = good;
        let what = match number % 4 {
            0 => {
                case.noise = random.number() | 1;
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
                    case.symbols[PURGATORY_LEN] = random.number() >> random.below(64);
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

/// The address of an entry that is used, or of one beside it.
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
        random.number() << 52
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

/// An address of something, or of nothing.
fn address(flips: &Flips, random: &mut Random) -> u64 {
    let segment = &flips.segments[random.below(3) as usize];
    let image = &flips.image;
    match random.below(8) {
        0 => segment.at + 8 * random.below(segment.len / 8),
        1 => segment.at + 0x1000 * random.below(8),
        // Mostly not in its pool, which is the most of it.
        2 => {
            let pieces = 4 * random.below(2);
            image.start + random.below((image.end - image.start) >> pieces)
        }
        3 => UART,
        4 => 0x5000_0000 + random.below(1 << 32),
        5 => random.number(),
        6 => random.number() & 0xffff_ffff_f000,
        _ => 1 << random.below(64),
    }
}

/// The console: where there is none, the kernel starts all the same, or nothing does.
pub fn nonsense_sinks(flips: &Flips, _: &World<'_>, random: &mut Random) -> Vec<Named> {
    let mut cases = Vec::new();
    for number in 0..SINKS {
        let mut case = flips.good;
        let sink = match random.below(8) {
            0 => flips.spare.start + random.below(flips.spare.end - flips.spare.start),
            // Where flash is, behind the last device, and behind memory.
            1 => random.below(0x0800_0000),
            2 => 0x5000_0000 + random.below(1 << 36),
            3 => UART + random.below(4),
            4 => random.number(),
            _ => address(flips, random),
        };
        // Memory that nobody looks at after each call is not for it.
        let looked_at = flips
            .segments
            .iter()
            .any(|one| one.at <= sink && sink < one.end())
            || flips.image.contains(&sink)
            || flips.spare.contains(&sink);
        let sink = if flips.memory.contains(&sink) && !looked_at {
            flips.spare.start
        } else {
            sink
        };
        case.symbols[SINK] = sink;
        let how = match number % 4 {
            0 => {
                case.symbols[DIGEST] ^= 1 << random.below(64);
                "a wrong digest"
            }
            1 => {
                case.symbols[SKIP_CHECKS] |= 1;
                "no checks"
            }
            2 => {
                let word = [ENTRY, DTB][random.below(2) as usize];
                case.symbols[word] = random.number();
                "a bad address"
            }
            _ => "nothing wrong",
        };
        cases.push((case, format!("sink {sink:#x} with {how}")));
    }
    cases
}
