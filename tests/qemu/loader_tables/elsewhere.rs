// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables in no region, or made for another image.

use purgatory_test_harness::Regime::{El1And0, El2, El2And0};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::v3_tables::{BLOCK, V3Tables};
use rstest::rstest;

use super::{NOWHERE, UNMAPPED, other_image, refused, told, unused};
use crate::harness::usual;

each_regime! {
    usual;
    misaligned_to_8: |boot| told(boot, |at| at + 8, NOWHERE);
    misaligned_to_half_a_table: |boot| told(boot, |at| at + 2048, NOWHERE);
    at_an_odd_address: |boot| told(boot, |at| at + 1, NOWHERE);
    beyond_the_physical_range: |boot| told(boot, |at| at | 1 << 51, NOWHERE);
    at_the_end_of_all_addresses: |boot| told(boot, |_| u64::MAX - 4095, NOWHERE);
    right_behind_the_region: |boot| told(boot, |at| at + V3Tables::LEN, NOWHERE);
    in_the_image: |boot| {
        boot.make_tables(|_| ());
        let at = boot.load.purgatory_at;
        boot.load.pgtble_base = Some(at);
        refused(at, NOWHERE)
    };
    at_a_device: |boot| told(boot, |_| 0x0900_0000, NOWHERE);
    good_ones_outside_the_regions: |boot| {
        let mut copy = V3Tables::new(0);
        boot.make_tables(|tables| copy = tables.moved(tables.at() + BLOCK / 2));
        boot.load.pgtble_base = Some(copy.at());
        boot.unhashed.push(copy.segment("a copy"));
        refused(copy.at(), NOWHERE)
    };
    the_second_table_outside_the_regions: |boot| {
        let mut copy = V3Tables::new(0);
        let expect = unused(boot, UNMAPPED, |tables| {
            copy = tables.moved(tables.at() + BLOCK / 2);
            let second = *copy.entry(0, 0x4000_0000);
            *tables.entry(0, 0x4000_0000) = second;
        });
        boot.unhashed.push(copy.segment("a copy"));
        expect
    };
    for_an_image_elsewhere: |boot| other_image(boot, "purgatory_base", |boot| boot.load.purgatory_at + 4096);
    for_no_image: |boot| other_image(boot, "purgatory_base", |_| 0);
    for_a_smaller_image: |boot| other_image(boot, "purgatory_len", |boot| boot.load.image.memsz - 1);
}
