// SPDX-License-Identifier: MIT OR Apache-2.0

//! Makes another input of one or two.

use crate::random::Random;

/// The longest.
pub const LONGEST: usize = 1024;

/// Numbers at borders of anything.
const BORDERS: [u64; 8] = [0, 1, u64::MAX, 1 << 63, 1 << 48, 1 << 32, 4096, 2 << 20];

/// Changes `bytes` in one to eight places; `other` is where pieces may come from.
pub fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        change(bytes, other, random);
    }
    bytes.truncate(LONGEST);
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if bytes.is_empty() {
        bytes.extend((0..=random.below(64)).map(|_| random.word() as u8));
        return;
    }
    let at = random.below(bytes.len());
    let len = 1 + random.below(16.min(bytes.len() - at));
    match random.below(10) {
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 | 3 => bytes[at] = random.word() as u8,
        4 => {
            bytes[at] = bytes[at]
                .wrapping_add(random.below(9) as u8)
                .wrapping_sub(4)
        }
        5 => {
            let border = BORDERS[random.below(BORDERS.len())].to_le_bytes();
            let room = bytes[at..].iter_mut();
            room.zip(border).for_each(|(byte, new)| *byte = new);
        }
        6 => drop(bytes.drain(at..at + len)),
        7 => {
            let piece = bytes[at..at + len].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        8 => {
            let new: Vec<u8> = (0..len).map(|_| random.word() as u8).collect();
            bytes.splice(at..at, new);
        }
        _ if other.is_empty() => {}
        _ => {
            let from = random.below(other.len());
            let len = 1 + random.below(other.len() - from);
            let end = (at + len).min(bytes.len());
            bytes.splice(at..end, other[from..from + len].iter().copied());
        }
    }
}
