// SPDX-License-Identifier: MIT OR Apache-2.0

//! Sequences that early Cortex-A53 get wrong. Where telling apart takes more than a look, the
//! harmless ones count as well.

use rstest::rstest;

use crate::code::{self, Word};
use crate::{built, parse};

#[rstest]
fn of_cortex_a53_are_not_met(#[values("purgatory.elf", "purgatory-sha2.elf")] image: &str) {
    let elf = built(image);
    let elf = parse(&elf);
    let met = met(&code::instructions(&elf));
    let met: Vec<_> = met
        .into_iter()
        .map(|(at, erratum)| format!("{}: {erratum}", code::place(&elf, at)))
        .collect();
    assert!(met.is_empty(), "{met:#?}");
}

/// Returns where one of the sequences begins, and which.
fn met(code: &[Word]) -> Vec<(u64, &'static str)> {
    let begins = |first| {
        let words: &[Word] = &code[first..];
        let at = words[0].0;
        // What lies elsewhere does not follow.
        let word = |i: u64| {
            let word = words.get(i as usize);
            word.filter(|word| word.0 == at + 4 * i)
                .map_or(0, |word| word.1)
        };
        let words = [word(0), word(1), word(2), word(3)];
        let erratum = multiply_add(words).or_else(|| adrp(at, words))?;
        Some((at, erratum))
    };
    (0..code.len()).filter_map(begins).collect()
}

/// Loads, stores and prefetches of any kind.
fn is_access(word: u32) -> bool {
    word & 0x0a00_0000 == 0x0800_0000
}

/// A wrong sum, of MADD, MSUB and the long ones that add to a register. No linker but GNU's has a
/// fix; LLVM's is `-Ctarget-feature=+fix-cortex-a53-835769`.
fn multiply_add(words: [u32; 4]) -> Option<&'static str> {
    let is_multiply_add = words[1] & 0xff00_0000 == 0x9b00_0000 && words[1] >> 10 & 31 != 31;
    (is_access(words[0]) && is_multiply_add)
        .then_some("835769, a 64-bit multiply-add right after an access")
}

/// A wrong address, of ADRP in the last two words of a page. The linkers'
/// `--fix-cortex-a53-843419`.
fn adrp(at: u64, words: [u32; 4]) -> Option<&'static str> {
    let [adrp, access, third, fourth] = words;
    let is_adrp = adrp & 0x9f00_0000 == 0x9000_0000;
    // With an offset of 12 bits, from the register that ADRP wrote.
    let uses_it = |word: u32| word & 0x3b00_0000 == 0x3900_0000 && word >> 5 & 31 == adrp & 31;
    let at_end = at & 0xfff >= 0xff8;
    (at_end && is_adrp && is_access(access) && (uses_it(third) || uses_it(fourth)))
        .then_some("843419, ADRP at the end of a page with two accesses after it")
}

/// Returns the sequences found in code that begins at `at`.
#[cfg(test)]
fn met_at(at: u64, words: &[u32]) -> Vec<(u64, &'static str)> {
    let words: Vec<_> = (at..).step_by(4).zip(words.iter().copied()).collect();
    let met = met(&words).into_iter();
    met.map(|(at, erratum)| (at, &erratum[..6])).collect()
}

#[test]
fn a_multiply_add_after_an_access_is_caught() {
    let [madd, msub, smaddl, umsubl] = [0x9b02_0c20, 0x9b02_8c20, 0x9b22_0c20, 0x9ba2_8c20];
    let ldr_x4 = 0xf940_00a4;
    let accesses = [
        (ldr_x4, "ldr x4, [x5]"),
        (0xa9bf_7bfd, "stp x29, x30, [sp, #-16]!"),
        (0x3900_0001, "strb w1, [x0]"),
        (0x5800_0040, "ldr x0, #8"),
        (0xf980_0020, "prfm pldl1keep, [x1]"),
        (0x4cdf_7000, "ld1 {v0.16b}, [x0], #16"),
        (0x3dc0_0020, "ldr q0, [x1]"),
    ];
    for (access, text) in accesses {
        for multiply in [madd, msub, smaddl, umsubl] {
            let met = met_at(0x1000, &[access, multiply]);
            assert_eq!(met, [(0x1000, "835769")], "{text}, {multiply:08x}");
        }
    }
    let [mul, umulh, madd_of_32, add] = [0x9b02_7c20, 0x9bc2_7c20, 0x1b02_0c20, 0x8b02_0020];
    let nop = 0xd503_201f;
    for harmless in [
        [ldr_x4, mul],
        [ldr_x4, umulh],
        [ldr_x4, madd_of_32],
        [madd, ldr_x4],
        [add, madd],
        [nop, madd],
    ] {
        assert_eq!(met_at(0x1000, &harmless), [], "{harmless:08x?}");
    }
    // Constants lie between.
    assert_eq!(met(&[(0x1000, ldr_x4), (0x1100, madd)]), []);
}

#[test]
fn an_adrp_at_the_end_of_a_page_is_caught() {
    let [adrp_x0, adr_x0, nop] = [0x9000_0000, 0x1000_0000, 0xd503_201f];
    let [ldr_x4, str_x4, from_x0, byte_to_x0] =
        [0xf940_00a4, 0xf900_00a4, 0xf940_0001, 0x3900_0401];
    let pair_from_x0 = 0xa940_0c02;
    for (at, words) in [
        (0xff8, [adrp_x0, ldr_x4, from_x0, nop]),
        (0xffc, [adrp_x0, ldr_x4, nop, from_x0]),
        (0x1ffc, [adrp_x0, str_x4, byte_to_x0, nop]),
    ] {
        assert_eq!(met_at(at, &words), [(at, "843419")], "{words:08x?}");
    }
    for (at, words) in [
        (0xff4, [adrp_x0, ldr_x4, nop, from_x0]),
        (0x1000, [adrp_x0, ldr_x4, from_x0, nop]),
        (0xffc, [adrp_x0, nop, nop, from_x0]),
        (0xffc, [adr_x0, ldr_x4, from_x0, nop]),
        (0xffc, [adrp_x0, ldr_x4, pair_from_x0, nop]),
        (0xffc, [adrp_x0, ldr_x4, nop, ldr_x4]),
    ] {
        assert_eq!(met_at(at, &words), [], "{words:08x?}");
    }
}
