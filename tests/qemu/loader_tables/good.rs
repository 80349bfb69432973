// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables that are used.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::Place;
use purgatory_test_harness::each_regime;
use rstest::rstest;

use super::{at, used};
use crate::expect::Expect;
use crate::harness::usual;

/// `AP[2]`: not writable.
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const OUTER_SHAREABLE: u64 = 2 << 8;
const NOT_GLOBAL: u64 = 1 << 11;
/// `PXN` and `UXN`; the latter is `XN` at EL2.
const EXECUTE_NEVER: u64 = 3 << 53;

each_regime! {
    usual;
    good_ones_are_used: |boot| used(boot, |_| ());
    good_ones_above_4_gib_are_used: |boot| used(at(boot, Place::Above4GiB), |_| ());
    good_ones_above_512_gib_are_used: |boot| used(at(boot, Place::Above512GiB), |_| ());
    good_ones_are_hashed_like_all_else: |boot| {
        boot.make_tables(|_| ());
        // An entry that is not needed.
        boot.load.corrupt.push(("tables".into(), 4095));
        Expect::DigestsDiffer
    };
    shareable_blocks_of_one_address_space_are_used: |boot| {
        used(boot, |tables| {
            for entry in tables.entries().iter_mut().filter(|entry| **entry & 3 == 1) {
                *entry |= INNER_SHAREABLE | NOT_GLOBAL;
            }
        })
    };
    regions_that_can_only_be_read_are_used: |boot| {
        let kernel = boot.segment("kernel").at;
        let never = match boot.regime {
            Regime::El1And0 | Regime::El2And0 => EXECUTE_NEVER,
            // There is one bit for it, and the other is RES0.
            Regime::El2 => 1 << 54,
        };
        used(boot, |tables| *tables.entry(2, kernel) |= READ_ONLY | never)
    };
    /// Not Inner Shareable, as those of a patched kexec: what other CPUs' caches hold is flushed first.
    outer_shareable_blocks_are_used: |boot| {
        used(boot, |tables| {
            for entry in tables.entries().iter_mut().filter(|entry| **entry & 3 == 1) {
                *entry |= OUTER_SHAREABLE;
            }
        })
    };
}
