// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/boot.svg`: the story of `src/main.rs` as a picture, and each of its steps is there.

mod picture;

use std::fs;

use purgatory_test_harness::root;

use self::picture::{STEPS, svg};
use crate::document::read;

/// Returns the body of a function of `src/main.rs`.
fn body<'a>(source: &'a str, function: &str) -> &'a str {
    let mut starts = ["(", "<"]
        .map(|then| format!("\nfn {function}{then}"))
        .into_iter();
    let (_, rest) = starts
        .find_map(|start| source.split_once(&*start))
        .unwrap_or_else(|| panic!("src/main.rs has no function {function}"));
    rest.split("\n}\n").next().unwrap_or(rest)
}

#[test]
fn each_step_of_the_picture_is_in_main_in_this_order() {
    let source = read("src/main.rs");
    for (function, names) in STEPS {
        let mut rest = match *function {
            "" => &*source,
            function => body(&source, function),
        };
        for name in *names {
            let found = rest.split_once(name);
            let (_, after) = found.unwrap_or_else(|| {
                panic!("src/main.rs: `{name}` is not in `{function}`, or not after the one before")
            });
            rest = after;
        }
    }
}

#[test]
fn all_that_the_picture_names_are_steps() {
    let picture = svg();
    let names = picture
        .lines()
        .filter(|line| line.contains("class=\"mono small"));
    let names = names.filter_map(|line| line.split(['>', '<']).nth(2));
    let mut named = 0;
    for name in names {
        named += 1;
        let known = STEPS.iter().flat_map(|(_, names)| *names);
        assert!(known.into_iter().any(|&known| known == name), "{name}");
    }
    assert_eq!(
        named,
        STEPS.iter().map(|(_, names)| names.len()).sum::<usize>()
    );
}

#[test]
fn the_picture_is_as_it_is_drawn() {
    let path = root().join("target/boot.svg");
    fs::write(&path, svg()).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let same = svg() == read("docs/boot.svg");
    assert!(same, "docs/boot.svg is another: cp target/boot.svg docs/");
}
