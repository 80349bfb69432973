// SPDX-License-Identifier: MIT OR Apache-2.0

//! The image anywhere: at every place that page tables treat differently.

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::each_regime;
use purgatory_test_harness::v3_tables::V3Tables;
use rstest::rstest;

use crate::expect::Expect;
use crate::harness::{case, usual};

const PAGE: u64 = 4096;
const BLOCK: u64 = 2 << 20;
const GIB: u64 = 1 << 30;
/// Pages in a block.
const PAGES: u64 = BLOCK / PAGE;

/// The image across this line, with this many of its bytes below.
fn across(boot: &mut Boot, line: u64, below: u64) -> Expect {
    boot.load.purgatory_at = line - below;
    let end = line - below + boot.load.image.memsz;
    // Memory starts at 1 GiB.
    boot.memory = boot.memory.max((end - GIB).div_ceil(1 << 20) + 1);
    Expect::Boots
}

/// Returns the length of all but the last page.
fn but_the_last_page(boot: &Boot) -> u64 {
    boot.load.image.memsz - PAGE
}

/// Returns the image's code, and constants up to the symbols.
fn code(boot: &Boot) -> u64 {
    boot.load.image.offset("sha256_regions").unwrap_or_default()
}

each_regime! {
    usual;
    the_first_page_below_a_1_gib_line: |boot| across(boot, 2 * GIB, PAGE);
    the_code_below_a_1_gib_line: |boot| {
        let below = code(boot);
        across(boot, 2 * GIB, below)
    };
    the_last_page_above_a_1_gib_line: |boot| {
        let below = but_the_last_page(boot);
        across(boot, 2 * GIB, below)
    };
    all_below_a_1_gib_line: |boot| {
        let below = boot.load.image.memsz;
        across(boot, 2 * GIB, below)
    };
    the_first_page_below_a_4_gib_line: |boot| across(boot, 4 * GIB, PAGE);
    the_first_page_below_a_512_gib_line: |boot| across(boot, 512 * GIB, PAGE);
    the_code_below_a_512_gib_line: |boot| {
        let below = code(boot);
        across(boot, 512 * GIB, below)
    };
    the_last_page_above_a_512_gib_line: |boot| {
        let below = but_the_last_page(boot);
        across(boot, 512 * GIB, below)
    };
    loaders_tables_and_an_image_across_a_1_gib_line: |boot| {
        boot.make_tables(|_| ());
        let tables = boot.load.segments.pop().map_or(0, |tables| tables.at);
        across(boot, 2 * GIB, 9 * PAGE);
        let mut again = V3Tables::new(tables);
        for segment in &boot.load.segments {
            again.map(segment.at, segment.len);
        }
        again.map(tables, PAGE);
        again.map(boot.load.purgatory_at, boot.load.image.memsz);
        boot.load.segments.push(again.segment("tables"));
        Expect::BootsThus(
            vec![],
            "D-cache on, loader's page tables, SHA2 instructions",
        )
    };
}

/// rustc 1.95 leaves none. Of 32 bits an address has more here.
#[rstest]
fn relocations_are_applied(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Place::Low, Place::Above4GiB)] place: Place,
) {
    case(usual_cpu(regime), regime, place, |boot| {
        boot.add_relocations()
            .unwrap_or_else(|error| panic!("{error}"));
        Expect::Boots
    });
}

/// Pages from the start of a block, as an image is placed in this regime: all in which one of its
/// parts comes to lie across the block's end or begins there, and a third of the others, each
/// regime its own. So the image is placed at every page of a block.
fn places(regime: Regime) -> impl Iterator<Item = u64> {
    let others = match regime {
        Regime::El1And0 => 0,
        Regime::El2 => 1,
        Regime::El2And0 => 2,
    };
    (0..PAGES).filter(move |page| !(12..PAGES - 16).contains(page) || page % 3 == others)
}

#[rstest]
fn at_offsets_in_a_block(#[values(El1And0, El2, El2And0)] regime: Regime) {
    for page in places(regime) {
        usual(regime, |boot| {
            let block = boot.load.purgatory_at.next_multiple_of(BLOCK);
            boot.load.purgatory_at = block + page * PAGE;
            Expect::Boots
        });
    }
}
