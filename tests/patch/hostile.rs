// SPDX-License-Identifier: MIT OR Apache-2.0

//! What nobody should have: refused by a message that names it, and everything is as before.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;

use purgatory_test_harness::linux::Suite;
use purgatory_test_harness::this_test;

use crate::folder::{BACKUP, Folder, KEXEC, RO, debian, image};
use crate::object::*;

/// What is wrong, how it is made so, and what the message has to say.
type Case = (&'static str, fn(&Folder), &'static [&'static str]);

const PATCH: &[&str] = &["patch", KEXEC, "--ro", RO];
const UNPATCH: &[&str] = &["unpatch", KEXEC];
const SET: &[&str] = &["set", KEXEC, "--on-failure=1"];
const INFO: &[&str] = &["info", KEXEC];

/// Each case in a folder of its own; all that fail are told.
#[track_caller]
fn refused(arguments: &[&str], cases: &[Case]) {
    let mut wrong = String::new();
    for (number, (what, make, words)) in cases.iter().enumerate() {
        let folder = Folder::named(&format!("{}-{number}", this_test::file_name()));
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
fn instead(folder: &Folder, name: &str, make: impl FnOnce(&std::path::Path)) {
    fs::remove_file(folder.path(name)).unwrap();
    make(&folder.path(name));
}

fn fifo(path: &std::path::Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

const NO_FILE: [Case; 6] = [
    (
        "a kexec that is not there",
        |f| instead(f, KEXEC, |_| ()),
        &["kexec: No such file"],
    ),
    (
        "a directory",
        |f| instead(f, KEXEC, |p| fs::create_dir(p).unwrap()),
        &["kexec: no regular file"],
    ),
    (
        "a FIFO",
        |f| instead(f, KEXEC, fifo),
        &["kexec: no regular file"],
    ),
    (
        "a link to nothing",
        |f| instead(f, KEXEC, |p| symlink("nothing", p).unwrap()),
        &["kexec: No such file"],
    ),
    (
        "an empty kexec",
        |f| f.write(KEXEC, b""),
        &["kexec: ", "no 64-bit little-endian ELF"],
    ),
    (
        "3 GiB",
        |f| {
            File::create(f.path(KEXEC))
                .unwrap()
                .set_len(3 << 30)
                .unwrap()
        },
        &["kexec: 3221225472 bytes"],
    ),
];

#[test]
fn a_kexec_that_is_no_file() {
    for arguments in [PATCH, UNPATCH, SET, INFO] {
        refused(arguments, &NO_FILE);
    }
}

/// Broken kexecs, which no command takes.
const BROKEN: [Case; 24] = [
    (
        "a script",
        |f| f.write(KEXEC, b"#!/bin/sh\n"),
        &["kexec: ", "no 64-bit little-endian ELF"],
    ),
    (
        "an x86-64 kexec",
        |f| put_in(f, KEXEC, E_MACHINE, &[62]),
        &["e_machine 62"],
    ),
    (
        "a 32-bit kexec",
        |f| put_in(f, KEXEC, E_IDENT_CLASS, &[1]),
        &["no 64-bit"],
    ),
    (
        "a big-endian kexec",
        |f| put_in(f, KEXEC, E_IDENT_DATA, &[2]),
        &["little-endian"],
    ),
    (
        "a core file",
        |f| put_in(f, KEXEC, E_TYPE, &[4]),
        &["e_type 4"],
    ),
    (
        "program headers outside",
        |f| put_in(f, KEXEC, E_PHOFF, &[0xff; 8]),
        &["program headers"],
    ),
    (
        "none in it",
        |f| put_in_object(f, 0, &[0]),
        &["no arm64 purgatory in it"],
    ),
    (
        "one for x86-64",
        |f| put_in_object(f, E_MACHINE, &[62]),
        &["no arm64 purgatory in it"],
    ),
    (
        "two in it",
        |f| f.change(KEXEC, |k| k.extend(image())),
        &["2 arm64 objects in it, at [120304, 200048]"],
    ),
    (
        "one behind the segments",
        |f| {
            put_in_object(f, 0, &[0]);
            f.change(KEXEC, |k| k.extend(image()));
        },
        &["the object at 200048 is in no segment"],
    ),
    (
        "cut in the object",
        |f| f.change(KEXEC, |k| k.truncate(130_000)),
        &["cut off", "130000"],
    ),
    (
        "cut behind the object",
        |f| f.change(KEXEC, |k| k.truncate(196_000)),
        &["cut off", "196000"],
    ),
    (
        "e_shoff beyond the object",
        |f| put_in_object(f, E_SHOFF, &40_000u64.to_le_bytes()),
        &["object at 120304"],
    ),
    (
        "e_shoff beyond the file",
        |f| put_in_object(f, E_SHOFF, &(3u64 << 30).to_le_bytes()),
        &["e_shoff 3221225472"],
    ),
    (
        "e_shoff that wraps",
        |f| put_in_object(f, E_SHOFF, &[0xff; 8]),
        &["e_shoff 18446744073709551615"],
    ),
    (
        "e_shoff in the header",
        |f| put_in_object(f, E_SHOFF, &8u64.to_le_bytes()),
        &["e_shoff 8,"],
    ),
    (
        "no sections",
        |f| put_in_object(f, E_SHNUM, &[0, 0]),
        &["e_shnum 0"],
    ),
    (
        "65 535 sections",
        |f| put_in_object(f, E_SHNUM, &[0xff; 2]),
        &["e_shnum 65535"],
    ),
    (
        "section headers of 65 bytes",
        |f| put_in_object(f, E_SHENTSIZE, &[65]),
        &["65 bytes (e_shentsize)"],
    ),
    (
        "section headers of no bytes",
        |f| put_in_object(f, E_SHENTSIZE, &[0]),
        &["0 bytes (e_shentsize)"],
    ),
    (
        "a section beyond the object",
        |f| {
            spoil(
                f,
                KEXEC,
                section,
                ".text",
                SH_SIZE,
                &19_200u32.to_le_bytes(),
            )
        },
        &["object at 120304: section 1 ", "sh_size 19200"],
    ),
    (
        "a section that wraps",
        |f| spoil(f, KEXEC, section, ".text", SH_OFFSET, &[0xff; 8]),
        &["section 1 ", "sh_offset 18446744073709551615"],
    ),
    (
        "no entry",
        |f| spoil(f, KEXEC, symbol, "purgatory_start", ST_INFO, &[2]),
        &["no symbol purgatory_start"],
    ),
    (
        "a digest of 31 bytes",
        |f| spoil(f, KEXEC, symbol, "sha256_digest", ST_SIZE, &[31]),
        &["sha256_digest has 31 bytes, not 32"],
    ),
];

#[test]
fn a_broken_kexec() {
    for arguments in [PATCH, UNPATCH, INFO] {
        refused(arguments, &BROKEN);
    }
    // What is not ours is refused for that, whatever its symbols are.
    refused(SET, &BROKEN[..BROKEN.len() - 2]);
}

/// Images that are none of ours, or not as they were built.
const IMAGES: [Case; 18] = [
    (
        "no image",
        |f| instead(f, RO, |_| ()),
        &["purgatory.ro", "run make", "No such file"],
    ),
    (
        "a directory",
        |f| instead(f, RO, |p| fs::create_dir(p).unwrap()),
        &["purgatory.ro: no regular file"],
    ),
    (
        "an empty image",
        |f| f.write(RO, b""),
        &["purgatory.ro: ", "no 64-bit"],
    ),
    (
        "a kexec",
        |f| f.write(RO, &debian(Suite::Bookworm)),
        &["purgatory.ro: a kexec, not"],
    ),
    (
        "the C purgatory",
        |f| f.write(RO, &c_purgatory()),
        &["purgatory.ro: not this project's"],
    ),
    (
        "one for x86-64",
        |f| put_in(f, RO, E_MACHINE, &[62]),
        &["purgatory.ro: for another machine (e_machine 62)"],
    ),
    (
        "cut off",
        |f| f.change(RO, |ro| ro.truncate(18_000)),
        &["purgatory.ro: its section headers", "18000 bytes"],
    ),
    (
        "bytes behind it",
        |f| f.change(RO, |ro| ro.push(0)),
        &["purgatory.ro: 1 bytes behind its end"],
    ),
    (
        "stripped",
        |f| strip(f, &[]),
        &["purgatory.ro: it has no symbols: strip"],
    ),
    (
        "grown",
        |f| strip(f, &["-g"]),
        &["purgatory.ro has 25", "the place in it has 19104", "strip"],
    ),
    (
        "too large for Debian's",
        |f| f.change(RO, grow),
        &["the place in it has 19104 bytes", "has 19105"],
    ),
    (
        "no entry",
        |f| f.change(RO, |ro| rename(ro, "purgatory_start", "purgatory_stop_")),
        &["no symbol purgatory_start"],
    ),
    (
        "an older interface",
        |f| f.change(RO, |ro| rename(ro, "on_failure", "on_success")),
        &["no symbol on_failure"],
    ),
    (
        "a symbol of another size",
        |f| spoil(f, RO, symbol, "skip_checks", ST_SIZE, &[8]),
        &["skip_checks has 8 bytes, not 4"],
    ),
    (
        "a symbol among the zeros",
        |f| spoil(f, RO, symbol, "arm64_sink", ST_SHNDX, &[3, 0]),
        &["arm64_sink is in no section that is loaded"],
    ),
    (
        "a symbol outside",
        |f| spoil(f, RO, symbol, "on_failure", ST_VALUE, &[0xff; 8]),
        &["on_failure lies outside"],
    ),
    (
        "a symbol that is local",
        |f| spoil(f, RO, symbol, "on_failure", ST_INFO, &[1]),
        &["no symbol on_failure"],
    ),
    (
        "relocations",
        |f| {
            f.change(RO, |ro| {
                let symtab = section(ro, ".symtab");
                let copy = ro[symtab..][..64].to_vec();
                let bss = section(ro, ".bss");
                put(ro, bss, &copy);
                put(ro, bss + SH_TYPE, [4]);
            })
        },
        &["12 relocations"],
    ),
];

fn c_purgatory() -> Vec<u8> {
    let kexec = debian(Suite::Bookworm);
    kexec[start(&kexec)..][..length(&kexec)].to_vec()
}

fn grow(ro: &mut Vec<u8>) {
    let at = u64::from_le_bytes(ro[E_SHOFF..][..8].try_into().unwrap()) as usize;
    let more = 19_105 - ro.len();
    ro.splice(at..at, vec![0; more]);
    put(ro, E_SHOFF, ((at + more) as u64).to_le_bytes());
}

fn strip(folder: &Folder, options: &[&str]) {
    let mut strip = Command::new("aarch64-linux-gnu-strip");
    let status = strip.args(options).arg(folder.path(RO)).status();
    assert!(status.unwrap().success());
}

#[test]
fn an_image_that_is_not_ours_or_not_whole() {
    refused(PATCH, &IMAGES);
    let of_these = |what| *IMAGES.iter().find(|case| case.0 == what).unwrap();
    let cases = [
        "one for x86-64",
        "cut off",
        "stripped",
        "an older interface",
    ]
    .map(of_these);
    refused(&["set", RO, "--on-failure=1"], &cases);
}

#[test]
fn a_purgatory_that_kexec_cannot_load_is_told_by_the_exit_code_too() {
    let folder = Folder::new();
    strip(&folder, &[]);
    let output = folder.tool(&["info", RO]).output().unwrap();
    let says = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    assert!(says.contains("none: strip has taken them"), "{says}");
    folder.write(RO, &image());
    strip(&folder, &["-g"]);
    let says = folder.succeeds(&["info", RO]);
    assert!(says.contains("rewritten by strip"), "{says}");
}

#[test]
fn a_purgatory_ro_is_no_kexec() {
    let as_kexec: Case = (
        "an image",
        |f| f.write(KEXEC, &image()),
        &["kexec: a purgatory.ro, not a kexec"],
    );
    refused(PATCH, &[as_kexec]);
    refused(UNPATCH, &[as_kexec]);
}

#[test]
fn on_failure_of_a_purgatory_that_has_none() {
    let cases: [Case; 1] = [("the C purgatory", |_| (), &["kexec: not this project's"])];
    refused(&["set", KEXEC, "--on-failure=1"], &cases);
}

#[test]
fn a_copy_that_cannot_get_its_name() {
    let cases: [Case; 4] = [
        (
            "a directory",
            |f| fs::create_dir(f.path("to")).unwrap(),
            &["to: is no regular file"],
        ),
        (
            "a link",
            |f| symlink(KEXEC, f.path("to")).unwrap(),
            &["to: is no regular file"],
        ),
        (
            "a link to nothing",
            |f| symlink("nothing", f.path("to")).unwrap(),
            &["to: is no regular file"],
        ),
        (
            "a FIFO",
            |f| fifo(&f.path("to")),
            &["to: is no regular file"],
        ),
    ];
    refused(&["patch", KEXEC, "--ro", RO, "--to", "to"], &cases);
    refused(&["set", RO, "--on-failure=1", "--to", "to"], &cases);
    let fine: [Case; 1] = [("", |_| (), &["kexec: TO is the file itself"])];
    refused(&["patch", KEXEC, "--ro", RO, "--to", "./kexec"], &fine);
    let nowhere: [Case; 1] = [("no folder", |_| (), &["nowhere/", "No such file"])];
    refused(
        &["patch", KEXEC, "--ro", RO, "--to", "nowhere/kexec"],
        &nowhere,
    );
}

#[test]
fn a_backup_of_something_else() {
    let cases: [Case; 5] = [
        (
            "of another release",
            |f| f.write(BACKUP, &debian(Suite::Trixie)),
            &["kexec.unpatched: is of another kexec"],
        ),
        (
            "of one that was changed elsewhere",
            |f| {
                f.write(BACKUP, &debian(Suite::Bookworm));
                put_in(f, BACKUP, 199_000, &[0xee]);
            },
            &["kexec.unpatched: is of another kexec"],
        ),
        (
            "of nothing",
            |f| f.write(BACKUP, b""),
            &["kexec.unpatched: ", "no 64-bit"],
        ),
        (
            "a directory",
            |f| fs::create_dir(f.path(BACKUP)).unwrap(),
            &["kexec.unpatched: is no regular file"],
        ),
        (
            "a link",
            |f| symlink(RO, f.path(BACKUP)).unwrap(),
            &["kexec.unpatched: is no regular file"],
        ),
    ];
    refused(PATCH, &cases);
    // Of a patched one, which is about to be patched again or undone.
    let cases: [Case; 2] = [
        (
            "of another release",
            |f| {
                f.patch();
                f.succeeds(SET);
                f.write(BACKUP, &debian(Suite::Trixie));
            },
            &["kexec.unpatched: is of another kexec"],
        ),
        (
            "of this one, changed elsewhere",
            |f| {
                f.patch();
                f.succeeds(SET);
                put_in(f, BACKUP, 199_000, &[0xee]);
            },
            &["kexec.unpatched: is of another kexec"],
        ),
    ];
    refused(PATCH, &cases);
    refused(UNPATCH, &cases);
}

#[test]
fn nothing_to_undo() {
    let cases: [Case; 2] = [
        (
            "not patched",
            |_| (),
            &["kexec: is not patched, it has kexec-tools' own"],
        ),
        (
            "no backup",
            |f| {
                f.patch();
                fs::remove_file(f.path(BACKUP)).unwrap();
            },
            &["kexec: there is no ", "kexec.unpatched"],
        ),
    ];
    refused(UNPATCH, &cases);
}
