// SPDX-License-Identifier: MIT OR Apache-2.0

//! What verifying costs, as upper bounds of counts that are the same in each run: instructions,
//! accesses and cache maintenance of a block and besides, with and without the window, with and
//! without SHA2 instructions; and how that grows. `make bench` shows what it is, and what it means
//! in time.

mod windows;

use std::path::Path;

use purgatory_bench::cost::{
    BLOCKS, Case, Counts, Lab, Layout, MIB, Measured, PIECE, Shape, Window,
};
use purgatory_test_harness::boot::Place;
use purgatory_test_harness::this_test;
use purgatory_test_tracer::phases::Name;
use rstest::rstest;

/// A usual kernel with its initramfs.
const USUAL: u64 = 43 * MIB;

/// Instructions besides blocks and lines that hashing one piece and writing it back takes: a call
/// each. That differs with the compiler.
const CALLS: u64 = 130;

fn lab() -> Lab {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counts");
    Lab::new(path.join(this_test::file_name()))
}

/// Returns what was measured.
fn known(measured: Result<Measured, String>) -> Measured {
    measured.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()))
}

/// Measures the image in this situation, with this much to verify.
fn measure(case: Case, layout: Layout, size: u64) -> Measured {
    known(lab().measure(case, layout, size))
}

/// Fails if it is more.
fn at_most(what: &str, most: u64, is: u64) {
    assert!(
        is <= most,
        "{what}\n  expected: at most {most}\n  got:      {is}\n{}",
        this_test::alone()
    );
}

/// Fails if it is anything else.
fn exactly(what: &str, expected: u64, is: u64) {
    assert_eq!(is, expected, "{what}\n{}", this_test::alone());
}

/// What each 4 KiB cost: the loop's instructions for a block, accesses for a block, and in the
/// window or before the hash one `dc` and three instructions for each line.
#[rstest]
#[case::window_sha2(Window::Own, true, 104, 0, 4)]
#[case::window_no_sha2(Window::Own, false, 1715, 0, 27)]
#[case::loaders_tables_sha2(Window::Loader, true, 104, 0, 4)]
#[case::loaders_tables_no_sha2(Window::Loader, false, 1715, 0, 27)]
#[case::loaders_inner_tables_sha2(Window::LoaderInner, true, 104, 0, 4)]
#[case::no_window_sha2(Window::None, true, 104, 4, 0)]
#[case::no_window_no_sha2(Window::None, false, 1715, 27, 0)]
fn a_piece(
    #[case] window: Window,
    #[case] sha2: bool,
    #[case] instructions: u64,
    #[case] device: u64,
    #[case] normal: u64,
) {
    let Counts {
        instructions: of_all,
        device: to_memory,
        normal: to_cache,
        dc_outside,
        dc_inside,
    } = measure(Case::ours(window, sha2), Layout::default(), MIB).piece;
    // Of each call some accesses, with the constants.
    let accesses = |a_block| {
        if a_block == 0 {
            0
        } else {
            a_block * BLOCKS + 40
        }
    };
    let lines = PIECE / u64::from(Layout::default().line);
    let (outside, inside) = match window {
        Window::None => (lines, 0),
        Window::Own | Window::LoaderInner => (0, lines),
        // They are Non-shareable.
        Window::Loader => (lines, lines),
    };
    // Each piece is flushed by a call and looked at.
    let outside_calls = if outside == 0 { 0 } else { 4 * lines };
    at_most(
        "instructions",
        instructions * BLOCKS + 3 * lines + CALLS + outside_calls,
        of_all,
    );
    // The look at a byte of what was flushed before the window.
    let look = u64::from(window == Window::Loader);
    at_most("Device accesses", accesses(device) + look, to_memory);
    at_most("Normal accesses", accesses(normal), to_cache);
    // No line may be left out either.
    exactly("dc outside", outside, dc_outside);
    exactly("dc inside", inside, dc_inside);
}

/// What it costs besides, where five regions lie as kexec-tools packs them above 4 GiB.
#[test]
fn the_fixed_part_is_next_to_nothing() {
    let measured = measure(Case::ours(Window::Own, true), Layout::default(), USUAL);
    let fixed = measured.fixed();
    for name in Name::ALL {
        eprintln!("{name} {:?}", measured.of(name));
    }
    eprintln!("fixed {fixed:?}");
    at_most("instructions", 22_000, fixed.instructions);
    at_most("Device accesses", 1_900, fixed.device);
    let before = measured.sum(&[Name::Before, Name::Tables, Name::Open]);
    at_most("Device accesses before the window", 1_850, before.device);
    // At entry all but the pool; of the pool what tables are built in; on the way in all of it but
    // the code; on the way out all of it.
    let line = u64::from(measured.layout.line);
    let (image, pool) = (measured.image / line, measured.pool.div_ceil(line));
    at_most("dc outside", 3 * (image + pool), fixed.dc_outside);
    at_most("dc outside, as in 1.0.0", 2_051, fixed.dc_outside);
    exactly("dc of tables", pool, measured.of(Name::Tables).dc_outside);
    exactly("dc at entry", image, measured.of(Name::Before).dc_outside);
    let out = measured.of(Name::Close).dc_outside;
    exactly("dc on the way out", image + pool, out);
    at_most("dc inside", 0, fixed.dc_inside);
}

