//! Page tables that the loader made: used where they are good; where not, the purgatory says why,
//! makes its own, and verifies at the same speed.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::v3_tables::{BLOCK, BLOCK_DESCRIPTOR, TABLE_DESCRIPTOR, V3Tables};
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::{INITRD, usual};

pub const THEIRS: &str = "D-cache on, loader's page tables, SHA2 instructions";
const OWN: &str = "D-cache on, SHA2 instructions";

/// These are used.
fn used(boot: &mut Boot, change: impl FnOnce(&mut V3Tables)) -> Expect {
    boot.make_tables(change);
    Expect::BootsThus(vec![], THEIRS)
}

/// These are not, for this reason.
pub fn unused(boot: &mut Boot, why: &str, spoil: impl FnOnce(&mut V3Tables)) -> Expect {
    boot.make_tables(spoil);
    let at = boot.load.pgtble_base.unwrap_or_default();
    refused(at, why)
}

pub fn refused(at: u64, why: &str) -> Expect {
    let line = format!("purgatory: loader's page tables at {at:#018x} ignored: {why}");
    Expect::BootsThus(vec![line], OWN)
}

/// Good ones, but told to be elsewhere.
fn told(boot: &mut Boot, at: impl FnOnce(u64) -> u64, why: &str) -> Expect {
    boot.make_tables(|_| ());
    let at = at(boot.load.pgtble_base.unwrap_or_default());
    boot.load.pgtble_base = Some(at);
    refused(at, why)
}

/// Good ones, but this symbol says something else of the image.
fn other_image(boot: &mut Boot, symbol: &str, value: impl FnOnce(&Boot) -> u64) -> Expect {
    let expect = unused(boot, "they are for another image", |_| ());
    let value = value(boot).to_le_bytes();
    boot.load.pokes.push((symbol.into(), value.into()));
    expect
}

/// A boot with its segments there.
fn at(boot: &mut Boot, place: Place) -> &mut Boot {
    *boot = Boot::new(usual_cpu(boot.regime), boot.regime, place, INITRD)
        .unwrap_or_else(|error| panic!("{error}"));
    boot
}

/// The block of a segment gets other contents, made of what they were.
pub fn block(boot: &mut Boot, name: &str, why: &str, change: impl FnOnce(u64) -> u64) -> Expect {
    let address = match name {
        // The tables come into the block behind the last segment, the purgatory into the next.
        "tables" => boot.segment("dtb").end().next_multiple_of(BLOCK),
        "purgatory" => boot.segment("dtb").end().next_multiple_of(BLOCK) + BLOCK,
        _ => boot.segment(name).at,
    };
    unused(boot, why, |tables| {
        let entry = tables.entry(2, address);
        *entry = change(*entry);
    })
}

const NOWHERE: &str = "they lie in no region";
const UNMAPPED: &str = "they do not map all that is touched";
const ELSEWHERE: &str = "they are no identity map";
const ATTRIBUTES: &str = "their attributes are unusable";

const AF: u64 = 1 << 10;
/// `AP[1]`: accessible from EL0.
const EL0: u64 = 1 << 6;
/// `AP[2]`: not writable.
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const NOT_GLOBAL: u64 = 1 << 11;
const CONTIGUOUS: u64 = 1 << 52;
/// `PXN` and `UXN`; the latter is `XN` at EL2.
const EXECUTE_NEVER: u64 = 3 << 53;
/// `PXNTable` and `UXNTable`, or `XNTable`.
const TABLE_EXECUTE_NEVER: u64 = 3 << 59;

#[rstest]
fn good_ones_are_used(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| used(boot, |_| ()));
}

#[rstest]
fn good_ones_above_4_gib_are_used(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| used(at(boot, Place::Above4GiB), |_| ()));
}

#[rstest]
fn good_ones_above_512_gib_are_used(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| used(at(boot, Place::Above512GiB), |_| ()));
}

#[rstest]
fn good_ones_are_hashed_like_all_else(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        boot.make_tables(|_| ());
        // An entry that nobody needs.
        boot.load.corrupt.push(("tables".into(), 4095));
        Expect::DigestsDiffer
    });
}

#[rstest]
fn shareable_blocks_of_one_address_space_are_used(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        used(boot, |tables| {
            for entry in tables.entries().iter_mut().filter(|entry| **entry & 3 == 1) {
                *entry |= INNER_SHAREABLE | NOT_GLOBAL;
            }
        })
    });
}

#[rstest]
fn regions_that_can_only_be_read_are_used(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let kernel = boot.segment("kernel").at;
        let never = match boot.regime {
            Regime::El1And0 | Regime::El2And0 => EXECUTE_NEVER,
            // There is one bit for it, and the other is RES0.
            Regime::El2 => 1 << 54,
        };
        used(boot, |tables| *tables.entry(2, kernel) |= READ_ONLY | never)
    });
}

#[rstest]
fn blocks_of_1_gib_are_used(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let kernel = boot.segment("kernel").at;
        used(boot, |tables| {
            *tables.entry(1, kernel) = kernel >> 30 << 30 | BLOCK_DESCRIPTOR;
        })
    });
}

#[rstest]
fn misaligned_to_8(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| told(boot, |at| at + 8, NOWHERE));
}

#[rstest]
fn misaligned_to_half_a_table(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| told(boot, |at| at + 2048, NOWHERE));
}

