// SPDX-License-Identifier: MIT OR Apache-2.0

//! What verifying costs, as upper bounds of counts that are the same in each run: instructions and
//! accesses of a block, with and without the window, with and without SHA2 instructions; what
//! writing the regions back costs; and all the rest. `make bench` shows what it is.

use std::path::Path;

use purgatory_bench::cost::{BLOCK, Case, LINE, Lab, MIB, Measured, Window};
use purgatory_test_harness::this_test;
use rstest::rstest;

/// Measures the image in this situation, with this much to verify.
fn measure(case: Case, size: u64) -> Measured {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counts");
    let lab = Lab::new(path.join(this_test::file_name()));
    lab.measure(case, size)
        .unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()))
}

/// Fails if it is more.
fn at_most(what: &str, most: u64, is: u64) {
    assert!(
        is <= most,
        "{what}\n  expected: at most {most}\n  got:      {is}\n{}",
        this_test::alone()
    );
}

/// What a block costs, from two sizes, so that only blocks count.
#[rstest]
#[case::window_sha2(Window::Own, true, 100, 0, 4)]
#[case::window_no_sha2(Window::Own, false, 1713, 0, 27)]
#[case::loaders_tables_sha2(Window::Loader, true, 100, 0, 4)]
#[case::loaders_tables_no_sha2(Window::Loader, false, 1713, 0, 27)]
#[case::no_window_sha2(Window::None, true, 100, 4, 0)]
#[case::no_window_no_sha2(Window::None, false, 1713, 27, 0)]
fn a_block(
    #[case] window: Window,
    #[case] sha2: bool,
    #[case] instructions: u64,
    #[case] device: u64,
    #[case] normal: u64,
) {
    let [small, large] = [1, 2].map(|size| measure(Case::ours(window, sha2), size * MIB));
    let blocks = (large.size - small.size) / BLOCK;
    let cost = large.hash - small.hash;
    // What is left over is not of blocks, see `Lab::measure`.
    at_most("instructions", instructions, cost.instructions / blocks);
    at_most("Device accesses", device, cost.device.total() / blocks);
    at_most("Normal accesses", normal, cost.normal.total() / blocks);
}

#[test]
fn the_rest_is_next_to_nothing() {
    let measured = measure(Case::ours(Window::Own, true), 43 * MIB);
    let hash = measured.hash.instructions;
    at_most("hash, instructions", 100 * 43 * MIB / BLOCK + 4000, hash);
    let rest = measured.rest.instructions;
    at_most("the rest, instructions", hash * 3 / 100, rest);
    let lines = measured.size / LINE;
    let flush = measured.flush.instructions;
    at_most("flush, instructions", 3 * lines + 200, flush);
}
