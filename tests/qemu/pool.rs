// SPDX-License-Identifier: MIT OR Apache-2.0

//! The pool of tables, full of garbage before: all of a table is written, and nothing after the
//! last one.

use std::fs;
use std::os::unix::fs::FileExt;

use purgatory_test_harness::Regime::{self, El1And0, El2, El2And0};
use purgatory_test_harness::boot::{Boot, Place, RAM, usual_cpu};
use purgatory_test_harness::{root, this_test};
use rstest::rstest;

use crate::harness::symbol;
use crate::run::Run;

/// Taken for an entry, it is a table, or a page.
const PAINT: u8 = 0xa7;
const PAGE: usize = 4096;
/// Bytes of the first table, where addresses have few bits, and of what the allocator notes after
/// it and after the last.
const FIRST: usize = 512;
const HOLE: usize = 16;

/// A few tables of 4 KiB: levels 2 and 3 for the regions and the image, wherever they lie.
#[rstest]
#[case::low(Place::Low)]
#[case::above_4_gib(Place::Above4GiB)]
fn all_of_a_table_is_written_and_nothing_behind_the_last(
    #[case] place: Place,
    #[values(El1And0, El2, El2And0)] regime: Regime,
) {
    let boot = Boot::new(usual_cpu(regime), regime, place, 5000);
    let mut boot = boot.unwrap_or_else(|error| panic!("{error}"));
    let (start, end) = (symbol(&boot, "pool"), symbol(&boot, "image_end"));
    // Memory without bytes in the file is zero otherwise.
    let image = &mut boot.load.image.bytes;
    image.resize(start as usize, 0);
    image.resize(end as usize, PAINT);
    let memory = format!("target/qemu/{}.ram", this_test::file_name());
    boot.memory_file = Some(root().join(memory));
    let run = Run::new(&boot);
    if !run.outcome.console.contains("D-cache on, ") {
        run.fail("the console shows", "a window", "none");
    }

    let mut pool = vec![0; (end - start) as usize];
    let file = boot.memory_file.take().expect("it has just been set");
    let opened = fs::File::open(&file).unwrap_or_else(|error| panic!("{error}"));
    let read = opened.read_exact_at(&mut pool, boot.load.purgatory_at + start - RAM);
    read.unwrap_or_else(|error| panic!("{error}"));
    let _ = fs::remove_file(&file);

    let is_paint = |bytes: &[u8]| bytes.iter().all(|&byte| byte == PAINT);
    let used = pool.iter().rposition(|&byte| byte != PAINT).unwrap_or(0) + 1;
    let tables = pool[PAGE..].chunks(PAGE).take_while(|page| !is_paint(page));
    let tables = tables.count() - 1;
    println!("{tables} tables of 4 KiB, {used} bytes");
    run.equal("some, and not many", &true, &(2..8).contains(&tables));
    run.equal("up to the last", &(PAGE * (1 + tables) + HOLE), &used);
    let left = pool[..FIRST].chunks(8).chain(pool[PAGE..used].chunks(8));
    let left = left.filter(|entry| is_paint(entry)).count();
    run.equal("entries that nobody wrote", &0, &left);
    let gap = &pool[FIRST + HOLE..PAGE];
    run.equal("between the first and the next", &true, &is_paint(gap));
    run.passed();
}
