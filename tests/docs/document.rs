// SPDX-License-Identifier: MIT OR Apache-2.0

//! The tables in a page of Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use purgatory_test_harness::root;

/// The head of a table of lines.
const LINES: &str = "on the console";

/// Reads a file of the repository.
pub fn read(name: &str) -> String {
    let path = root().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns what stands in backticks.
pub fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The tables of `docs/console.md`.
#[derive(Default)]
pub struct Tables {
    /// Lines of the console, with what may vary in them still unsaid.
    lines: Vec<String>,
    /// What may stand for a word in capitals.
    words: BTreeMap<String, Vec<String>>,
}

impl Tables {
    /// Reads a page.
    pub fn new(page: &str) -> Self {
        let mut tables = Self::default();
        let mut head = None;
        for line in page.lines() {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            let [_, first, rest @ .., _] = &cells[..] else {
                head = None;
                continue;
            };
            match head {
                None => head = Some(first.trim_matches('`').to_string()),
                Some(_) if first.starts_with("--") => {}
                Some(ref head) if head == LINES => {
                    assert_eq!(rest.len(), 2, "a meaning and a remedy: {line}");
                    tables.lines.extend(code_spans(first).map(Into::into));
                }
                Some(ref head) => {
                    assert!(!rest.concat().is_empty(), "no meaning: {line}");
                    let words = tables.words.entry(head.clone()).or_default();
                    words.extend(code_spans(first).map(Into::into));
                }
            }
        }
        tables
    }

    /// Returns all lines, in each variant. Fails where one is there twice.
    pub fn lines(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for line in self.lines.iter().flat_map(|line| self.expanded(line)) {
            assert!(!all.contains(&line), "twice: {line}");
            all.insert(line);
        }
        all
    }

    fn expanded(&self, line: &str) -> Vec<String> {
        let whole = |at: usize, word: &str| {
            let inside = |c: char| c.is_ascii_uppercase() || c == '_';
            !line[..at].ends_with(inside) && !line[at + word.len()..].starts_with(inside)
        };
        let word = self.words.keys().find_map(|word| {
            let mut places = line.match_indices(&**word);
            Some((places.find(|&(at, _)| whole(at, word))?.0, word))
        });
        let (at, len, words) = match (word, line.find("(s)")) {
            (Some((at, word)), _) => (at, word.len(), self.words[word].clone()),
            (None, Some(at)) => (at, 3, vec![String::new(), "s".into()]),
            (None, None) => return vec![line.into()],
        };
        let variants = words
            .iter()
            .map(|word| format!("{}{word}{}", &line[..at], &line[at + len..]));
        variants.flat_map(|line| self.expanded(&line)).collect()
    }
}
