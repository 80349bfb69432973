// SPDX-License-Identifier: MIT OR Apache-2.0

//! Images that are none of ours, or not as they were built.

use std::fs;
use std::process::Command;

use purgatory_test_harness::linux::Suite;

use super::{Case, instead, put_in, refused, spoil};
use crate::folder::{Folder, PATCH, RO, debian, image};
use crate::object::*;

const IMAGES: [Case; 19] = cases! {
    "no image": |f| instead(f, RO, |_| ()) => ["purgatory.ro: is not there: run make"];
    "a directory":
        |f| instead(f, RO, |p| fs::create_dir(p).unwrap()) => ["purgatory.ro: not a regular file"];
    "an empty image": |f| f.write(RO, b"") => ["purgatory.ro: ", "no 64-bit"];
    "a kexec": |f| f.write(RO, &debian(Suite::Bookworm)) => ["purgatory.ro: a kexec, not"];
    "the C purgatory": |f| f.write(RO, &c_purgatory()) => ["purgatory.ro: not this project's"];
    "a note of another package's": |f| {
        f.change(RO, |ro| {
            rename(ro, "\"name\":\"purgatory\"", "\"name\":\"purgatOry\"")
        })
    } => ["purgatory.ro: not this project's (no note of ours in it)"];
    "one for x86-64":
        |f| put_in(f, RO, E_MACHINE, &[62]) => ["purgatory.ro: for another machine (e_machine 62)"];
    "cut off":
        |f| f.change(RO, |ro| ro.truncate(18_000))
        => ["purgatory.ro: its section headers", "18000 bytes"];
    "bytes behind it":
        |f| f.change(RO, |ro| ro.push(0)) => ["purgatory.ro: 1 bytes behind its end"];
    "stripped": |f| strip(f, &[]) => ["purgatory.ro: it has no symbols: strip"];
    "grown": |f| strip(f, &["-g"]) => ["purgatory.ro has 25", "the place in it has 19104", "strip"];
    "too large for Debian's":
        |f| f.change(RO, grow) => ["the place in it has 19104 bytes", "has 19105"];
    "no entry":
        |f| f.change(RO, |ro| rename(ro, "purgatory_start", "purgatory_stop_"))
        => ["no symbol purgatory_start"];
    "an older interface":
        |f| f.change(RO, |ro| rename(ro, "on_failure", "on_success")) => ["no symbol on_failure"];
    "a symbol of another size":
        |f| spoil(f, RO, symbol, "skip_checks", ST_SIZE, &[8])
        => ["skip_checks has 8 bytes, not 4"];
    "a symbol among the zeros":
        |f| spoil(f, RO, symbol, "arm64_sink", ST_SHNDX, &[3, 0])
        => ["arm64_sink is in no section that is loaded"];
    "a symbol outside":
        |f| spoil(f, RO, symbol, "on_failure", ST_VALUE, &[0xff; 8]) => ["on_failure lies outside"];
    "a symbol that is local":
        |f| spoil(f, RO, symbol, "on_failure", ST_INFO, &[1]) => ["no symbol on_failure"];
    "relocations": |f| {
        f.change(RO, |ro| {
            let symtab = section(ro, ".symtab");
            let copy = ro[symtab..][..64].to_vec();
            let bss = section(ro, ".bss");
            put(ro, bss, &copy);
            put(ro, bss + SH_TYPE, [4]);
        })
    } => ["14 relocations"];
};

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
