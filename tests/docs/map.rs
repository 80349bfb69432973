// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/map.svg` is what `make map` draws, and it draws what the image maps, whatever its pages.

use purgatory_demo::map::Map;
use purgatory_demo::options::{Granule, Options};
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

/// Parts of the image share pages that are larger than they, up to the guard.
#[rstest]
#[case(Granule::Size16K, Place::Low, "16 KiB, 32 bits", "1 page of 16 KiB")]
#[case(
    Granule::Size64K,
    Place::Above512GiB,
    "64 KiB, 40 bits",
    "in 1 page of 64 KiB"
)]
fn larger_pages_are_told(
    #[case] granule: Granule,
    #[case] place: Place,
    #[case] title: &str,
    #[case] kernel: &str,
) {
    let options = Options {
        granule,
        place,
        regions: 5,
        ..Options::default()
    };
    let map = map(&options).to_string();
    for (part, how) in [
        ("EL2 VHE, pages of ", title),
        (" kernel, 16 KiB ", &format!(" read: {kernel}")),
        (
            " guard page, 4 KiB ",
            " read, write, execute: in 1 page of ",
        ),
        (" region 5, 36 KiB ", " read: in "),
        (" rest of the pool, ", " not mapped"),
    ] {
        let mut lines = map.lines();
        let found = lines.any(|line| line.contains(part) && line.contains(how));
        assert!(found, "no {part}{how}\n{map}{}", this_test::alone());
    }
}
