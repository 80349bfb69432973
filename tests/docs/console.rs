// SPDX-License-Identifier: MIT OR Apache-2.0

//! `docs/console.md` has every line that the image can print, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use purgatory_test_harness::root;

use crate::document::{Tables, read};
use crate::sentences;

/// Returns what only the first has, a line each.
fn only(these: &BTreeSet<String>, others: &BTreeSet<String>) -> String {
    let only: Vec<_> = these
        .difference(others)
        .map(|line| format!("\n  {line}"))
        .collect();
    only.concat()
}

fn documented() -> BTreeSet<String> {
    Tables::new(&read("docs/console.md")).lines()
}

#[test]
fn every_line_that_can_be_printed_is_in_the_document() {
    let missing = only(&sentences::all().lines, &documented());
    assert!(missing.is_empty(), "docs/console.md lacks:{missing}");
}

#[test]
fn every_line_of_the_document_can_be_printed() {
    let said = sentences::all().lines;
    assert!(said.len() > 100, "{} lines", said.len());
    let unknown = only(&documented(), &said);
    assert!(
        unknown.is_empty(),
        "no source for what docs/console.md has:{unknown}"
    );
}

/// A new function that says something says it above as well.
#[test]
fn each_function_that_reports_is_tried() {
    let source = read("src/report.rs");
    let functions = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub fn "));
    let names: BTreeSet<_> = functions
        .filter_map(|rest| rest.split(['(', '<']).next())
        .collect();
    assert_eq!(names, sentences::all().functions);
}

/// What is printed goes through `report`: no other code uses a console's methods or templates.
#[test]
fn nobody_else_prints() {
    let mut files = vec![root().join("src/main.rs"), root().join("src/arch.rs")];
    list(&root().join("src/arch"), &mut files);
    assert!(files.len() > 12, "{files:?}");
    for path in files {
        let source = fs::read_to_string(&path).expect("it is listed");
        for word in ["say", "hex", "Console", "sink_store"] {
            let words = source.split(|c: char| !c.is_alphanumeric() && c != '_');
            let uses = words.filter(|&found| found == word).count();
            // The UART is a console, and has one store, which stands in `attempt`.
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let most = match (&*name, word) {
                ("console.rs", "Console" | "sink_store") => 2,
                ("attempt.rs", "sink_store") => usize::MAX,
                _ => 0,
            };
            assert!(uses <= most, "{}: `{word}` {uses} times", path.display());
        }
    }
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            list(&path, files);
        } else {
            files.push(path);
        }
    }
}
