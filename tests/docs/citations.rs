// SPDX-License-Identifier: MIT OR Apache-2.0

//! What other documents quote from the console is what can be printed.

use std::fs;

use purgatory_test_harness::root;

use crate::document::{code_spans, read};
use crate::sentences;

/// How the lines of the purgatory start.
const STARTS: [&str; 2] = ["purgatory: ", "I'm in purgatory"];

/// Returns whether the text can be this line. `…` in the line is a number; in the text it is
/// anything.
fn is(line: &str, text: &str) -> bool {
    let number = |c: char| c.is_ascii_hexdigit() || c == '.';
    match (line.chars().next(), text.chars().next()) {
        (None, None) => true,
        // What is left out in the text.
        (_, Some('…')) => {
            let rest = &text['…'.len_utf8()..];
            let mut ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
            ends.any(|end| is(&line[end..], rest))
        }
        (Some('…'), Some(_)) => {
            let rest = &line['…'.len_utf8()..];
            let digits = text.chars().take_while(|&c| number(c)).count();
            (1..=digits).rev().any(|digits| is(rest, &text[digits..]))
        }
        (Some(a), Some(b)) if a == b => is(&line[a.len_utf8()..], &text[b.len_utf8()..]),
        _ => false,
    }
}

#[test]
fn what_is_left_out_is_told_from_what_is_wrong() {
    let line = "purgatory: … MiB in … regions verified in … ms (EL1)";
    assert!(is(
        line,
        "purgatory: 27.6 MiB in 4 regions verified in 31 ms (EL1)"
    ));
    assert!(is(line, "purgatory: … verified in …"));
    assert!(!is(
        line,
        "purgatory: 27.6 MiB in 4 regions verified in 31 ms (EL2)"
    ));
    assert!(!is(
        line,
        "purgatory: 27.6 MiB in four regions verified in 31 ms (EL1)"
    ));
    assert!(!is(line, "purgatory: 27.6 MiB"));
}

#[test]
fn every_line_that_is_quoted_can_be_printed() {
    let lines = sentences::all().lines;
    let folder = fs::read_dir(root().join("docs")).expect("it is a folder");
    let names = folder.map(|entry| entry.expect("it can be read").file_name());
    let pages = names.map(|name| format!("docs/{}", name.to_string_lossy()));
    let mut quoted = 0;
    for page in pages
        .filter(|page| page.ends_with(".md"))
        .chain(["README.md".into()])
    {
        for (part, text) in read(&page).split("```").enumerate() {
            let paragraphs = text.replace('\n', " ");
            let quotes: Vec<_> = match (part % 2, &*page) {
                (1, _) => text.lines().collect(),
                // The grammar there has a test of its own.
                (_, "docs/console.md") => continue,
                _ => code_spans(&paragraphs).collect(),
            };
            let ours = |quote: &&str| STARTS.iter().any(|start| quote.starts_with(start));
            for quote in quotes.into_iter().filter(ours) {
                quoted += 1;
                let found = lines.iter().any(|line| is(line, quote));
                assert!(found, "{page}: no such line: {quote}");
            }
        }
    }
    assert!(quoted > 20, "{quoted}");
}

#[test]
fn every_diagnostic_of_the_manual_can_be_printed() {
    let lines = sentences::all().lines;
    let manual = read("packaging/man/purgatory.ro.7");
    let items = manual.lines().filter_map(|line| line.strip_prefix(".It "));
    let mut quoted = 0;
    for item in items.filter(|item| STARTS.iter().any(|start| item.starts_with(start))) {
        quoted += 1;
        let text = item.replace("...", "…");
        assert!(lines.iter().any(|line| is(line, &text)), "{item}");
    }
    assert!(quoted > 10, "{quoted}");
}
