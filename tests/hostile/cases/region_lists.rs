// SPDX-License-Identifier: MIT OR Apache-2.0

//! Lists of regions.

use purgatory_test_harness::boot::{RAM, UART};
use purgatory_test_harness::flips::{Case, Flips, Random};

use super::Named;
use crate::opinion::{DIGEST, World, digest, regions};

const LISTS: usize = 600;

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
                0 => (random.word(), 0),
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
            *word = random.word() >> random.below(64);
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
        "wraps by all" => (random.word() | 1, u64::MAX),
        "beyond" => (end + random.below(1 << 40), some),
        "ends beyond" => (end - some, some + 1 + random.below(1 << 40)),
        "in the image" => (inside, some),
        "the image's first byte" => (image.start - some, some + 1),
        "the image's last byte" => (image.end - 1, some),
        "around the image" => (RAM, random.word() >> 30 | 1 << 30),
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
