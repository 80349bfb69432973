// SPDX-License-Identifier: MIT OR Apache-2.0

//! Each crate's share of a program.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

use anyhow::{Context, Result};

use crate::linked::linked;
use crate::source::{Source, Sources};
use crate::unsafety::unsafe_lines;

/// What a program is made of.
#[derive(Debug, Default)]
pub struct Shares {
    /// The crates, by name.
    pub crates: BTreeMap<String, Share>,
    /// Bytes of code that stem from no line, see `Linked::without_line`.
    pub without_line: u64,
}

/// What is linked of a crate.
#[derive(Debug, Default)]
pub struct Share {
    /// Bytes of instructions that were compiled from its lines.
    pub bytes: u64,
    /// Its lines that an instruction stems from, how many.
    pub lines: usize,
    /// Those of them that are in `unsafe`, by file.
    pub in_unsafe: BTreeMap<String, BTreeSet<u32>>,
    /// The files that could not be looked into, for they are not installed.
    pub unread: BTreeSet<String>,
}

impl Share {
    /// Returns how many lines in `unsafe` are linked, if its files could be read.
    pub fn unsafe_lines(&self) -> usize {
        self.in_unsafe.values().map(BTreeSet::len).sum()
    }
}

impl Shares {
    /// Finds the shares of a linked program.
    ///
    /// # Errors
    /// When the program has a line of an unknown file, or of one that is not Rust.
    pub fn of(elf: &[u8]) -> Result<Self> {
        let sources = Sources::find()?;
        let linked = linked(elf)?;
        let mut shares = Self {
            without_line: linked.without_line,
            ..Self::default()
        };
        // A file may have several names.
        let mut files: BTreeMap<Source, BTreeSet<u32>> = BTreeMap::new();
        for (file, of_file) in linked.files {
            let source = sources.of(&file);
            let source = source.with_context(|| format!("{file} is of no crate that is known"))?;
            shares.crates.entry(source.krate.clone()).or_default().bytes += of_file.bytes;
            files.entry(source).or_default().extend(of_file.lines);
        }
        for (source, mut lines) in files {
            let share = shares.crates.entry(source.krate).or_default();
            share.lines += lines.len();
            let Ok(text) = fs::read_to_string(&source.path) else {
                share.unread.insert(source.name);
                continue;
            };
            let ranges = unsafe_lines(&text).with_context(|| source.path.display().to_string())?;
            lines.retain(|line| ranges.iter().any(|range| range.contains(line)));
            if !lines.is_empty() {
                share.in_unsafe.insert(source.name, lines);
            }
        }
        Ok(shares)
    }

    /// Returns a table with a row for each crate, and one for what stems from no line.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{:<32}{:>8}{:>8}{:>11}\n",
            "crate", "bytes", "lines", "in unsafe"
        );
        for (name, share) in &self.crates {
            let in_unsafe = match share.unread.len() {
                0 => share.unsafe_lines().to_string(),
                _ => "unknown".into(),
            };
            let (bytes, lines) = (share.bytes, share.lines);
            let _ = writeln!(table, "{name:<32}{bytes:>8}{lines:>8}{in_unsafe:>11}");
        }
        let _ = writeln!(table, "{:<32}{:>8}", "(no line)", self.without_line);
        table
    }

    /// Returns where the linked lines in `unsafe` are, crate by crate and file by file.
    pub fn places(&self) -> String {
        let mut places = String::new();
        for (name, share) in &self.crates {
            for (file, lines) in &share.in_unsafe {
                let _ = writeln!(places, "{name}/{file}:{}", ranges(lines));
            }
            for file in &share.unread {
                let _ = writeln!(places, "{name}/{file}: NOT READ: it is not installed");
            }
        }
        places
    }
}

/// Lines, with those that follow each other in one: `3,7-9`.
fn ranges(lines: &BTreeSet<u32>) -> String {
    let mut runs: Vec<(u32, u32)> = vec![];
    for &line in lines {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => runs.push((line, line)),
        }
    }
    let words = runs.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
#[test]
fn lines_that_follow_each_other_are_a_range() {
    let lines = |lines: &[u32]| ranges(&lines.iter().copied().collect());
    assert_eq!(lines(&[]), "");
    assert_eq!(lines(&[7, 8, 3, 9, 11]), "3,7-9,11");
}
