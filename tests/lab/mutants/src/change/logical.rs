// SPDX-License-Identifier: MIT OR Apache-2.0

//! Masks of bits.

use super::{Change, Field, RD, RN, SF};

const IMMS: Field = Field::new(10, 6);
const IMMR: Field = Field::new(16, 6);
const N: Field = Field::new(22, 1);

/// `AND`, `ORR`, `EOR`, `ANDS` (immediate): the mask one bit further to the left and to the right,
/// and one bit wider, or narrower where it cannot be.
pub fn immediate(word: u32) -> Option<Vec<Change>> {
    if word & 0x1f80_0000 != 0x1200_0000 {
        return None;
    }
    let name = match Field::new(29, 2).of(word) {
        0 => "and",
        1 if RN.of(word) == 31 => "mov",
        1 => "orr",
        2 => "eor",
        _ if RD.of(word) == 31 => "tst",
        _ => "ands",
    };
    let old = mask(word)?;
    let (size, immr, imms) = (i64::from(size(word)?), IMMR.of(word), IMMS.of(word));
    let (immr, imms) = (i64::from(immr), i64::from(imms));
    let turned = [immr - 1, immr + 1].map(|by| IMMR.set(word, by.rem_euclid(size)));
    let wider = [imms + 1, imms - 1].map(|ones| IMMS.set(word, ones));
    let same_size = |new: &u32| self::size(*new) == self::size(word);
    let wider = wider.into_iter().flatten().find(same_size);
    let all = turned.into_iter().flatten().chain(wider);
    let changes = all.filter_map(|new| {
        Some(Change {
            what: format!("{name} #{old:#x} -> #{:#x}", mask(new)?),
            word: new,
        })
    });
    Some(changes.collect())
}

/// Bits of an element.
fn size(word: u32) -> Option<u32> {
    size_and_ones(word).map(|(size, _)| size)
}

/// Bits of an element, and how many of them are ones (Arm ARM, `DecodeBitMasks`); `None` where the
/// encoding is reserved.
fn size_and_ones(word: u32) -> Option<(u32, u32)> {
    if SF.of(word) == 0 && N.of(word) == 1 {
        return None;
    }
    let code = N.of(word) << 6 | !IMMS.of(word) & 0x3f;
    let size = 1 << code.checked_ilog2().filter(|&bits| bits > 0)?;
    let ones = (IMMS.of(word) & (size - 1)) + 1;
    (ones < size).then_some((size, ones))
}

/// Returns the mask.
pub(super) fn mask(word: u32) -> Option<u64> {
    let (size, ones) = size_and_ones(word)?;
    let turns = IMMR.of(word) & (size - 1);
    let element = (1_u64 << ones) - 1;
    let low = u64::MAX >> (64 - size);
    let element = if turns == 0 {
        element
    } else {
        (element >> turns | element << (size - turns)) & low
    };
    let all = (0..64).step_by(size as usize);
    let mask = all.fold(0, |mask, at| mask | element << at);
    Some(if SF.of(word) == 0 {
        mask & 0xffff_ffff
    } else {
        mask
    })
}
