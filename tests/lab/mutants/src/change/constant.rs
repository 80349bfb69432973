// SPDX-License-Identifier: MIT OR Apache-2.0

//! Constants that are added, compared with, moved, or an address.

use super::{Change, Field, RD, RN, SF};

/// `ADD`, `ADDS`, `SUB`, `SUBS` (immediate): one more and one less; of what is counted from the
/// stack pointer, one register's place.
pub fn add_immediate(word: u32) -> Option<Vec<Change>> {
    const IMM12: Field = Field::new(10, 12);
    if word & 0x1f80_0000 != 0x1100_0000 {
        return None;
    }
    let (zero, from_sp) = (RD.of(word) == 31, RN.of(word) == 31);
    let name = match Field::new(29, 2).of(word) {
        0 => "add",
        1 if zero => "cmn",
        1 => "adds",
        2 => "sub",
        _ if zero => "cmp",
        _ => "subs",
    };
    let (name, shifted) = (
        if from_sp {
            format!("{name} sp")
        } else {
            name.into()
        },
        Field::new(22, 1).of(word) * 12,
    );
    let old = i64::from(IMM12.of(word));
    let step = if from_sp { 8 } else { 1 };
    let change = |new: i64| {
        Some(Change {
            what: format!("{name} #{:#x} -> #{:#x}", old << shifted, new << shifted),
            word: IMM12.set(word, new)?,
        })
    };
    Some(
        [old + step, old - step]
            .into_iter()
            .filter_map(change)
            .collect(),
    )
}

/// `MOVN`, `MOVZ`, `MOVK`: the lowest bit, and the highest that is set.
pub fn move_wide(word: u32) -> Option<Vec<Change>> {
    const IMM16: Field = Field::new(5, 16);
    let name = match (word & 0x1f80_0000, Field::new(29, 2).of(word)) {
        (0x1280_0000, 0) => "movn",
        (0x1280_0000, 2) => "movz",
        (0x1280_0000, 3) => "movk",
        _ => return None,
    };
    let shift = Field::new(21, 2).of(word) * 16;
    let old = IMM16.of(word);
    let highest = old.checked_ilog2().map(|bit| old ^ 1 << bit);
    let change = |new: u32| {
        let (was, is) = (u64::from(old) << shift, u64::from(new) << shift);
        Some(Change {
            what: format!("{name} #{was:#x} -> #{is:#x}"),
            word: IMM16.set(word, new.into())?,
        })
    };
    let all = [Some(old ^ 1), highest].into_iter().flatten();
    Some(all.filter_map(change).collect())
}

/// `MOV Rd, ZR`, by `ORR`: 1.
pub fn move_zero(word: u32) -> Option<Vec<Change>> {
    if word & 0x7fff_ffe0 != 0x2a1f_03e0 {
        return None;
    }
    let movz = 0x5280_0000 | SF.of(word) << 31 | 1 << 5 | RD.of(word);
    Some(vec![Change {
        what: "mov #0x0 -> #0x1".into(),
        word: movz,
    }])
}

/// `ADR`: a word further, and a word before.
pub fn address(word: u32) -> Option<Vec<Change>> {
    const IMMHI: Field = Field::new(5, 19);
    if word & 0x9f00_0000 != 0x1000_0000 {
        return None;
    }
    let old = IMMHI.signed_of(word);
    let change = |step: i32| {
        Some(Change {
            what: format!("adr {:+}", step * 4),
            word: IMMHI.set_signed(word, old + step)?,
        })
    };
    Some([1, -1].into_iter().filter_map(change).collect())
}

/// `MSR DAIFSet`, `MSR DAIFClr`: each bit.
pub fn masks(word: u32) -> Option<Vec<Change>> {
    const CRM: Field = Field::new(8, 4);
    let name = match word & !0xf00 {
        0xd503_40df => "daifset",
        0xd503_40ff => "daifclr",
        _ => return None,
    };
    let old = CRM.of(word);
    let change = |bit: u32| {
        let new = old ^ 1 << bit;
        Some(Change {
            what: format!("{name} #{old:#x} -> #{new:#x}"),
            word: CRM.set(word, new.into())?,
        })
    };
    Some((0..4).filter_map(change).collect())
}
