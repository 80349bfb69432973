// SPDX-License-Identifier: MIT OR Apache-2.0

//! Tables that do not map all, or not to itself.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::v3_tables::{BLOCK, BLOCK_DESCRIPTOR, TABLE_DESCRIPTOR, V3Tables};
use rstest::rstest;

use super::{ELSEWHERE, MORE, UNMAPPED, block, refused, unused};
use crate::harness::{symbol, usual};

each_regime! {
    usual;
    nothing_mapped: |boot| unused(boot, UNMAPPED, |tables| tables.entries().fill(0));
    the_kernel_not_mapped: |boot| block(boot, "kernel", UNMAPPED, |_| 0);
    the_initrd_not_mapped: |boot| block(boot, "initrd", UNMAPPED, |_| 0);
    the_dtb_not_mapped: |boot| block(boot, "dtb", UNMAPPED, |_| 0);
    the_tables_not_mapped: |boot| block(boot, "tables", UNMAPPED, |_| 0);
    the_purgatory_not_mapped: |boot| block(boot, "purgatory", UNMAPPED, |_| 0);
    valid_bit_clear: |boot| block(boot, "purgatory", UNMAPPED, |entry| entry & !1);
    the_end_of_the_purgatory_not_mapped: |boot| {
        boot.make_tables(|_| ());
        let tables = boot.load.segments.pop().map_or(0, |tables| tables.at);
        // The stack begins in one block and goes on in the next: its second page, the last before
        // the pool.
        let purgatory_at = tables + 2 * BLOCK - (symbol(boot, "pool") - 4096);
        boot.load.purgatory_at = purgatory_at;
        let mut again = V3Tables::new(tables);
        for segment in &boot.load.segments {
            again.map(segment.at, segment.len);
        }
        again.map(tables, V3Tables::LEN);
        again.map(purgatory_at, 1);
        boot.load.segments.push(again.segment("tables"));
        refused(tables, UNMAPPED)
    };
    the_kernel_elsewhere: |boot| block(boot, "kernel", ELSEWHERE, |entry| entry + BLOCK);
    the_dtb_where_the_kernel_is: |boot| {
        let kernel = boot.segment("kernel").at;
        block(boot, "dtb", ELSEWHERE, |_| kernel | BLOCK_DESCRIPTOR)
    };
    the_purgatory_elsewhere: |boot| block(boot, "purgatory", ELSEWHERE, |entry| entry - BLOCK);
    the_purgatory_beyond_the_physical_range:
        |boot| block(boot, "purgatory", ELSEWHERE, |entry| entry | 1 << 47);
    a_first_table_that_is_its_own_next: |boot| {
        unused(boot, MORE, |tables| {
            let at = tables.at();
            *tables.entry(0, 0x4000_0000) = at | TABLE_DESCRIPTOR;
        })
    };
    a_first_table_of_nothing_but_itself: |boot| {
        unused(boot, MORE, |tables| {
            let at = tables.at();
            tables.entries()[..512].fill(at | TABLE_DESCRIPTOR);
        })
    };
    a_third_table_that_is_its_own_next: |boot| {
        let kernel = boot.segment("kernel").at;
        // Its entry number 0, now of the last level, is none.
        unused(boot, UNMAPPED, |tables| {
            let itself = *tables.entry(1, kernel);
            *tables.entry(2, kernel) = itself;
        })
    };
}

/// The flash, the UART, and memory that nothing was loaded into: a CPU may read Normal memory that is
/// mapped at any time, needed or not.
#[rstest]
fn more_than_what_is_touched(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(0, 0x0900_0000, 0x5000_0000)] address: u64,
) {
    usual(regime, |boot| {
        unused(boot, MORE, |tables| {
            *tables.entry(2, address) = address | BLOCK_DESCRIPTOR;
        })
    });
}

each_regime! {
    usual;
    a_block_of_1_gib: |boot| {
        let kernel = boot.segment("kernel").at;
        unused(boot, MORE, |tables| {
            *tables.entry(1, kernel) = kernel >> 30 << 30 | BLOCK_DESCRIPTOR;
        })
    };
}
