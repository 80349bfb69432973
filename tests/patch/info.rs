// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make info`: what is there is told, and nothing else.

use std::fs;

use purgatory_test_harness::artifact;

use crate::folder::{Folder, INFO, PATCH, RO, image};
use crate::object::{put, set_note};

#[test]
fn what_is_there_is_told() {
    let folder = Folder::new();
    let info = folder.succeeds(INFO);
    let c = [
        "kexec-tools' own, in C",
        "19104 bytes at 120304",
        "relocations   96",
        "no symbol on_failure",
    ];
    let ours = [
        "this project's",
        "rustc ",
        "commit ",
        "19104 bytes at 120304",
        "relocations   0",
        "all 11 of the interface",
        "0: halts",
    ];
    c.iter()
        .for_each(|words| assert!(info.contains(words), "{words}: {info}"));
    folder.patch();
    let info = folder.succeeds(INFO);
    ours.iter()
        .for_each(|words| assert!(info.contains(words), "{words}: {info}"));
    assert!(!info.contains("strip"), "{info}");
}

#[test]
fn the_image_of_another_build_tells_its_features() {
    let folder = Folder::new();
    let sha2 = artifact("purgatory-sha2.ro").unwrap();
    folder.write(RO, &fs::read(sha2).unwrap());
    let info = folder.succeeds(&["info", RO]);
    assert!(info.contains("features      sha2"), "{info}");
}

/// As 1.0.0 and a stranger write it: owner and type of 1.0.0, lines of text.
fn old_note(lines: &str) -> Vec<u8> {
    let size = lines.len() as u32;
    let words = [10, size, 1].map(u32::to_le_bytes);
    [words.as_flattened(), b"purgatory\0\0\0", lines.as_bytes()].concat()
}

#[test]
fn an_image_of_1_0_0_is_known() {
    let folder = Folder::new();
    let lines = "version 1.0.0\ncommit 94c0e6a6564e\nrustc 1.95.0\n\n\n\n";
    folder.change(RO, |ro| set_note(ro, &old_note(lines)));
    let info = folder.succeeds(&["info", RO]);
    for line in [
        "  purgatory     this project's\n",
        "  version       1.0.0\n",
        "  commit        94c0e6a6564e\n",
        "  rustc         1.95.0\n",
    ] {
        assert!(info.contains(line), "{line}: {info}");
    }
    folder.patch();
    folder.write(RO, &image());
    let says = folder.succeeds(PATCH);
    assert!(says.contains(" as it was: "), "{says}");
}

/// The maker of a file writes its note.
#[test]
fn a_note_moves_no_cursor_and_says_nothing_in_our_place() {
    let folder = Folder::new();
    let told = |change: &dyn Fn(&mut Vec<u8>)| {
        folder.write(RO, &image());
        folder.change(RO, change);
        let info = folder.succeeds(&["info", RO]);
        let moves = |c: char| c.is_control() && c != '\n';
        assert!(!info.chars().any(moves), "{info:?}");
        info
    };
    for (word, shown) in [
        ("\x1b[31m\r\x07", "\\u{1b}[31m\\r\\u{7}"),
        ("\u{9b}31m\x08", "\\u{9b}31m\\u{8}"),
        ("a\u{202e}\0b\\", "a\\u{202e}\\0b\\\\"),
    ] {
        let note = old_note(&format!("commit {word}\nsize 0\n"));
        let info = told(&|ro| set_note(ro, &note));
        assert!(info.contains(shown), "{shown}: {info}");
        assert_eq!(info.matches("  size ").count(), 1, "{info}");
    }
    for (word, shown) in [
        ("\\u001b[31m\\r", "\\u{1b}[31m\\r"),
        ("\\u009b31m\\bx", "\\u{9b}31m\\u{8}x"),
    ] {
        let info = told(&|ro| {
            let field = b"\"commit\":\"";
            let at = ro.windows(field.len()).position(|bytes| bytes == field);
            put(ro, at.unwrap() + field.len(), word);
        });
        assert!(info.contains(shown), "{shown}: {info}");
    }
}
