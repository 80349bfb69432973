// SPDX-License-Identifier: MIT OR Apache-2.0

//! Files that should not exist: refused by a message that names them, and everything is as before.

/// Writes a table of cases. A row says what is wrong, how it is made so, and what is said to it.
macro_rules! cases {
    ($($what:literal: $spoil:expr => [$($expected:expr),*];)*) => {
        [$(($what, $spoil, &[$($expected),*])),*]
    };
}

mod images;
mod kexecs;
mod names;

use std::fs;
use std::path::Path;
use std::process::Command;

use purgatory_test_harness::this_test;

use crate::folder::{Folder, KEXEC};
use crate::object::{put, start};

/// What is wrong, how it is made so, and what the message has to say.
type Case = (&'static str, fn(&Folder), &'static [&'static str]);

/// Each case in a folder of its own; all that fail are told.
#[track_caller]
fn refused(arguments: &[&str], cases: &[Case]) {
    let mut wrong = String::new();
    for (what, make, words) in cases {
        let folder = Folder::new();
        make(&folder);
        let before = folder.snapshot();
        let output = folder.tool(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        let mut complain = |problem: &str| wrong += &format!("{what}: {problem}: {error}\n");
        if output.status.success() {
            complain("not refused");
        }
        for word in *words {
            if !error.contains(word) {
                complain(&format!("{word:?} is not said"));
            }
        }
        if error.contains("panicked") || error.lines().count() != 1 {
            complain("no plain message");
        }
        if folder.snapshot() != before {
            complain("something has changed");
        }
    }
    assert!(wrong.is_empty(), "{}\n{wrong}", this_test::alone());
}

/// In the object that is in kexec.
fn put_in_object(folder: &Folder, field: usize, bytes: &[u8]) {
    folder.change(KEXEC, |file| {
        let at = start(file) + field;
        put(file, at, bytes);
    });
}

/// In a section's header or in a symbol, whose place `of` tells.
fn spoil(
    folder: &Folder,
    name: &str,
    of: fn(&[u8], &str) -> usize,
    which: &str,
    field: usize,
    bytes: &[u8],
) {
    folder.change(name, |file| {
        let at = of(file, which) + field;
        put(file, at, bytes);
    });
}

fn put_in(folder: &Folder, name: &str, field: usize, bytes: &[u8]) {
    folder.change(name, |file| put(file, field, bytes));
}

/// What has the name is replaced by something else.
fn instead(folder: &Folder, name: &str, make: impl FnOnce(&Path)) {
    fs::remove_file(folder.path(name)).unwrap();
    make(&folder.path(name));
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
