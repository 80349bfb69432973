//! Page tables of garbage, and good ones with one bit the other way: whatever is made of them, all is
//! verified and booted.

use crate::expect::Expect;
use crate::harness::{in_each_regime, usual};
use crate::loader_tables::{THEIRS, block, refused, unused};
use purgatory_test_harness::Regime;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::v3_tables::{BLOCK, BLOCK_DESCRIPTOR, TABLE_DESCRIPTOR};

/// The same numbers for the same seed (splitmix64).
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Nobody can make use of these pages, and nothing worse comes of them.
fn garbage(boot: &mut Boot, seed: u64) -> Expect {
    unused(boot, "*", |tables| {
        tables.entries().fill_with(random(seed));
    })
}

/// Entries that look like tables and blocks and point to random pages of the tables and of memory.
fn likely_garbage(boot: &mut Boot, seed: u64) -> Expect {
    unused(boot, "*", |tables| {
        let (at, mut random) = (tables.at(), random(seed));
        tables.entries().fill_with(|| match random() % 4 {
            0 => (0x4000_0000 + random() % 256 * BLOCK) | BLOCK_DESCRIPTOR,
            _ => (at + random() % 5 * 4096) | TABLE_DESCRIPTOR,
        });
    })
}

in_each_regime! {
    garbage_1: |boot| garbage(boot, 1);
    garbage_2: |boot| garbage(boot, 2);
    garbage_3: |boot| garbage(boot, 3);
    likely_garbage_1: |boot| likely_garbage(boot, 4);
    likely_garbage_2: |boot| likely_garbage(boot, 5);
    likely_garbage_3: |boot| likely_garbage(boot, 6);
    likely_garbage_4: |boot| likely_garbage(boot, 7);
}

/// One bit of the entry that maps the image is the other way. Whether it is then used or not, all is
/// verified and booted.
fn each_bit(name: &str, regime: Regime, first: usize) {
    for bit in (first..64).step_by(3) {
        usual(name, regime, |boot| {
            block(boot, "purgatory", "", |entry| entry ^ 1 << bit);
            let harmless = match (bit, regime) {
                // SH, nG. Bits 20 to 12 of a block are no address: nT is among them, with which the
                // block may fault.
                (8 | 9 | 11, _) => true,
                // XN at EL0, or AP[1] = 1, which is RES1.
                (54, Regime::El1And0 | Regime::El2And0) | (6, Regime::El2) => true,
                _ => false,
            };
            if harmless {
                return Expect::BootsThus(vec![], THEIRS);
            }
            let at = boot.load.pgtble_base.unwrap_or_default();
            refused(at, "*")
        });
    }
}

mod one_bit_of_the_images_entry {
    use super::*;

    #[test]
    fn el1() {
        each_bit(concat!(module_path!(), "::el1"), Regime::El1And0, 0);
    }

    #[test]
    fn el2() {
        each_bit(concat!(module_path!(), "::el2"), Regime::El2, 1);
    }

    #[test]
    fn el2_vhe() {
        each_bit(concat!(module_path!(), "::el2_vhe"), Regime::El2And0, 2);
    }
}
