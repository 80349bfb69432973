// SPDX-License-Identifier: MIT OR Apache-2.0

//! Page tables of garbage, and good ones with one bit the other way: whatever is made of them, all
//! is verified and booted.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::v3_tables::{BLOCK, BLOCK_DESCRIPTOR, TABLE_DESCRIPTOR};
use rstest::rstest;

use super::{THEIRS, block, refused, unused};
use crate::expect::Expect;
use crate::harness::usual;

/// Returns the same numbers for the same seed (splitmix64).
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
#[rstest]
fn garbage(#[values(El1And0, El2, El2And0)] regime: Regime, #[values(1, 2, 3)] seed: u64) {
    usual(regime, |boot| {
        unused(boot, "*", |tables| tables.entries().fill_with(random(seed)))
    });
}

/// Entries that look like tables and blocks and point to random pages of the tables and of memory.
#[rstest]
fn likely_garbage(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(4, 5, 6, 7)] seed: u64,
) {
    usual(regime, |boot| {
        unused(boot, "*", |tables| {
            let (at, mut random) = (tables.at(), random(seed));
            tables.entries().fill_with(|| match random() % 4 {
                0 => (0x4000_0000 + random() % 256 * BLOCK) | BLOCK_DESCRIPTOR,
                _ => (at + random() % 5 * 4096) | TABLE_DESCRIPTOR,
            });
        })
    });
}

/// One bit of the entry that maps the image is the other way. Whether it is then used or not, all
/// is verified and booted. Every third bit in this regime; all in all, all of them.
#[rstest]
#[case(El1And0, 0)]
#[case(El2, 1)]
#[case(El2And0, 2)]
fn one_bit_of_the_images_entry(#[case] regime: Regime, #[case] first: usize) {
    for bit in (first..64).step_by(3) {
        usual(regime, |boot| {
            block(boot, "purgatory", "", |entry| entry ^ 1 << bit);
            let harmless = match (bit, regime) {
                // SH, whose value 01 is reserved; nG. Bits 20 to 12 of a block are no address: nT is among them, with which the
                // block may fault.
                (9 | 11, _) => true,
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
