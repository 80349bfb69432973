// SPDX-License-Identifier: MIT OR Apache-2.0

//! What it costs to hash in parts, each with tables and a window of its own; and to use the loader's
//! tables.

use purgatory::part;
use purgatory_bench::cost::{Case, Counts, Layout, MIB, Measured, PIECE, Shape, Window};
use purgatory_bench::seconds_outside;
use purgatory_test_harness::this_test;
use purgatory_test_tracer::phases::Name;
use rstest::rstest;

use crate::{USUAL, at_most, exactly, measure};

/// Seconds of one window more, at most, on the core that `make bench` models.
const A_WINDOW: f64 = 0.25e-3;

/// Instructions of each piece in 1.0.0, with SHA2 instructions and without.
const PIECE_BEFORE: [(bool, u64); 2] = [(true, 6914), (false, 110_028)];

fn own(sha2: bool, layout: Layout, size: u64) -> Measured {
    measure(Case::ours(Window::Own, sha2), layout, size)
}

/// Fails if each window after the first costs more than it may. To build tables for all regions and
/// find that they do not fit the pool may cost as much as a window.
pub fn each_costs_little(one: &Measured, several: &Measured) {
    exactly("windows of what is compared with", 1, one.windows);
    let more = several.fixed() - one.fixed();
    let windows = several.windows - 1;
    // More than the size asks for: each region has tables of its own.
    let by_size = several.size.div_ceil(part::most(several.case.sha2(), true));
    let tried = u64::from(several.windows > by_size);
    let each = seconds_outside(&more) / (windows + tried) as f64;
    println!(
        "{windows} windows more: {:.3} ms each, {more:?}",
        each * 1e3
    );
    assert!(
        each <= A_WINDOW,
        "a window more takes {:.3} ms, {more:?}\n{}",
        each * 1e3,
        this_test::alone()
    );
}

/// As many windows as are needed, of 1 GiB each with SHA2 instructions, of 128 MiB in software.
#[rstest]
#[case(true, 4096, 4)]
#[case(false, 256, 2)]
fn a_window_more_costs_little(#[case] sha2: bool, #[case] mib: u64, #[case] windows: u64) {
    let layout = Layout::default();
    let several = own(sha2, layout, mib * MIB);
    exactly("windows", windows, several.windows);
    each_costs_little(&own(sha2, layout, USUAL), &several);
}

/// Each region is a part of its own where the tables of all do not fit the pool.
#[rstest]
#[case(5, 5)]
#[case(15, 15)]
fn a_window_for_each_region_costs_little(#[case] regions: usize, #[case] windows: u64) {
    let far = Layout {
        regions,
        shape: Shape::Far,
        ..Layout::default()
    };
    let packed = Layout {
        shape: Shape::Packed,
        ..far
    };
    let several = own(true, far, USUAL);
    exactly("windows", windows, several.windows);
    each_costs_little(&own(true, packed, USUAL), &several);
}

/// All of it, with its windows, to half a percent.
#[rstest]
fn a_byte_costs_what_it_did(#[values(true, false)] sha2: bool, #[values(43, 256, 4096)] mib: u64) {
    let measured = own(sha2, Layout::default(), mib * MIB);
    let (_, before) = PIECE_BEFORE[usize::from(!sha2)];
    let pieces = measured.size / PIECE;
    let once = own(sha2, Layout::default(), USUAL).fixed().instructions;
    let all = measured.total().instructions;
    at_most("instructions", pieces * before * 1005 / 1000 + once, all);
}

/// A loader's tables are walked entry by entry: what of them is alike at once, two entries an access.
#[test]
fn a_walk_of_the_loaders_tables_costs_little() {
    let case = Case::ours(Window::LoaderInner, true);
    let Counts { device, .. } = measure(case, Layout::default(), 256 * MIB).total();
    at_most("Device accesses of 256 MiB", WALK_BEFORE / 4, device);
}

/// Device accesses of 1.0.0, with tables of the loader's for 256 MiB.
const WALK_BEFORE: u64 = 17_407;

/// Where these are Non-shareable the regions are flushed before, and a byte of each piece is loaded.
#[test]
fn non_shareable_tables_cost_a_flush() {
    let [inner, none] = [Window::LoaderInner, Window::Loader]
        .map(|window| measure(Case::ours(window, true), Layout::default(), USUAL));
    let more = none.total().dc_outside - inner.total().dc_outside;
    let line = u64::from(Layout::default().line);
    exactly("dc outside", none.size / line, more);
    let device = none.total().device - inner.total().device;
    at_most(
        "Device accesses a piece",
        1 + 20,
        device / (none.size / PIECE),
    );
    exactly(
        "dc inside",
        inner.of(Name::Hash).dc_inside,
        none.of(Name::Hash).dc_inside,
    );
}
