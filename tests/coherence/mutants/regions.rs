// SPDX-License-Identifier: MIT OR Apache-2.0

//! The regions, which are cleaned and invalidated inside the window, piece by piece after the hash.
//! What was never cleaned may be something else to the kernel ([`Rule::RegionNotCleaned`]), and
//! what was loaded after that is still there ([`Rule::RegionResident`]).

use purgatory_test_cache_model::Rule;
use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::a64::*;
use purgatory_test_harness::boot::Boot;
use purgatory_test_harness::patch::{Patch, Place};
use rstest::rstest;

use super::{catch, catch_in};
use crate::harness::Judged;
use crate::harness::Through::{self, Loaders, Own};
use crate::maintained::{ENTRIES, ROUTINE as FLUSH};
use crate::regions::lay_out;

/// What `clean_and_invalidate` is called with, by register.
const START: u32 = 0;
const END: u32 = 1;
const LINE: u32 = 2;

/// `TST X1, #0xfff`: the end is one of a page.
const TST_END: u32 = 0xf240_2c3f;
/// `CSEL X1, XZR, X1, NE`: nothing, if not.
const NOTHING_IF_NE: u32 = 0x9a81_13e1;
/// `CSEL X1, XZR, X1, EQ`: nothing, if so.
const NOTHING_IF_EQ: u32 = 0x9a81_03e1;
/// `CSEL X1, X9, X1, NE`: `x9`, if not.
const X9_IF_NE: u32 = 0x9a81_1121;
/// `CMP X0, X9`.
const CMP_START_X9: u32 = 0xeb09_001f;
/// `SUB X9, X1, X2`: the end without a line.
const X9_LESS: u32 = 0xcb02_0029;
/// `SUB X9, X2, #1` and `BIC X1, X1, X9`: the end, rounded down to a line.
const END_ROUNDED_DOWN: [u32; 2] = [0xd100_0449, 0x8a29_0021];
/// `BIC X0, X0, X3`: the start, rounded down to a line.
const ROUND_START_DOWN: u32 = 0x8a23_0000;
/// `SUB X9, X0, X2` and `LDR X9, [X9]`: the last line but one that was cleaned, or the last.
const LOAD_AGAIN: [u32; 2] = [0xcb02_0009, load(9, 9)];
/// `MOV X9, X1`; `DC CIVAC, X9`, `ADD X9, X9, #64`, `CMP X9, X2`, `B.LO` back: all lines of the
/// blocks that the block function is called with, 64 bytes each.
const CLEAN_THE_BLOCKS: [u32; 5] = [
    0xaa01_03e9,
    dc_civac(9),
    0x9101_0129,
    0xeb02_013f,
    0x54ff_ffa3,
];

/// Returns the calls for regions: those for the pool's memory are waited for at once, and looks at
/// no byte.
fn calls(patch: &Patch) -> Vec<Place> {
    let calls = patch.calls(FLUSH).into_iter();
    let calls: Vec<_> = calls
        .filter(|&call| {
            let dsb = patch.next(call, DSB_SY);
            let for_tables = patch.routine(ENTRIES).contains(&call.at);
            !for_tables && dsb.is_none_or(|dsb| patch.next(dsb, LOOK).is_some())
        })
        .collect();
    assert!(!calls.is_empty(), "no region is cleaned");
    calls
}

/// Spoils each call for a region by instructions before it.
fn before(patch: &mut Patch, words: &[u32]) {
    for call in calls(patch) {
        patch.insert(call, |_| words.to_vec());
    }
}

fn run(regime: Regime, through: Through, rule: Rule, spoil: impl FnOnce(&mut Patch)) {
    catch(through, regime, rule, spoil);
}

