// SPDX-License-Identifier: MIT OR Apache-2.0

//! What is made of instructions, as the assembler makes it.

mod cases;

use std::collections::BTreeSet;

use self::cases::CASES;
use super::changes;
use super::logical::mask;

#[test]
fn each_thing_is_changed() {
    for (text, word, expected) in CASES {
        let made: BTreeSet<u32> = changes(*word).iter().map(|change| change.word).collect();
        let known: BTreeSet<u32> = expected.iter().map(|(_, word)| *word).collect();
        let missing: Vec<_> = expected
            .iter()
            .filter(|(_, word)| !made.contains(word))
            .collect();
        let more: Vec<_> = made
            .difference(&known)
            .map(|word| format!("{word:#010x}"))
            .collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{text}: not {missing:x?}, but {more:?}"
        );
    }
}

/// Whatever is in the bits that are not changed: each is another instruction of the same class, in
/// its own words, and no mask is a reserved one.
#[test]
fn what_is_made_is_valid_and_new() {
    let mut seed = 1_u32;
    for (text, word, _) in CASES {
        for _ in 0..20_000 {
            // Numerical Recipes' generator; registers and numbers may be any.
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let word = word ^ (seed & 0x003f_ffff);
            if disarm64::decoder::decode(word).is_none() {
                continue;
            }
            let made = changes(word);
            let words: BTreeSet<u32> = made.iter().map(|change| change.word).collect();
            let texts: BTreeSet<_> = made.iter().map(|change| &change.what).collect();
            assert!(!words.contains(&word), "{text}: {word:#010x}: not changed");
            assert_eq!(words.len(), made.len(), "{text}: {word:#010x}: {made:x?}");
            assert_eq!(texts.len(), made.len(), "{text}: {word:#010x}: {made:x?}");
            for new in words {
                let valid = disarm64::decoder::decode(new).is_some();
                let is_mask = |word: u32| word & 0x1f80_0000 == 0x1200_0000;
                let mask = !is_mask(new) || mask(new).is_some();
                assert!(valid && mask, "{text}: {word:#010x} became {new:#010x}");
            }
        }
    }
}

#[test]
fn masks_are_read_right() {
    let masks = [
        ("and x0, x0, #0xf", 0x9240_0c00, 0xf),
        ("orr w0, wzr, #0x80008000", 0x3201_83e0, 0x8000_8000),
        (
            "and x0, x0, #0x5555555555555555",
            0x9200_f000,
            0x5555_5555_5555_5555,
        ),
        (
            "and x0, x0, #0xfffffffffffff000",
            0x9274_cc00,
            0xffff_ffff_ffff_f000,
        ),
        (
            "orr x0, x0, #0x8000000000000001",
            0xb241_0400,
            0x8000_0000_0000_0001,
        ),
    ];
    for (text, word, expected) in masks {
        assert_eq!(mask(word), Some(expected), "{text}");
    }
    // 64 bits in a word, and an element of nothing but ones.
    assert_eq!(mask(0x1240_0c00), None);
    assert_eq!(mask(0x9240_fc00), None);
}
