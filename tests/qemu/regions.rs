// SPDX-License-Identifier: MIT OR Apache-2.0

//! Regions of every number and shape are verified right: what is hashed, and where it ends.

use purgatory_test_harness::Regime::{El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, noise};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::loader::Segment;
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::usual;

/// More segments, up to this number, each of its own length.
fn fill(boot: &mut Boot, count: usize) {
    for index in boot.load.segments.len()..count {
        let bytes = noise(index as u64 * 1234 + 1);
        let at = boot.load.purgatory_at;
        boot.load
            .segments
            .push(Segment::new(&format!("extra {index}"), at, bytes));
        boot.load.purgatory_at = at + 0x1_0000;
    }
}

/// The initrd is replaced by ragged segments, one after the other with these gaps and lengths.
fn ragged(boot: &mut Boot, shapes: &[(u64, u64)]) -> Expect {
    boot.load.unlike_kexec = true;
    let mut at = boot.segment("initrd").at;
    boot.load
        .segments
        .retain(|segment| segment.name != "initrd");
    for (index, &(gap, len)) in shapes.iter().enumerate() {
        at += gap;
        let segment = Segment::ragged(&format!("ragged {index}"), at, noise(len));
        at = segment.end();
        // In the middle of the table.
        boot.load.segments.insert(1 + index, segment);
    }
    let dtb = boot.segment("dtb");
    dtb.at = at.next_multiple_of(4096);
    (boot.load.dtb, boot.load.purgatory_at) = (dtb.at, dtb.end() + 4096);
    Expect::Boots
}

/// The last byte of a ragged segment changes.
fn corrupt_last(boot: &mut Boot, len: u64) -> Expect {
    ragged(boot, &[(0, len)]);
    boot.load.corrupt.push(("ragged 0".into(), len - 1));
    Expect::DigestsDiffer
}

each_regime! {
    usual;
    one_region: |boot| {
        boot.only_the_kernel();
        Expect::Boots
    };
    two_regions: |boot| {
        // Kernel and device tree.
        boot.load.segments.remove(1);
        Expect::Boots
    };
    fifteen_regions_which_are_all_that_kexec_uses: |boot| {
        fill(boot, 15);
        Expect::Boots
    };
    sixteen_regions_which_fill_the_table: |boot| {
        boot.load.unlike_kexec = true;
        fill(boot, 16);
        Expect::Boots
    };
    the_last_byte_of_the_sixteenth_region_counts: |boot| {
        boot.load.unlike_kexec = true;
        fill(boot, 16);
        let len = boot.segment("extra 15").len;
        boot.load.corrupt.push(("extra 15".into(), len - 1));
        Expect::DigestsDiffer
    };
    /// Then nothing says that the kernel is what was loaded.
    no_region_at_all: |boot| {
        boot.only_the_kernel();
        boot.load.region_pokes = vec![(0, 0, 0)];
        let entry = boot.load.entry;
        Expect::Refuses(format!(
            "purgatory: arm64_kernel_entry: lies outside every region: {entry:#018x}"
        ))
    };
    lengths_around_a_hash_block: |boot| {
        let shapes: Vec<_> = [1, 55, 56, 63, 64, 65, 119, 127, 128, 129]
            .map(|len| (4096, len))
            .into();
        ragged(boot, &shapes)
    };
    lengths_around_a_page: |boot| {
        let shapes: Vec<_> = [4095, 4097, 8191, 8193, 12345]
            .map(|len| (8192, len))
            .into();
        ragged(boot, &shapes)
    };
    starts_at_odd_addresses: |boot| {
        ragged(
            boot,
            &[
                (1, 100),
                (4096 + 7, 5000),
                (63, 1),
                (13, 4096),
                (4095, 4096),
            ],
        )
    };
    regions_that_touch_within_a_page: |boot| ragged(boot, &[(0, 100), (0, 28), (0, 3000), (0, 1), (0, 6000)]);
    regions_that_touch_at_a_page: |boot| ragged(boot, &[(0, 4096), (0, 8192), (0, 4096)]);
    a_page_on_both_sides_of_a_2_mib_line: |boot| ragged(boot, &[((2 << 20) - 4096, 8192)]);
    a_2_mib_block_and_ragged_ends: |boot| ragged(boot, &[((2 << 20) - 4096 - 17, (2 << 20) + 8192 + 40)]);
    a_region_across_a_1_gib_line: |boot| {
        boot.memory = 2048;
        let gap = 0x8000_0000 - 5000 - boot.segment("initrd").at;
        ragged(boot, &[(gap, 12345)])
    };
    an_empty_entry_in_the_middle: |boot| ragged(boot, &[(0, 100), (4096, 0), (4096, 100)]);
    an_empty_entry_at_the_beginning: |boot| {
        boot.load.unlike_kexec = true;
        boot.load
            .segments
            .insert(0, Segment::ragged("empty", 0x4300_0000, Vec::new()));
        Expect::Boots
    };
    a_region_that_touches_the_start_of_the_purgatory: |boot| {
        let at = boot.load.purgatory_at - 4096;
        boot.load
            .segments
            .push(Segment::new("neighbour", at, noise(4096)));
        Expect::Boots
    };
    a_region_that_touches_the_end_of_the_purgatory: |boot| {
        boot.load.unlike_kexec = true;
        let at = boot.load.purgatory_at + boot.load.image.memsz;
        boot.load
            .segments
            .push(Segment::new("neighbour", at, noise(4096)));
        Expect::Boots
    };
    regions_out_of_order: |boot| {
        boot.load.segments.reverse();
        Expect::Boots
    };
    a_region_at_the_very_end_of_memory: |boot| {
        boot.load.unlike_kexec = true;
        let end = 0x4000_0000 + (boot.memory << 20);
        boot.load
            .segments
            .push(Segment::ragged("end", end - 5000, noise(5000)));
        Expect::Boots
    };
    the_last_byte_behind_a_page_counts: |boot| corrupt_last(boot, 4097);
    the_last_byte_before_a_page_counts: |boot| corrupt_last(boot, 4095);
    the_last_byte_behind_a_hash_block_counts: |boot| corrupt_last(boot, 65);
    the_last_byte_before_a_hash_block_counts: |boot| corrupt_last(boot, 63);
    the_only_byte_counts: |boot| corrupt_last(boot, 1);
}
