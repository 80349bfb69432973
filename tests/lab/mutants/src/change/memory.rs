// SPDX-License-Identifier: MIT OR Apache-2.0

//! Loads and stores of general registers: where, and how much.

use super::{Change, Field};

const SIZE: Field = Field::new(30, 2);
const OPC: Field = Field::new(22, 2);
const IMM12: Field = Field::new(10, 12);
const IMM9: Field = Field::new(12, 9);
const NAMES: [&str; 4] = ["byte", "half", "word", "double"];

/// Returns what it is called, if it neither extends a sign nor prefetches.
fn name(word: u32) -> Option<String> {
    let what = match OPC.of(word) {
        0 => "store",
        1 => "load",
        _ => return None,
    };
    Some(format!("{what} {}", NAMES[SIZE.of(word) as usize]))
}

/// The sizes beside it.
fn sizes(word: u32) -> impl Iterator<Item = u32> {
    let size = SIZE.of(word);
    [size.checked_sub(1), Some(size + 1).filter(|&size| size < 4)]
        .into_iter()
        .flatten()
}

/// `LDR`, `STR` and the like with an unsigned offset: the next place and the one before, and twice
/// and half the bytes in the same place.
pub fn unsigned_offset(word: u32) -> Option<Vec<Change>> {
    if word & 0x3f00_0000 != 0x3900_0000 {
        return None;
    }
    let (name, size) = (name(word)?, SIZE.of(word));
    let old = i64::from(IMM12.of(word));
    let bytes = old << size;
    let offset = |new: i64| {
        Some(Change {
            what: format!("{name} +{bytes} -> +{}", new << size),
            word: IMM12.set(word, new)?,
        })
    };
    let sized = |new: u32| {
        let resized = SIZE.set(word, new.into())?;
        let aligned = bytes % (1 << new) == 0;
        let scaled = aligned.then(|| IMM12.set(resized, bytes >> new)).flatten();
        // LDUR and the like, whose offsets are bytes.
        let unscaled =
            || IMM9.set_signed(resized & !(1 << 24 | 0x003f_fc00), bytes.try_into().ok()?);
        Some(Change {
            what: format!("{name} +{bytes} -> {}", NAMES[new as usize]),
            word: scaled.or_else(unscaled)?,
        })
    };
    let offsets = [old + 1, old - 1].into_iter().filter_map(offset);
    Some(offsets.chain(sizes(word).filter_map(sized)).collect())
}

/// The same with a signed offset, with pre- and post-index and with a register. A register's scale
/// is left out, or put in.
pub fn signed_offset(word: u32) -> Option<Vec<Change>> {
    if word & 0x3f00_0000 != 0x3800_0000 {
        return None;
    }
    let name = name(word)?;
    let mode = match (word >> 21 & 1, word >> 10 & 3) {
        (0, 0) => "",
        (0, 1) => " post",
        (0, 3) => " pre",
        (1, 2) => " register",
        _ => return None,
    };
    let sized = |new: u32| {
        Some(Change {
            what: format!("{name}{mode} -> {}", NAMES[new as usize]),
            word: SIZE.set(word, new.into())?,
        })
    };
    let places = if mode == " register" {
        let what = format!("{name} register scaled -> otherwise");
        let scaled = Change {
            what,
            word: word ^ 1 << 12,
        };
        // A byte has no scale.
        if SIZE.of(word) == 0 {
            Vec::new()
        } else {
            vec![scaled]
        }
    } else {
        let (old, step) = (IMM9.signed_of(word), 1 << SIZE.of(word));
        let offset = |new: i32| {
            Some(Change {
                what: format!("{name}{mode} {old:+} -> {new:+}"),
                word: IMM9.set_signed(word, new)?,
            })
        };
        [old + step, old - step]
            .into_iter()
            .filter_map(offset)
            .collect()
    };
    let sizes = sizes(word).filter_map(sized);
    Some(places.into_iter().chain(sizes).collect())
}

/// `LDP`, `STP`: the next place and the one before.
pub fn pair(word: u32) -> Option<Vec<Change>> {
    const IMM7: Field = Field::new(15, 7);
    let scale = match word >> 30 {
        0 => 4,
        2 => 8,
        _ => return None,
    };
    let mode = match word & 0x3f80_0000 {
        0x2880_0000 => " post",
        0x2900_0000 => "",
        0x2980_0000 => " pre",
        _ => return None,
    };
    let name = if word >> 22 & 1 == 0 {
        "store pair"
    } else {
        "load pair"
    };
    let old = IMM7.signed_of(word);
    let change = |new: i32| {
        Some(Change {
            what: format!("{name}{mode} {:+} -> {:+}", old * scale, new * scale),
            word: IMM7.set_signed(word, new)?,
        })
    };
    Some([old + 1, old - 1].into_iter().filter_map(change).collect())
}
