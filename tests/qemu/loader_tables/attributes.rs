// SPDX-License-Identifier: MIT OR Apache-2.0

//! Attributes that the image cannot work with.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
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

#[rstest]
fn the_access_flag_clear(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "kernel", ATTRIBUTES, |entry| entry & !AF)
    });
}

#[rstest]
fn the_access_flag_clear_on_the_image(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "purgatory", ATTRIBUTES, |entry| entry & !AF)
    });
}

#[rstest]
fn another_memory_type(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "kernel", ATTRIBUTES, |entry| entry | 1 << 2)
    });
}

#[rstest]
fn another_memory_type_of_the_image(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "purgatory", ATTRIBUTES, |entry| entry | 7 << 2)
    });
}

#[rstest]
fn an_image_that_cannot_be_executed(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "purgatory", ATTRIBUTES, |entry| entry | EXECUTE_NEVER)
    });
}

#[rstest]
fn an_image_that_cannot_be_written(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "purgatory", ATTRIBUTES, |entry| entry | READ_ONLY)
    });
}

#[rstest]
fn contiguous_entries(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "kernel", ATTRIBUTES, |entry| entry | CONTIGUOUS)
    });
}

#[rstest]
fn a_bit_that_means_nothing_yet(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "kernel", ATTRIBUTES, |entry| entry | 1 << 48)
    });
}

#[rstest]
fn an_image_that_el0_may_touch(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| match boot.regime {
        Regime::El1And0 | Regime::El2And0 => {
            block(boot, "purgatory", ATTRIBUTES, |entry| entry | EL0)
        }
        // The bit is RES1 here.
        Regime::El2 => {
            block(boot, "purgatory", "", |entry| entry | EL0);
            Expect::BootsThus(vec![], THEIRS)
        }
    });
}

#[rstest]
fn a_table_below_which_nothing_can_be_executed(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        unused(boot, ATTRIBUTES, |tables| {
            *tables.entry(0, 0x4000_0000) |= TABLE_EXECUTE_NEVER;
        })
    });
}
