// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/bench.svg` is of the image as it is: what was counted for it is still so.

use purgatory_bench::cost::{Lab, Layout};
use purgatory_bench::growth::USUAL;
use purgatory_bench::plot::{DESCRIBED, described};
use purgatory_test_harness::root;

use crate::document::read;

/// Of a number that much, in percent, may be another compiler's work.
const COMPILER: u64 = 10;

fn numbers(text: &str) -> Vec<u64> {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn the_plot_is_of_what_is_counted() {
    let picture = read("docs/bench.svg");
    let lab = Lab::new(root().join("target/bench/docs"));
    for case in DESCRIBED {
        let measured = lab.measure(case, Layout::default(), USUAL);
        let now = described(&measured.unwrap_or_else(|error| panic!("{error}")));
        let (start, _) = now.split_once('{').expect("counts stand in braces");
        let mut lines = picture
            .lines()
            .map(|line| line.trim_start_matches("<desc>"));
        let then = lines.find(|line| line.starts_with(start));
        let then = then.unwrap_or_else(|| panic!("docs/bench.svg says nothing of {start}"));
        let (then_numbers, now_numbers) = (numbers(then), numbers(&now));
        assert_eq!(then_numbers.len(), now_numbers.len(), "{then}\n{now}");
        let mut both = then_numbers.into_iter().zip(now_numbers);
        assert!(
            both.all(|(then, now)| 100 * then.abs_diff(now) <= COMPILER * then),
            "docs/bench.svg is old: make bench && cp target/bench.svg docs/\n{then}\n{now}"
        );
    }
}