#[rstest]
fn at_an_odd_address(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| told(boot, |at| at + 1, NOWHERE));
}

#[rstest]
fn beyond_the_physical_range(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| told(boot, |at| at | 1 << 51, NOWHERE));
}

#[rstest]
fn at_the_end_of_all_addresses(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| told(boot, |_| u64::MAX - 4095, NOWHERE));
}

#[rstest]
fn right_behind_the_region(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| told(boot, |at| at + V3Tables::LEN, NOWHERE));
}

#[rstest]
fn in_the_image(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        boot.make_tables(|_| ());
        let at = boot.load.purgatory_at;
        boot.load.pgtble_base = Some(at);
        refused(at, NOWHERE)
    });
}

#[rstest]
fn at_a_device(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| told(boot, |_| 0x0900_0000, NOWHERE));
}

#[rstest]
fn good_ones_outside_the_regions(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let mut copy = V3Tables::new(0);
        boot.make_tables(|tables| copy = tables.moved(tables.at() + BLOCK / 2));
        boot.load.pgtble_base = Some(copy.at());
        boot.unhashed.push(copy.segment("a copy"));
        refused(copy.at(), NOWHERE)
    });
}

#[rstest]
fn the_second_table_outside_the_regions(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let mut copy = V3Tables::new(0);
        let expect = unused(boot, UNMAPPED, |tables| {
            copy = tables.moved(tables.at() + BLOCK / 2);
            let second = *copy.entry(0, 0x4000_0000);
            *tables.entry(0, 0x4000_0000) = second;
        });
        boot.unhashed.push(copy.segment("a copy"));
        expect
    });
}

#[rstest]
fn nothing_mapped(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        unused(boot, UNMAPPED, |tables| tables.entries().fill(0))
    });
}

#[rstest]
fn the_kernel_not_mapped(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| block(boot, "kernel", UNMAPPED, |_| 0));
}

#[rstest]
fn the_initrd_not_mapped(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| block(boot, "initrd", UNMAPPED, |_| 0));
}

#[rstest]
fn the_dtb_not_mapped(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| block(boot, "dtb", UNMAPPED, |_| 0));
}

#[rstest]
fn the_tables_not_mapped(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| block(boot, "tables", UNMAPPED, |_| 0));
}

#[rstest]
fn the_purgatory_not_mapped(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| block(boot, "purgatory", UNMAPPED, |_| 0));
}

#[rstest]
fn valid_bit_clear(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "purgatory", UNMAPPED, |entry| entry & !1)
    });
}

#[rstest]
fn the_end_of_the_purgatory_not_mapped(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        boot.make_tables(|_| ());
        let tables = boot.load.segments.pop().map_or(0, |tables| tables.at);
        // The stack begins in one block and goes on in the next.
        let purgatory_at = tables + 2 * BLOCK - 8 * 4096;
        boot.load.purgatory_at = purgatory_at;
        let mut again = V3Tables::new(tables);
        for segment in &boot.load.segments {
            again.map(segment.at, segment.len);
        }
        again.map(tables, V3Tables::LEN);
        again.map(purgatory_at, 1);
        boot.load.segments.push(again.segment("tables"));
        refused(tables, UNMAPPED)
    });
}

#[rstest]
fn the_kernel_elsewhere(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "kernel", ELSEWHERE, |entry| entry + BLOCK)
    });
}

#[rstest]
fn the_dtb_where_the_kernel_is(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let kernel = boot.segment("kernel").at;
        block(boot, "dtb", ELSEWHERE, |_| kernel | BLOCK_DESCRIPTOR)
    });
}

#[rstest]
fn the_purgatory_elsewhere(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "purgatory", ELSEWHERE, |entry| entry - BLOCK)
    });
}

#[rstest]
fn the_purgatory_beyond_the_physical_range(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        block(boot, "purgatory", ELSEWHERE, |entry| entry | 1 << 47)
    });
}

#[rstest]
fn a_first_table_that_is_its_own_next(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        unused(boot, UNMAPPED, |tables| {
            let at = tables.at();
            *tables.entry(0, 0x4000_0000) = at | TABLE_DESCRIPTOR;
        })
    });
}

#[rstest]
fn a_first_table_of_nothing_but_itself(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        unused(boot, ELSEWHERE, |tables| {
            let at = tables.at();
            tables.entries()[..512].fill(at | TABLE_DESCRIPTOR);
        })
    });
}

#[rstest]
fn a_third_table_that_is_its_own_next(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        let kernel = boot.segment("kernel").at;
        // Its entry number 0, now of the last level, is none.
        unused(boot, UNMAPPED, |tables| {
            let itself = *tables.entry(1, kernel);
            *tables.entry(2, kernel) = itself;
        })
    });
}

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

#[rstest]
fn for_an_image_elsewhere(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        other_image(boot, "purgatory_base", |boot| boot.load.purgatory_at + 4096)
    });
}

#[rstest]
fn for_no_image(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| other_image(boot, "purgatory_base", |_| 0));
}

#[rstest]
fn for_a_smaller_image(#[values(El1And0, El2, El2And0)] regime: Regime) {
    usual(regime, |boot| {
        other_image(boot, "purgatory_len", |boot| boot.load.image.memsz - 1)
    });
}
