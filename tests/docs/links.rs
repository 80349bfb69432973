// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each link from a document leads to a file, and to a heading of it where it names one. Each path in
//! backticks is one of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use purgatory_test_harness::root;

use crate::document::code_spans;

/// What paths of the repository begin with.
const FOLDERS: [&str; 8] = [
    "src/",
    "tests/",
    "docs/",
    "scripts/",
    "packaging/",
    "xtask/",
    "tool/",
    "probe/",
];

/// Returns the Markdown files of the repository.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is a folder");
    let paths = entries.map(|entry| entry.expect("it can be read").path());
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            found.extend(pages(&path));
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
    found
}

/// Returns the text without code.
fn prose(page: &str) -> String {
    page.split("```").step_by(2).collect()
}

/// Returns what the links of a page lead to.
fn targets(page: &str) -> Vec<String> {
    let after = prose(page);
    let after = after.split("](").skip(1);
    after
        .filter_map(|rest| Some(rest.split_once(')')?.0.to_string()))
        .collect()
}

/// Returns the name by which a heading is linked to.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|&c| c.is_alphanumeric() || " -_".contains(c));
    kept.collect::<String>().replace(' ', "-")
}

/// Returns the anchors of a page.
fn anchors(page: &str) -> Vec<String> {
    let text = prose(page);
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

#[test]
fn each_leads_somewhere() {
    let mut links = 0;
    let mut broken = String::new();
    for path in pages(&root()) {
        let page = fs::read_to_string(&path).expect("it is listed");
        for target in targets(&page).iter().filter(|link| !link.contains("://")) {
            links += 1;
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let to = match file {
                "" => path.clone(),
                file => path.parent().expect("it is a file").join(file),
            };
            let there = if heading.is_empty() {
                to.exists()
            } else {
                let text = fs::read_to_string(&to).unwrap_or_default();
                anchors(&text).iter().any(|anchor| anchor == heading)
            };
            if !there {
                broken += &format!("\n  {}: {target}", path.display());
            }
        }
    }
    assert!(links > 50, "{links}");
    assert!(broken.is_empty(), "links that lead nowhere:{broken}");
}

/// Returns whether there is such a file or folder; a `*` stands for any one name.
fn is_there(at: &Path, path: &str) -> bool {
    let Some((before, after)) = path.split_once("*/") else {
        return at.join(path).exists();
    };
    let folders = fs::read_dir(at.join(before)).into_iter().flatten();
    let mut folders = folders.filter_map(|entry| Some(entry.ok()?.path()));
    folders.any(|folder| is_there(&folder, after))
}

#[test]
fn each_path_in_backticks_is_there() {
    let mut paths = 0;
    let mut broken = String::new();
    for page in pages(&root()) {
        // It names what there was.
        if page.ends_with("CHANGELOG.md") {
            continue;
        }
        let text = fs::read_to_string(&page).expect("it is listed");
        let prose = prose(&text);
        for span in code_spans(&prose) {
            // A command's arguments follow.
            let path = span.split_whitespace().next().unwrap_or_default();
            if !FOLDERS.iter().any(|folder| path.starts_with(folder)) {
                continue;
            }
            paths += 1;
            if !is_there(&root(), path) {
                broken += &format!("\n  {}: {path}", page.display());
            }
        }
    }
    assert!(paths > 50, "{paths}");
    assert!(broken.is_empty(), "paths that are not there:{broken}");
}
