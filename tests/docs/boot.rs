// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/boot.svg`: the story of `src/main.rs` as a picture, and each of its steps is there.

use crate::document::read;

/// What of `src/main.rs` is in the picture, by function and in the order there.
const STEPS: &[(&str, &[&str])] = &[
    ("", &["entry!(main)"]),
    (
        "main",
        &[
            "registers::cpu",
            "symbols::raw",
            "Uart::new",
            "registers::settle",
            "Request::new",
            "report::refusal",
            "request.waive",
            "handover::halt",
            "handover::hand_over",
        ],
    ),
    (
        "verify",
        &[
            "part.follow",
            "report::progress",
            "cache::flush",
            "Window::new",
            "window.with",
            "hash.add",
            "hash.verdict",
            "report::mismatch",
        ],
    ),
    ("way", &["report::no_window", "loader::check"]),
    ("address_map", &["table::build"]),
];

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
    let picture = read("docs/boot.svg");
    let names = picture
        .lines()
        .filter(|line| line.contains("class=\"mono small"));
    let mut names: Vec<_> = names
        .filter_map(|line| line.split(['>', '<']).nth(2))
        .collect();
    let mut steps: Vec<_> = STEPS.iter().flat_map(|(_, names)| *names).collect();
    names.sort_unstable();
    steps.sort_unstable();
    assert_eq!(names, steps.into_iter().copied().collect::<Vec<_>>());
}
