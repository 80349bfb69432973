//! What verifying costs, as upper bounds of counts that are the same in each run: instructions and
//! accesses of a block, with and without the window, with and without SHA2 instructions; what writing
//! the regions back costs; and all the rest. `make bench` shows what it is.
//!
//! Each test runs alone by its name: `cargo test --test counts -- --exact a_block::window_sha2`.

use purgatory_bench::cost::{BLOCK, Case, LINE, Lab, MIB, Measured, Window};
use std::path::Path;

/// The image in this situation, with this much to verify.
fn measure(name: &str, case: Case, size: u64) -> Measured {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counts");
    let lab = Lab::new(path.join(name.replace("::", "-")));
    lab.measure(case, size)
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails if it is more.
fn at_most(name: &str, what: &str, most: u64, is: u64) {
    let alone = name.trim_start_matches("counts::");
    assert!(
        is <= most,
        "{what}\n  expected: at most {most}\n  got:      {is}\n\
         alone:   cargo test --test counts -- --exact {alone}"
    );
}

/// What a block costs, from two sizes, so that only blocks count: at most so many instructions,
/// Device accesses and Normal accesses.
fn a_block(name: &str, case: Case, instructions: u64, device: u64, normal: u64) {
    let [small, large] = [1, 2].map(|size| measure(name, case, size * MIB));
    let blocks = (large.size - small.size) / BLOCK;
    let cost = large.hash - small.hash;
    // What is left over is not of blocks, see `Lab::measure`.
    at_most(
        name,
        "instructions",
        instructions,
        cost.instructions / blocks,
    );
    at_most(
        name,
        "Device accesses",
        device,
        cost.device.total() / blocks,
    );
    at_most(
        name,
        "Normal accesses",
        normal,
        cost.normal.total() / blocks,
    );
}

/// `name: window, sha2, instructions, Device accesses, Normal accesses;`
macro_rules! a_block {
    ($($name:ident: $window:ident, $sha2:literal, $instructions:literal, $device:literal,
       $normal:literal;)*) => {
        mod a_block {
            use super::*;
            $(
                #[test]
                fn $name() {
                    let name = concat!(module_path!(), "::", stringify!($name));
                    let case = Case::ours(Window::$window, $sha2);
                    a_block(name, case, $instructions, $device, $normal);
                }
            )*
        }
    };
}

a_block! {
    window_sha2: Own, true, 100, 0, 4;
    window_no_sha2: Own, false, 1819, 0, 8;
    loaders_tables_sha2: Loader, true, 100, 0, 4;
    loaders_tables_no_sha2: Loader, false, 1819, 0, 8;
    no_window_sha2: None, true, 100, 4, 0;
    no_window_no_sha2: None, false, 1819, 8, 0;
}

#[test]
fn the_rest_is_next_to_nothing() {
    let name = "the_rest_is_next_to_nothing";
    let measured = measure(name, Case::ours(Window::Own, true), 43 * MIB);
    let hash = measured.hash.instructions;
    at_most(
        name,
        "hash, instructions",
        100 * 43 * MIB / BLOCK + 4000,
        hash,
    );
    at_most(
        name,
        "the rest, instructions",
        hash * 3 / 100,
        measured.rest.instructions,
    );
    let lines = measured.size / LINE;
    at_most(
        name,
        "flush, instructions",
        3 * lines + 200,
        measured.flush.instructions,
    );
}
