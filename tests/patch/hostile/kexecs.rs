// SPDX-License-Identifier: MIT OR Apache-2.0

//! Files that are not a kexec, or a broken one.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use super::{Case, fifo, instead, put_in, put_in_object, refused, spoil};
use crate::folder::{INFO, KEXEC, PATCH, SET, UNPATCH, image};
use crate::object::*;

/// What is not a regular file, or could not be read as a whole.
const NO_FILE: [Case; 6] = cases! {
    "a kexec that is not there": |f| instead(f, KEXEC, |_| ()) => ["kexec: No such file"];
    "a directory":
        |f| instead(f, KEXEC, |p| fs::create_dir(p).unwrap()) => ["kexec: not a regular file"];
    "a FIFO": |f| instead(f, KEXEC, fifo) => ["kexec: not a regular file"];
    "a link to nothing":
        |f| instead(f, KEXEC, |p| symlink("nothing", p).unwrap()) => ["kexec: No such file"];
    "an empty kexec": |f| f.write(KEXEC, b"") => ["kexec: ", "no 64-bit little-endian ELF"];
    "3 GiB":
        |f| File::create(f.path(KEXEC)).unwrap().set_len(3 << 30).unwrap()
        => ["kexec: 3221225472 bytes"];
};

#[test]
fn a_kexec_that_is_no_file() {
    for arguments in [PATCH, UNPATCH, SET, INFO] {
        refused(arguments, &NO_FILE);
    }
}

/// Broken kexecs, which no command takes.
const BROKEN: [Case; 24] = cases! {
    "a script": |f| f.write(KEXEC, b"#!/bin/sh\n") => ["kexec: ", "no 64-bit little-endian ELF"];
    "an x86-64 kexec": |f| put_in(f, KEXEC, E_MACHINE, &[62]) => ["e_machine 62"];
    "a 32-bit kexec": |f| put_in(f, KEXEC, E_IDENT_CLASS, &[1]) => ["no 64-bit"];
    "a big-endian kexec": |f| put_in(f, KEXEC, E_IDENT_DATA, &[2]) => ["little-endian"];
    "a core file": |f| put_in(f, KEXEC, E_TYPE, &[4]) => ["e_type 4"];
    "program headers outside":
        |f| put_in(f, KEXEC, E_PHOFF, &[0xff; 8]) => ["program headers"];
    "none in it": |f| put_in_object(f, 0, &[0]) => ["no arm64 purgatory in it"];
    "one for x86-64": |f| put_in_object(f, E_MACHINE, &[62]) => ["no arm64 purgatory in it"];
    "two in it":
        |f| f.change(KEXEC, |k| k.extend(image()))
        => ["2 arm64 objects in it, at [120304, 200048]"];
    "one behind the segments": |f| {
        put_in_object(f, 0, &[0]);
        f.change(KEXEC, |k| k.extend(image()));
    } => ["the object at 200048 is in no segment"];
    "cut in the object": |f| f.change(KEXEC, |k| k.truncate(130_000)) => ["cut off", "130000"];
    "cut behind the object": |f| f.change(KEXEC, |k| k.truncate(196_000)) => ["cut off", "196000"];
    "e_shoff beyond the object":
        |f| put_in_object(f, E_SHOFF, &40_000u64.to_le_bytes()) => ["object at 120304"];
    "e_shoff beyond the file":
        |f| put_in_object(f, E_SHOFF, &(3u64 << 30).to_le_bytes()) => ["e_shoff 3221225472"];
    "e_shoff that wraps":
        |f| put_in_object(f, E_SHOFF, &[0xff; 8]) => ["e_shoff 18446744073709551615"];
    "e_shoff in the header": |f| put_in_object(f, E_SHOFF, &8u64.to_le_bytes()) => ["e_shoff 8,"];
    "no sections": |f| put_in_object(f, E_SHNUM, &[0, 0]) => ["e_shnum 0"];
    "65 535 sections":
        |f| put_in_object(f, E_SHNUM, &[0xff; 2]) => ["e_shnum 65535"];
    "section headers of 65 bytes":
        |f| put_in_object(f, E_SHENTSIZE, &[65]) => ["65 bytes (e_shentsize)"];
    "section headers of no bytes":
        |f| put_in_object(f, E_SHENTSIZE, &[0]) => ["0 bytes (e_shentsize)"];
    "a section beyond the object":
        |f| spoil(f, KEXEC, section, ".text", SH_SIZE, &19_200u32.to_le_bytes())
        => ["object at 120304: section 1 ", "sh_size 19200"];
    "a section that wraps":
        |f| spoil(f, KEXEC, section, ".text", SH_OFFSET, &[0xff; 8])
        => ["section 1 ", "sh_offset 18446744073709551615"];
    "no entry":
        |f| spoil(f, KEXEC, symbol, "purgatory_start", ST_INFO, &[2])
        => ["no symbol purgatory_start"];
    "a digest of 31 bytes":
        |f| spoil(f, KEXEC, symbol, "sha256_digest", ST_SIZE, &[31])
        => ["sha256_digest has 31 bytes, not 32"];
};

#[test]
fn a_broken_kexec() {
    for arguments in [PATCH, UNPATCH, INFO] {
        refused(arguments, &BROKEN);
    }
    // What is not ours is refused for that, whatever its symbols are.
    refused(SET, &BROKEN[..BROKEN.len() - 2]);
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
