// SPDX-License-Identifier: MIT OR Apache-2.0

//! What `make` makes of the names that it is given.

use std::env;
use std::fs;
use std::process::{Command, Output};

use purgatory_test_harness::{root, this_test};

use crate::folder::{Folder, KEXEC, RO, TOOL, succeeded};

/// What a shell or make would take for more than a part of a name. `found` is a program.
const PARTS: [&str; 14] = [
    "a b",
    "a$b",
    "a$$b",
    "$(found)",
    "$(shell found)",
    "`found`",
    ";found;",
    "it's",
    "\"",
    "a\nb",
    "\\",
    "#",
    "%",
    "*",
];

/// Calls `make` in a folder, with the tool as it was built for these tests, and `found` to be found.
fn make(folder: &Folder, arguments: &[&str]) -> Output {
    let words = "while [ \"$1\" != -- ]; do shift; done; shift";
    let cargo = format!("#!/bin/sh\n{words}\nexec '{}' \"$@\"\n", TOOL.display());
    folder.write("cargo", cargo.as_bytes());
    let found = format!("#!/bin/sh\ntouch '{}'\n", folder.path("ran").display());
    folder.write("found", found.as_bytes());
    let mut make = Command::new("make");
    make.current_dir(folder.path(""));
    make.env_remove("MAKEFLAGS").env_remove("MFLAGS");
    make.arg("-f").arg(root().join("Makefile"));
    let path = env::var("PATH").unwrap();
    make.env("PATH", format!("{}:{path}", folder.path("").display()));
    make.arg("CARGO=cargo").args(arguments).output().unwrap()
}

#[test]
fn a_name_is_a_name_whatever_is_in_it() {
    let folder = Folder::new();
    let debian = folder.read(KEXEC);
    for part in PARTS {
        let path = |what| folder.path(&format!("{what}{part}"));
        let given = |variable, what| format!("{variable}={}", path(what).to_str().unwrap());
        for what in [KEXEC, RO] {
            fs::copy(folder.path(what), path(what)).unwrap();
        }
        let (kexec, ro) = (given("KEXEC", KEXEC), given("RO", RO));
        let (to, copy) = (given("TO", "to"), given("FILE", "to"));
        let succeeds = |arguments: &[&str]| succeeded(&make(&folder, arguments));
        succeeds(&["patch", &kexec, &ro]);
        succeeds(&["patch", &kexec, &ro, &to]);
        assert!(fs::read(path("to")).unwrap() == fs::read(path(KEXEC)).unwrap());
        succeeds(&["set", &copy, "ON_FAILURE=7"]);
        let info = succeeds(&["info", &copy]);
        assert!(info.contains("7: resets"), "{part}: {info}");
        succeeds(&["unpatch", &kexec]);
        assert!(fs::read(path(KEXEC)).unwrap() == debian, "{part}");
        let ran = folder.path("ran").exists();
        assert!(!ran, "{}\n{part} was run", this_test::alone());
    }
}

#[test]
fn a_number_or_a_word_is_no_command() {
    let folder = Folder::new();
    let file = format!("FILE={}", folder.path(RO).display());
    for part in PARTS {
        let given = |variable| format!("{variable}=1{part}");
        let seconds = given("ON_FAILURE");
        for arguments in [
            vec!["set", &file, &seconds],
            vec!["all", &seconds],
            vec!["all", &given("SHA256")],
        ] {
            let output = make(&folder, &arguments);
            assert!(!output.status.success(), "{arguments:?}: {output:?}");
        }
        let ran = folder.path("ran").exists();
        assert!(!ran, "{}\n{part} was run", this_test::alone());
    }
}
