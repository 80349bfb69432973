// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/map.svg` is what `make map` draws.

use purgatory_demo::map;
use purgatory_demo::options::Options;
use purgatory_test_harness::{root, this_test};

use crate::document::read;

#[test]
fn the_map_is_that_of_a_run() {
    let file = root().join("target/docs-map.elf");
    let (map, outcome) = map(&Options::default(), &file).unwrap_or_else(|error| panic!("{error}"));
    assert!(
        map.svg() == read("docs/map.svg"),
        "docs/map.svg is another; if it should have changed: make map && cp target/map.svg docs/\n\
         {map}{}\n{outcome}",
        this_test::alone()
    );
}
