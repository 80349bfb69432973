// SPDX-License-Identifier: MIT OR Apache-2.0

//! What `make` makes of the names that it is given.

use std::env;
use std::fs;
use std::ops::Range;
use std::process::{Command, Output};

use purgatory_test_harness::{root, this_test};
use rstest::rstest;

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
    make_with(
        folder,
        &format!("{words}\nexec '{}' \"$@\"", TOOL.display()),
        arguments,
    )
}

/// Runs the same, with this as cargo.
fn make_with(folder: &Folder, cargo: &str, arguments: &[&str]) -> Output {
    folder.write("cargo", format!("#!/bin/sh\n{cargo}\n").as_bytes());
    let found = format!("#!/bin/sh\ntouch '{}'\n", folder.path("ran").display());
    folder.write("found", found.as_bytes());
    let mut make = Command::new("make");
    make.current_dir(folder.path(""));
    for variable in ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"] {
        make.env_remove(variable);
    }
    make.arg("-f").arg(root().join("Makefile"));
    let path = env::var("PATH").unwrap();
    make.env("PATH", format!("{}:{path}", folder.path("").display()));
    // The tool's workspace is this folder, whatever comes of it.
    make.env("CARGO_MANIFEST_DIR", folder.path("xtask"));
    make.env("CARGO", "cargo").args(arguments).output().unwrap()
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
            ["set", &*file, &*seconds].as_slice(),
            &["all", &seconds],
            &["all", &given("SHA256")],
        ] {
            let output = make(&folder, arguments);
            assert!(!output.status.success(), "{arguments:?}: {output:?}");
        }
        let ran = folder.path("ran").exists();
        assert!(!ran, "{}\n{part} was run", this_test::alone());
    }
}

/// What there may be in target/.
const BUILT: [&str; 11] = [
    "guests/hash.elf",
    "purgatory-1.0.0.tar.xz",
    "purgatory-1.0.0.tar.xz.sha256",
    "purgatory-sha2.elf",
    "purgatory-sha2.map",
    "purgatory-sha2.ro",
    "purgatory-sha2.spdx",
    "purgatory.elf",
    "purgatory.map",
    "purgatory.ro",
    "purgatory.spdx",
];

/// Those of them that are there.
fn left(folder: &Folder) -> Vec<&'static str> {
    let is_there = |name: &&str| folder.path("target").join(name).exists();
    BUILT.into_iter().filter(is_there).collect()
}

#[rstest]
#[case::the_image(&["all"], 7..11)]
#[case::the_other(&["all", "SHA256=sha2"], 3..7)]
#[case::the_other_by_its_target(&["sha2"], 3..7)]
#[case::the_guests(&["guests"], 0..1)]
fn only_what_a_target_makes_is_gone_when_it_fails(
    #[case] arguments: &[&str],
    #[case] made: Range<usize>,
) {
    let folder = Folder::new();
    fs::create_dir_all(folder.path("target/guests")).unwrap();
    // Without tests there is no target `guests`.
    fs::create_dir(folder.path("tests")).unwrap();
    for name in BUILT {
        fs::write(folder.path("target").join(name), "good").unwrap();
    }
    for wrong in ["ON_FAILURE=10s", "ON_FAILURE=", "SHA256=sha3", "TO=x"] {
        let output = make_with(&folder, "exit 2", &[arguments, &[wrong]].concat());
        assert!(!output.status.success(), "{wrong}");
        assert_eq!(left(&folder), BUILT, "{wrong}");
    }
    assert!(!make_with(&folder, "exit 101", arguments).status.success());
    let expected = [&BUILT[..made.start], &BUILT[made.end..]].concat();
    assert_eq!(left(&folder), expected);
}

#[test]
fn a_typo_is_an_error_of_usage_before_anything_is_begun() {
    let folder = Folder::new();
    for wrong in ["--on-failure=10s", "--sha256=sha3", "--frob", "--to=x"] {
        let output = folder.tool(&["image", wrong]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{wrong}: {output:?}");
    }
}

/// It would look as if it had been heeded.
#[rstest]
#[case(&["unpatch", "KEXEC=k", "TO=x"], "TO")]
#[case(&["set", "FILE=f", "ON_FAILURE=1", "RO=x"], "RO")]
#[case(&["info", "FILE=f", "ON_FAILURE=1"], "ON_FAILURE")]
#[case(&["patch", "FILE=f"], "FILE")]
#[case(&["patch", "KEXEC=k", "ARGS=x"], "ARGS")]
#[case(&["install", "ON_FAILURE=1"], "ON_FAILURE")]
#[case(&["test", "ON_FAILURE=1"], "ON_FAILURE")]
#[case(&["demo", "SHA256=sha2"], "SHA256")]
#[case(&["fuzz", "SAMPLE=all"], "SAMPLE")]
#[case(&["prove-all", "SEED=1"], "SEED")]
#[case(&["KEXEC=/sbin/kexec"], "KEXEC")]
fn a_variable_that_means_nothing_to_a_target_is_an_error(
    #[case] arguments: &[&str],
    #[case] name: &str,
) {
    let folder = Folder::new();
    let output = make(&folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        error.contains(&format!(": {name}=… means nothing to it.")),
        "{error}"
    );
}

#[test]
fn before_anything_is_built_there_is_nothing_to_install() {
    let folder = Folder::new();
    let place = format!("DESTDIR={}", folder.path("place").display());
    let output = make(&folder, &["install", &place]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && !folder.path("place").exists());
    assert!(
        error.contains("no target/purgatory.ro: run make first"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 2, "{error}");
}

#[test]
fn a_line_says_that_xtask_is_compiled_where_it_was_not() {
    let folder = Folder::new();
    let says = |folder| String::from_utf8(make_with(folder, "echo cargo runs", &["all"]).stdout);
    let first = says(&folder).unwrap();
    let line = first.find("First xtask is compiled").expect(&first);
    assert!(line < first.find("cargo runs").unwrap(), "{first}");
    let directory = TOOL.parent().unwrap().parent().unwrap();
    let host = directory.file_name().unwrap().to_str().unwrap();
    let directory = folder.path("target").join(host).join("debug");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("xtask"), "").unwrap();
    let again = says(&folder).unwrap();
    assert!(!again.contains("First"), "{again}");
}