/// Large sizes are computed, here and in `make bench`: exactly what is counted when all is run.
#[test]
fn what_is_not_hashed_is_computed_exactly() {
    let (lab, case) = (lab(), Case::ours(Window::Own, true));
    let computed = known(lab.measure(case, Layout::default(), USUAL));
    let run = known(lab.run(case, Layout::default(), USUAL));
    assert!(computed.computed && !run.computed);
    for name in Name::ALL {
        let alone = this_test::alone();
        assert_eq!(computed.of(name), run.of(name), "{name}\n{alone}");
    }
}

/// Compares a layout with the ordinary one: a piece costs the same, within 2 %, and besides tables,
/// lines and windows there is nothing that grows but with the number of regions and their borders.
fn grows_with_tables_alone(sha2: bool, layout: Layout, size: u64) {
    let (lab, case) = (lab(), Case::ours(Window::Own, sha2));
    let ordinary = known(lab.measure(case, Layout::default(), MIB));
    let measured = known(lab.measure(case, layout, size));
    let (piece, was) = (measured.piece, ordinary.piece);
    for (what, was, is) in [
        ("instructions a piece", was.instructions, piece.instructions),
        ("accesses a piece", was.normal, piece.normal),
        ("dc a piece", was.dc_inside, piece.dc_inside),
    ] {
        at_most(what, was * 102 / 100, is);
    }
    at_most(
        "Device accesses a piece",
        0,
        piece.device + piece.dc_outside,
    );

    if measured.windows > 1 {
        windows::each_costs_little(&ordinary, &measured);
        return;
    }
    let (regions, block) = (layout.regions as u64, if sha2 { 104 } else { 1715 });
    // The last blocks; of a ragged region the first and the last are gathered byte by byte.
    let ragged = match layout.shape {
        Shape::Packed | Shape::Scattered | Shape::Far => 0,
        Shape::Ragged => regions * (1700 + block),
    };
    let rest = measured.rest();
    at_most(
        "instructions of the rest",
        2_480 + 2 * block + 170 * regions + ragged,
        rest.instructions,
    );
    at_most(
        "Device accesses of the rest",
        260 + 20 * regions,
        rest.device,
    );

    // Each table is stored to once, 16 bytes at a time, and some more for each table that is begun.
    // What is mapped next is looked for among all regions.
    let tables = measured.of(Name::Tables);
    let stores = measured.pool / 16;
    let found = 400 + 220 * measured.pool.div_ceil(4096) + 40 * regions * (regions + 3);
    at_most("Device accesses of tables", stores + found, tables.device);
    at_most(
        "instructions of tables",
        9 * (stores + found),
        tables.instructions,
    );
    let line = u64::from(layout.line);
    at_most(
        "dc of tables",
        measured.pool.div_ceil(line),
        tables.dc_outside,
    );
}

#[rstest]
fn it_grows_with_the_size(#[values(true, false)] sha2: bool, #[values(1, 43, 256, 4096)] mib: u64) {
    grows_with_tables_alone(sha2, Layout::default(), mib * MIB);
}

#[rstest]
fn it_grows_with_the_regions(
    #[values(1, 2, 5, 15)] regions: usize,
    #[values(Shape::Packed, Shape::Scattered)] shape: Shape,
) {
    let layout = Layout {
        regions,
        shape,
        ..Layout::default()
    };
    grows_with_tables_alone(true, layout, USUAL);
}

#[rstest]
fn it_grows_with_ragged_regions(
    #[values(true, false)] sha2: bool,
    #[values(2, 5, 15)] regions: usize,
) {
    let layout = Layout {
        regions,
        shape: Shape::Ragged,
        ..Layout::default()
    };
    grows_with_tables_alone(sha2, layout, USUAL);
}

#[rstest]
fn it_grows_with_the_place(
    #[values(Place::Low, Place::Above4GiB, Place::Above512GiB)] place: Place,
) {
    let layout = Layout {
        place,
        ..Layout::default()
    };
    grows_with_tables_alone(true, layout, USUAL);
}
