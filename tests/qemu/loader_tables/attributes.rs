// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attributes that the image cannot work with.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::each_regime;
use rstest::rstest;

use super::{ATTRIBUTES, THEIRS, block, unused};
use crate::expect::Expect;
use crate::harness::usual;

const AF: u64 = 1 << 10;
/// `AP[1]`: accessible from EL0.
const EL0: u64 = 1 << 6;
/// `AP[2]`: not writable.
const READ_ONLY: u64 = 1 << 7;
const CONTIGUOUS: u64 = 1 << 52;
/// `PXN` and `UXN`; the latter is `XN` at EL2.
const EXECUTE_NEVER: u64 = 3 << 53;
/// `PXNTable` and `UXNTable`, or `XNTable`.
const TABLE_EXECUTE_NEVER: u64 = 3 << 59;

each_regime! {
    usual;
    the_access_flag_clear: |boot| block(boot, "kernel", ATTRIBUTES, |entry| entry & !AF);
    the_access_flag_clear_on_the_image: |boot| block(boot, "purgatory", ATTRIBUTES, |entry| entry & !AF);
    another_memory_type: |boot| block(boot, "kernel", ATTRIBUTES, |entry| entry | 1 << 2);
    another_memory_type_of_the_image: |boot| block(boot, "purgatory", ATTRIBUTES, |entry| entry | 7 << 2);
    an_image_that_cannot_be_executed:
        |boot| block(boot, "purgatory", ATTRIBUTES, |entry| entry | EXECUTE_NEVER);
    an_image_that_cannot_be_written: |boot| block(boot, "purgatory", ATTRIBUTES, |entry| entry | READ_ONLY);
    contiguous_entries: |boot| block(boot, "kernel", ATTRIBUTES, |entry| entry | CONTIGUOUS);
    a_bit_that_means_nothing_yet: |boot| block(boot, "kernel", ATTRIBUTES, |entry| entry | 1 << 48);
    an_image_that_el0_may_touch: |boot| match boot.regime {
        Regime::El1And0 | Regime::El2And0 => {
            block(boot, "purgatory", ATTRIBUTES, |entry| entry | EL0)
        }
        // The bit is RES1 here.
        Regime::El2 => {
            block(boot, "purgatory", "", |entry| entry | EL0);
            Expect::BootsThus(vec![], THEIRS)
        }
    };
    a_table_below_which_nothing_can_be_executed: |boot| {
        unused(boot, ATTRIBUTES, |tables| {
            *tables.entry(0, 0x4000_0000) |= TABLE_EXECUTE_NEVER;
        })
    };
}
