// SPDX-License-Identifier: MIT OR Apache-2.0

//! Conditions, and bits that are tested.

use super::{Change, Field};

const CONDITIONS: [&str; 16] = [
    "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv",
];

/// Changes a condition into its opposite and, where it is an order, into that with or without
/// equality.
fn condition(name: &str, word: u32, field: Field) -> Vec<Change> {
    // HS and HI, LO and LS, GE and GT, LT and LE.
    const ORDERS: [(u32, u32); 4] = [(2, 8), (3, 9), (10, 12), (11, 13)];
    let old = field.of(word);
    if old >= 14 {
        return Vec::new();
    }
    let sibling = ORDERS.into_iter().find_map(|(one, other)| match old {
        _ if old == one => Some(other),
        _ if old == other => Some(one),
        _ => None,
    });
    let all = [Some(old ^ 1), sibling].into_iter().flatten();
    let text = |number: u32| CONDITIONS[number as usize];
    all.filter_map(|new| {
        Some(Change {
            what: format!("{name} {} -> {}", text(old), text(new)),
            word: field.set(word, new.into())?,
        })
    })
    .collect()
}

/// `B.cond`.
pub fn branch(word: u32) -> Option<Vec<Change>> {
    (word & 0xff00_0010 == 0x5400_0000).then(|| condition("b", word, Field::new(0, 4)))
}

/// `CBZ`, `CBNZ`: the other one.
pub fn compare_and_branch(word: u32) -> Option<Vec<Change>> {
    (word & 0x7e00_0000 == 0x3400_0000).then(|| vec![other(word, ["cbz", "cbnz"])])
}

/// `TBZ`, `TBNZ`: the other one, and the bits beside.
pub fn test_and_branch(word: u32) -> Option<Vec<Change>> {
    const LOW: Field = Field::new(19, 5);
    const HIGH: Field = Field::new(31, 1);
    if word & 0x7e00_0000 != 0x3600_0000 {
        return None;
    }
    let old = i64::from(HIGH.of(word) << 5 | LOW.of(word));
    let change = |new: i64| {
        let word = HIGH.set(LOW.set(word, new & 0x1f)?, new >> 5)?;
        let what = format!("tbz, tbnz #{old} -> #{new}");
        Some(Change { what, word })
    };
    let bits = [old + 1, old - 1].into_iter().filter_map(change);
    Some(bits.chain([other(word, ["tbz", "tbnz"])]).collect())
}

/// The instruction that branches where this one does not: bit 24.
fn other(word: u32, names: [&str; 2]) -> Change {
    let old = Field::new(24, 1).of(word) as usize;
    Change {
        what: format!("{} -> {}", names[old], names[1 - old]),
        word: word ^ 1 << 24,
    }
}

/// `CSEL`, `CSINC`, `CSINV`, `CSNEG`.
pub fn select(word: u32) -> Option<Vec<Change>> {
    let name = match (word & 0x3fe0_0800, word >> 30 & 1, word >> 10 & 1) {
        (0x1a80_0000, 0, 0) => "csel",
        (0x1a80_0000, 0, 1) => "csinc",
        (0x1a80_0000, 1, 0) => "csinv",
        (0x1a80_0000, 1, 1) => "csneg",
        _ => return None,
    };
    Some(condition(name, word, Field::new(12, 4)))
}

/// `CCMN`, `CCMP`: the condition, the number that is compared with, and what the flags are without
/// a comparison (Z and C turned round).
pub fn compare(word: u32) -> Option<Vec<Change>> {
    const IMM5: Field = Field::new(16, 5);
    const Z_AND_C: u32 = 0b0110;
    if word & 0x3fe0_0410 != 0x3a40_0000 {
        return None;
    }
    let mut all = condition("ccmp", word, Field::new(12, 4));
    let flags = word & 0xf;
    all.push(Change {
        what: format!("ccmp nzcv {flags:#x} -> {:#x}", flags ^ Z_AND_C),
        word: word ^ Z_AND_C,
    });
    if word & 1 << 11 != 0 {
        let old = i64::from(IMM5.of(word));
        let change = |new: i64| {
            Some(Change {
                what: format!("ccmp #{old:#x} -> #{new:#x}"),
                word: IMM5.set(word, new)?,
            })
        };
        all.extend([old + 1, old - 1].into_iter().filter_map(change));
    }
    Some(all)
}
