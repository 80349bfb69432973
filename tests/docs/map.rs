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
