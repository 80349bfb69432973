// SPDX-License-Identifier: MIT OR Apache-2.0

//! A panic is code, and stack, that no test has run. So none is linked; `make` refuses an image
//! with one, and these have a second look.
//!
//! Compilers before 1.95 leave one in, for an alignment of the table allocator that is no power of
//! two: they do not see that the caller has but the four of `TableSize`. It says nothing, and ends
//! as an undefined instruction in the report of an exception.

use std::fs;
use std::path::Path;
use std::process::Command;

use object::{Object, ObjectSection};
use purgatory_test_harness::a64::calls::{Calls, source_name};
use purgatory_test_harness::root;
use rstest::rstest;

use crate::{built, parse};

/// The first compiler without that panic: 1.x.
const CLEVER: u32 = 95;

/// In which crate it is.
const EXCUSED: &str = "linked_list_allocator::";

#[rstest]
fn no_panic_that_can_be_reached_and_no_formatting_is_linked(
    #[values("purgatory", "purgatory-sha2")] image: &str,
) {
    let ro = built(&format!("{image}.ro"));
    let calls = Calls::read(&built(&format!("{image}.elf"))).unwrap();
    let leaves_one = compiler_leaves_one(&ro);
    let is_excused = |caller: &str| leaves_one && caller.starts_with(EXCUSED);
    for panic in calls.functions().iter().filter(|f| panics(&f.name)) {
        let is_caller = |start| {
            let callees = calls.callees(start).unwrap();
            callees.iter().any(|&(_, to)| to == panic.range.start)
        };
        let callers = calls
            .functions()
            .iter()
            .filter(|f| is_caller(f.range.start));
        let callers: Vec<_> = callers.map(|caller| &*caller.name).collect();
        assert!(
            !callers.is_empty() && callers.iter().all(|caller| is_excused(caller)),
            "{} is linked, and called by {callers:#?}",
            panic.name
        );
    }
    let places = source_places(&ro);
    assert!(places.is_empty(), "panics name their places: {places:?}");
}

/// Returns whether the compiler, by the file's note, is one of those that leave a panic in.
pub fn compiler_leaves_one(ro: &[u8]) -> bool {
    let file = parse(ro);
    let note = file.section_by_name(".note.package").unwrap();
    let note = String::from_utf8_lossy(note.data().unwrap());
    let version = note.split("\"rustc\":\"1.").nth(1).unwrap();
    version.split('.').next().unwrap().parse::<u32>().unwrap() < CLEVER
}

/// Returns whether a function belongs to the machinery of a panic.
fn panics(name: &str) -> bool {
    let beginnings = [
        "core::panicking::",
        "core::fmt::",
        "core::option::",
        "core::result::",
    ];
    beginnings.iter().any(|part| name.contains(part)) || name.contains("begin_unwind")
}

/// File names as in `src/main.rs`, which only a panic's message needs.
fn source_places(image: &[u8]) -> Vec<String> {
    image
        .split(|byte| !byte.is_ascii_graphic())
        .filter_map(|text| std::str::from_utf8(text).ok())
        .filter(|text| text.len() > 4 && text.contains(".rs"))
        .map(str::to_string)
        .collect()
}

#[test]
fn a_panics_symbols_and_places_are_recognized() {
    for symbol in [
        "_ZN4core9panicking18panic_bounds_check17h0123456789abcdefE",
        "_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
        "_ZN4core6option13unwrap_failed17h0123456789abcdefE",
        "_RNvNtCsjnjuqRZjo0_4core9panicking9panic_fmt",
        "_RNvCs_7___rustc17rust_begin_unwind",
    ] {
        assert!(panics(&source_name(symbol)), "{}", source_name(symbol));
    }
    assert!(!panics("purgatory_start"));
    assert_eq!(
        source_places(b"\0\x01src/main.rsI'm in purgatory\n\0"),
        ["src/main.rsI'm"]
    );
}

/// What anyone might write, an unchecked index.
#[test]
fn one_index_too_many_fails_the_build_with_the_calls_that_lead_there() {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("panicking");
    let target_dir = copy.join("target");
    // What was built there is kept: the next time it is fast.
    fs::create_dir_all(&copy).unwrap();
    let parts = [
        "src", "tests", "probe", "tool", "xtask", ".cargo", "build.rs", "link.ld",
    ];
    for part in parts.iter().chain(&["Cargo.toml", "Cargo.lock"]) {
        // With nothing of an older tree's in it.
        let _ = fs::remove_dir_all(copy.join(part));
        let mut copying = Command::new("cp");
        copying
            .args(["-r", "-T"])
            .arg(root().join(part))
            .arg(copy.join(part));
        assert!(copying.status().unwrap().success(), "{part}");
    }
    let main = copy.join("src/main.rs");
    let sound = fs::read_to_string(&main).unwrap();
    let before = "report::greeting(console);";
    assert!(sound.contains(before), "src/main.rs has no {before}");
    let index = "core::hint::black_box(raw.sha256_regions[raw.skip_checks as usize].start);";
    fs::write(&main, sound.replace(before, &format!("{before}\n{index}"))).unwrap();

    let mut build = Command::new(env!("CARGO"));
    build
        .current_dir(root())
        .args(["run", "-q", "--locked", "-p", "xtask", "--"]);
    build.arg(format!("--root={}", copy.display()));
    build
        .arg(format!("--target-dir={}", target_dir.display()))
        .arg("image");
    let output = build.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it was built");
    let (_, path) = error
        .split_once("a panic is linked")
        .unwrap_or_else(|| panic!("{error}"));
    let mut lines = path.lines().skip(1).map(str::trim_start);
    for (beginning, end) in [
        ("purgatory_start+", ", which calls"),
        ("purgatory_main+", ", which calls"),
        ("purgatory::main+", ", which calls"),
        ("core::panicking::panic_bounds_check", ""),
    ] {
        let line = lines.next().unwrap_or_default();
        let fits = line.starts_with(beginning) && line.ends_with(end);
        assert!(fits, "{beginning}…{end} in{path}");
    }
    assert!(!target_dir.join("purgatory.ro").exists());
}
