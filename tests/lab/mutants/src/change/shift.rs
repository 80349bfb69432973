// SPDX-License-Identifier: MIT OR Apache-2.0

//! Shifts, and fields of bits.

use super::{Change, Field, SF};

/// `SBFM`, `BFM`, `UBFM`: shifts by one more and one less; fields one bit further to either side,
/// and one bit wider and narrower.
pub fn bitfield(word: u32) -> Option<Vec<Change>> {
    const IMMR: Field = Field::new(16, 6);
    const IMMS: Field = Field::new(10, 6);
    if word & 0x1f80_0000 != 0x1300_0000 {
        return None;
    }
    let names = match Field::new(29, 2).of(word) {
        0 => ["sbfiz", "asr", "sbfx"],
        1 => ["bfi", "bfxil", "bfxil"],
        2 => ["lsl", "lsr", "ubfx"],
        _ => return None,
    };
    let size = 32 << SF.of(word);
    let (immr, imms) = (i64::from(IMMR.of(word)), i64::from(IMMS.of(word)));
    let encode = |(immr, imms): (i64, i64)| {
        let within = (0..size).contains(&immr) && (0..size).contains(&imms);
        within
            .then(|| IMMS.set(IMMR.set(word, immr)?, imms))
            .flatten()
    };
    // The lowest bit and the width, of the source or, where it is shifted to the left, of the
    // result.
    let (name, low, width) = if imms < immr {
        (names[0], size - immr, imms + 1)
    } else if imms == size - 1 {
        (names[1], immr, size - immr)
    } else {
        (names[2], immr, imms - immr + 1)
    };
    let left = imms < immr;
    let new = |low: i64, width: i64| {
        let fits = low >= 0 && width >= 1 && low + width <= size;
        fits.then_some(if left {
            ((size - low) % size, width - 1)
        } else {
            (low, low + width - 1)
        })
    };
    let whole = low + width == size;
    let wanted = if whole {
        vec![(low + 1, width - 1), (low - 1, width + 1)]
    } else {
        vec![
            (low + 1, width),
            (low - 1, width),
            (low, width + 1),
            (low, width - 1),
        ]
    };
    let change = |(to, wide): (i64, i64)| {
        let word = encode(new(to, wide)?)?;
        let what = if whole {
            format!("{name} #{low} -> #{to}")
        } else {
            format!("{name} #{low},{width} -> #{to},{wide}")
        };
        Some(Change { what, word })
    };
    Some(wanted.into_iter().filter_map(change).collect())
}

/// Arithmetic and logic with a register that is shifted: by one more and one less.
pub fn shifted_register(word: u32) -> Option<Vec<Change>> {
    const IMM6: Field = Field::new(10, 6);
    let add = word & 0x1f20_0000 == 0x0b00_0000;
    let logical = word & 0x1f00_0000 == 0x0a00_0000;
    let old = i64::from(IMM6.of(word));
    if !(add || logical) || old == 0 {
        return None;
    }
    let change = |new: i64| {
        let fits = new < 32 << SF.of(word);
        Some(Change {
            what: format!("shifted #{old} -> #{new}"),
            word: fits.then(|| IMM6.set(word, new)).flatten()?,
        })
    };
    Some([old + 1, old - 1].into_iter().filter_map(change).collect())
}

/// `ADD`, `SUB` with a register that is extended and shifted: the same.
pub fn extended_register(word: u32) -> Option<Vec<Change>> {
    const IMM3: Field = Field::new(10, 3);
    if word & 0x1fe0_0000 != 0x0b20_0000 {
        return None;
    }
    let old = i64::from(IMM3.of(word));
    let change = |new: i64| {
        let fits = new <= 4;
        Some(Change {
            what: format!("extended, shifted #{old} -> #{new}"),
            word: fits.then(|| IMM3.set(word, new)).flatten()?,
        })
    };
    Some([old + 1, old - 1].into_iter().filter_map(change).collect())
}
