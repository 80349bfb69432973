// SPDX-License-Identifier: MIT OR Apache-2.0

//! An unusable value of a symbol is named, and no kernel is started.

use purgatory_test_harness::Regime::{El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, usual_cpu};
use purgatory_test_harness::each_regime;
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::usual;

/// Returns the first address that the CPU of this case cannot name (`ID_AA64MMFR0_EL1.PARange`).
fn beyond(boot: &Boot) -> u64 {
    assert_eq!(
        boot.cpu,
        usual_cpu(boot.regime),
        "the sizes are those of the usual CPUs"
    );
    1 << match &*boot.cpu {
        "cortex-a53" => 40,
        "cortex-a72" => 44,
        "neoverse-n1" => 48,
        other => panic!("{other}: which PARange?"),
    }
}

/// Sets an address, and expects it to be refused with these words.
fn address(boot: &mut Boot, symbol: &str, value: u64, words: &str) -> Expect {
    boot.load
        .pokes
        .push((symbol.into(), value.to_le_bytes().into()));
    Expect::Refuses(format!("purgatory: {symbol}: {words}: {value:#018x}"))
}

/// Sets one entry of the region table, and expects it to be refused with these words.
fn region(boot: &mut Boot, index: usize, start: u64, len: u64, words: &str) -> Expect {
    boot.load.region_pokes.push((index, start, len));
    let symbol = format!("sha256_regions[{index}]");
    Expect::Refuses(format!(
        "purgatory: {symbol}: {words}: {start:#018x} + {len:#018x}"
    ))
}

const ENTRY: &str = "arm64_kernel_entry";
const DTB: &str = "arm64_dtb_addr";
const BEYOND: &str = "lies beyond the physical address range";
const OVERLAPS: &str = "overlaps the purgatory";
const INSIDE: &str = "lies inside the purgatory";

each_regime! {
    usual;
    a_region_that_wraps: |boot| {
        let start = boot.segment("initrd").at;
        region(boot, 1, start, u64::MAX - start + 2, "wraps around")
    };
    a_region_of_all_there_is_above: |boot| {
        // The sum just fits.
        let start = boot.segment("initrd").at;
        region(boot, 1, start, u64::MAX - start, BEYOND)
    };
    a_region_that_begins_beyond_the_physical_range: |boot| {
        let start = beyond(boot);
        region(boot, 0, start, 4096, BEYOND)
    };
    a_region_that_ends_beyond_the_physical_range: |boot| {
        let start = beyond(boot) - 4096;
        region(boot, 15, start, 4097, BEYOND)
    };
    a_region_over_the_whole_purgatory: |boot| {
        let (start, len) = (boot.load.purgatory_at - 4096, boot.load.image.memsz + 8192);
        region(boot, 2, start, len, OVERLAPS)
    };
    a_region_within_the_purgatory: |boot| {
        let start = boot.load.purgatory_at + 8192;
        region(boot, 2, start, 1, OVERLAPS)
    };
    a_region_over_the_first_byte_of_the_purgatory: |boot| {
        let start = boot.load.purgatory_at - 4096;
        region(boot, 2, start, 4097, OVERLAPS)
    };
    a_region_over_the_last_byte_of_the_purgatory: |boot| {
        let start = boot.load.purgatory_at + boot.load.image.memsz - 1;
        region(boot, 2, start, 4096, OVERLAPS)
    };
}

/// Sets an address, and expects it to be refused with the regions that it should lie in.
fn in_no_region(boot: &mut Boot, symbol: &str, value: u64) -> Expect {
    let Expect::Refuses(line) = address(boot, symbol, value, "lies outside every region") else {
        unreachable!("an address is refused in one line")
    };
    let regions = (0..).zip(&boot.load.segments).map(|(index, segment)| {
        let (start, len) = (segment.at, segment.len);
        format!("purgatory: sha256_regions[{index}]: {start:#018x} + {len:#018x}")
    });
    Expect::RefusesThus(std::iter::once(line).chain(regions).collect())
}

each_regime! {
    usual;
    /// Where there is memory at 0 that is verified, it is an address like any other.
    an_entry_of_0: |boot| in_no_region(boot, ENTRY, 0);
    an_entry_right_behind_its_region: |boot| {
        let entry = boot.segment("kernel").end();
        in_no_region(boot, ENTRY, entry)
    };
    an_entry_right_before_its_region: |boot| {
        let entry = boot.segment("kernel").at - 4;
        in_no_region(boot, ENTRY, entry)
    };
    an_entry_that_is_not_aligned_to_4: |boot| {
        let entry = boot.load.entry + 2;
        address(boot, ENTRY, entry, "is not 4-byte aligned")
    };
    an_entry_within_the_purgatory: |boot| {
        let entry = boot.load.purgatory_at;
        address(boot, ENTRY, entry, INSIDE)
    };
    an_entry_beyond_the_physical_range: |boot| {
        let entry = beyond(boot);
        address(boot, ENTRY, entry, BEYOND)
    };
    a_dtb_of_0: |boot| in_no_region(boot, DTB, 0);
    a_dtb_right_behind_its_region: |boot| {
        let dtb = boot.segment("dtb").end();
        in_no_region(boot, DTB, dtb)
    };
    a_dtb_that_is_not_aligned_to_8: |boot| {
        let dtb = boot.load.dtb + 4;
        address(boot, DTB, dtb, "is not 8-byte aligned")
    };
    a_dtb_within_the_purgatory: |boot| {
        let dtb = boot.load.purgatory_at + boot.load.image.memsz - 8;
        address(boot, DTB, dtb, INSIDE)
    };
    a_dtb_beyond_the_physical_range: |boot| {
        let dtb = beyond(boot);
        address(boot, DTB, dtb, BEYOND)
    };
    a_skip_checks_that_is_neither_0_nor_1: |boot| {
        boot.load
            .pokes
            .push(("skip_checks".into(), 0x0100_u32.to_le_bytes().into()));
        Expect::Refuses("purgatory: skip_checks: is neither 0 nor 1: 0x0000000000000100".into())
    };
    /// Where the user has not asked for no checks, nothing is read from an entry that is not verified.
    a_bad_skip_checks_with_an_entry_where_nothing_is: |boot| {
        let pokes = &mut boot.load.pokes;
        pokes.push(("skip_checks".into(), 2_u32.to_le_bytes().into()));
        pokes.push((ENTRY.into(), 0x0f00_0000_u64.to_le_bytes().into()));
        Expect::Refuses("purgatory: skip_checks: is neither 0 nor 1: 0x0000000000000002".into())
    };
}
