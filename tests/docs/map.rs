// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/map.svg` is what `make map` draws, and it draws what the image maps, wherever that lies.

use purgatory_demo::map::Map;
use purgatory_demo::options::Options;
use purgatory_test_harness::boot::Place;
use purgatory_test_harness::{root, this_test};
use rstest::rstest;

use crate::document::read;

fn map(options: &Options) -> Map {
    let file = format!("target/{}.elf", this_test::file_name());
    let map = purgatory_demo::map(options, &root().join(file));
    map.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()))
        .0
}

#[test]
fn it_is_that_of_the_usual_run() {
    let map = map(&Options::default());
    assert!(
        map.svg() == read("docs/map.svg"),
        "docs/map.svg is another; if it should have changed: make map && cp target/map.svg docs/\n\
         {map}{}",
        this_test::alone()
    );
}

#[rstest]
#[case(Place::Low, "32 bits", 3)]
#[case(Place::Above512GiB, "40 bits", 5)]
fn what_is_mapped_and_what_is_not_are_told(
    #[case] place: Place,
    #[case] bits: &str,
    #[case] regions: usize,
) {
    let options = Options {
        place,
        regions,
        ..Options::default()
    };
    let map = map(&options).to_string();
    let last = ["dtb, ", "region 5, 36 KiB "][usize::from(regions == 5)];
    for (part, how) in [
        ("EL2 VHE, ", bits),
        (" kernel, 16 KiB ", " read: 4 pages of 4 KiB"),
        (last, " read: "),
        (" code, ", " read, execute: "),
        (" guard page, 4 KiB ", " not mapped"),
        (" stack, variables, ", " read, write: "),
        (" page tables, ", " not mapped"),
        (" rest of the pool, ", " not mapped"),
    ] {
        let mut lines = map.lines();
        let found = lines.any(|line| line.contains(part) && line.contains(how));
        assert!(found, "no {part}{how}\n{map}{}", this_test::alone());
    }
}

/// It is read when all has been hashed.
#[test]
fn of_several_windows_it_is_the_last() {
    let options = Options {
        regions: 8,
        far: true,
        ..Options::default()
    };
    let map = map(&options).to_string();
    for line in [
        "EL2 VHE, 33 bits of address, tables of window 8 of 8",
        " kernel, 16 KiB   * not mapped",
        " region 7, 36 KiB * not mapped",
        " region 8, 16 KiB * read: 4 pages of 4 KiB",
        " region 8, 20 KiB * read: 5 pages of 4 KiB",
    ] {
        let (part, how) = line.split_once('*').unwrap_or((line, ""));
        let found = |line: &str| line.contains(part.trim_end()) && line.ends_with(how);
        let found = map.lines().any(found);
        assert!(found, "no {line}\n{map}{}", this_test::alone());
    }
}
