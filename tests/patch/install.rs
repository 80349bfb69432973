// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make install` and `make uninstall`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use purgatory_test_harness::root;

use crate::folder::{Folder, KEXEC, RO, succeeded};

/// What is installed where, below the prefix.
const FILES: [(&str, &str); 9] = [
    ("target/purgatory.ro", "lib/kexec-tools/purgatory.ro"),
    ("target/purgatory.map", "lib/kexec-tools/purgatory.map"),
    ("target/purgatory.spdx", "lib/kexec-tools/purgatory.spdx"),
    ("target/probe.Image", "lib/kexec-tools/probe.Image"),
    (
        "packaging/man/purgatory.ro.7",
        "share/man/man7/purgatory.ro.7",
    ),
    ("README.md", "share/doc/purgatory/README.md"),
    ("docs/boot.md", "share/doc/purgatory/docs/boot.md"),
    ("LICENSE-MIT", "share/doc/purgatory/LICENSE-MIT"),
    ("LICENSE-APACHE", "share/doc/purgatory/LICENSE-APACHE"),
];

/// A folder's name is a name whatever is in it.
const PLACE: &str = "a $(place)'s \"`place`\n";

/// As a packager calls it: nothing is built, so no cargo is needed.
fn make(what: &str, folder: &Folder) {
    let mut make = Command::new("make");
    make.current_dir(root())
        .env_remove("MAKEFLAGS")
        .env_remove("MFLAGS");
    make.arg(format!("DESTDIR={}", folder.path(PLACE).display()));
    make.args([what, "PREFIX=/usr", "CARGO=false", "RUSTC=false"]);
    succeeded(&make.output().unwrap());
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn what_is_installed_is_what_was_built_and_uninstall_leaves_what_is_others() {
    let folder = Folder::new();
    let prefix = folder.path(PLACE).join("usr");
    make("install", &folder);
    for (from, to) in FILES {
        let to = prefix.join(to);
        assert!(
            fs::read(root().join(from)).unwrap() == fs::read(&to).unwrap(),
            "{from}"
        );
        assert_eq!(
            fs::metadata(&to).unwrap().permissions().mode() & 0o7777,
            0o644,
            "{from}"
        );
    }
    let ro = prefix.join(FILES[0].1);
    folder.succeeds(&["patch", KEXEC, "--ro", ro.to_str().unwrap()]);

    let other = prefix.join("lib/kexec-tools/another");
    fs::copy(folder.path(RO), &other).unwrap();
    make("uninstall", &folder);
    assert_eq!(files(&prefix), [other]);
    assert!(!prefix.join("share/doc/purgatory").exists());
}