mutants! {
    with through: Through in [Own, Loaders];
    nothing_is_cleaned => [RegionNotCleaned, RegionResident, DirtyAtKernel]: |patch| {
        for call in calls(patch) {
            patch.replace(call, NOP);
        }
    };
    the_first_line_of_each_piece_is_not_cleaned => RegionNotCleaned:
        |patch| before(patch, &[add(START, LINE)]);
    the_last_line_of_each_piece_is_not_cleaned => RegionNotCleaned:
        |patch| before(patch, &[sub(END, LINE)]);
    /// Of one that ends in the middle of a page: no other piece does.
    the_last_line_of_a_region_is_not_cleaned => RegionNotCleaned:
        |patch| before(patch, &[X9_LESS, TST_END, X9_IF_NE]);
    the_ragged_end_of_a_region_is_not_cleaned => RegionNotCleaned:
        |patch| before(patch, &[TST_END, NOTHING_IF_NE]);
    nothing_but_the_ragged_ends_is_cleaned => RegionNotCleaned:
        |patch| before(patch, &[TST_END, NOTHING_IF_EQ]);
    one_line_too_many_is_cleaned => MaintenanceOutside: |patch| before(patch, &[add(END, LINE)]);
    /// A line that is cleaned only stays.
    the_regions_are_cleaned_only => [CleanedOnly, RegionResident]:
        |patch| patch.replace_all(FLUSH, DC_CIVAC, |place| dc_cvac(place.word));
    /// What the loader wrote is lost ([`Rule::DirtyDiscarded`]).
    the_regions_are_invalidated_only => [DirtyDiscarded, RegionNotCleaned]:
        |patch| patch.replace_all(FLUSH, DC_CIVAC, |place| dc_ivac(place.word));
    what_is_clean_is_loaded_again => RegionResident: |patch| {
        for call in calls(patch) {
            patch.insert_after(call, |_| LOAD_AGAIN.to_vec());
        }
    };
}

#[rstest]
fn one_piece_is_not_cleaned(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Loaders)] through: Through,
) {
    let boot = through.boot(regime, |_| ());
    // The second of the kernel.
    let piece = boot.load.entry + 0x1000;
    catch_in(through, boot, None, Rule::RegionNotCleaned, |patch| {
        let piece = [movz(9, piece as u16), movk(9, (piece >> 16) as u16)];
        before(patch, &[piece[0], piece[1], CMP_START_X9, NOTHING_IF_EQ]);
    });
}

/// Nothing else is wrong with it: all regions are whole pages, and each line is clean when it is
/// loaded.
#[rstest]
fn a_piece_is_cleaned_before_it_is_hashed(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Loaders)] through: Through,
) {
    let mut boot = through.boot(regime, |boot: &mut Boot| boot.segment("initrd").len = 4096);
    through.patch(&mut boot, |patch| {
        // Not those before the window, which are waited for.
        let inside = calls(patch).into_iter();
        let inside: Vec<_> = inside
            .filter(|&call| patch.next(call, DSB_SY).is_none())
            .collect();
        for call in inside {
            patch.replace(call, NOP);
        }
        let place = patch
            .all("sha256_instructions")
            .find(|place| !is_relative(place.word));
        let place = place.expect("an instruction that can be moved");
        patch.insert(place, |_| CLEAN_THE_BLOCKS.to_vec());
    });
    let judged = Judged::new(&boot);
    if judged.violations.rules() != [Rule::RegionResident] {
        judged.fail("expected RegionResident alone, got");
    }
}

#[rstest]
fn the_end_is_rounded_down_to_a_line(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Loaders)] through: Through,
    #[values(32, 128)] line: u32,
) {
    // 4000 bytes end with a line of 32; others do not.
    let boot = through.boot(regime, |boot| lay_out(boot, &[(4, 4001)]));
    catch_in(through, boot, Some(line), Rule::RegionNotCleaned, |patch| {
        before(patch, &END_ROUNDED_DOWN);
    });
}

#[rstest]
fn lines_are_taken_to_be_twice_as_long(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Loaders)] through: Through,
    #[values(32, 128)] line: u32,
) {
    let boot = through.boot(regime, |_| ());
    catch_in(through, boot, Some(line), Rule::RegionNotCleaned, |patch| {
        before(patch, &[add(LINE, LINE)]);
    });
}

/// A line that is entered in its middle is left in the middle of the last.
#[rstest]
fn the_start_is_not_rounded_down(
    #[values(El1And0, El2, El2And0)] regime: Regime,
    #[values(Own, Loaders)] through: Through,
    #[values(32, 128)] line: u32,
) {
    // From the end of a line to the start of another one, with a step less than there are lines.
    let boot = through.boot(regime, |boot| lay_out(boot, &[(63, 66)]));
    catch_in(through, boot, Some(line), Rule::RegionNotCleaned, |patch| {
        let all: Vec<_> = patch.all(FLUSH).collect();
        let round = all.into_iter().find(|place| place.word == ROUND_START_DOWN);
        patch.replace(round.expect("BIC X0, X0, X3"), NOP);
    });
}
