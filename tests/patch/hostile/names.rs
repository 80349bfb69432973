// SPDX-License-Identifier: MIT OR Apache-2.0

//! Names that something else has: the copy's and the backup's.

use std::fs;
use std::os::unix::fs::symlink;

use purgatory_test_harness::linux::Suite;

use super::{Case, fifo, put_in, refused};
use crate::debian::with_length;
use crate::folder::{BACKUP, COPY, KEXEC, PATCH, RO, UNPATCH, debian};

#[test]
fn a_copy_that_cannot_get_its_name() {
    let cases: [Case; 4] = cases! {
        "a directory": |f| fs::create_dir(f.path("to")).unwrap() => ["to: is not a regular file"];
        "a link": |f| symlink(KEXEC, f.path("to")).unwrap() => ["to: is not a regular file"];
        "a link to nothing":
            |f| symlink("nothing", f.path("to")).unwrap() => ["to: is not a regular file"];
        "a FIFO": |f| fifo(&f.path("to")) => ["to: is not a regular file"];
    };
    refused(COPY, &cases);
    refused(&["set", RO, "--on-failure=1", "--to", "to"], &cases);
    let itself: [Case; 1] = [("the file itself", |_| (), &["kexec: TO is the file itself"])];
    refused(&["patch", KEXEC, "--ro", RO, "--to", "./kexec"], &itself);
    let backup: [Case; 1] = [(
        "the backup",
        |f| drop(f.patch()),
        &["kexec.unpatched: is what unpatch needs"],
    )];
    refused(&["patch", KEXEC, "--ro", RO, "--to", BACKUP], &backup);
    let nowhere: [Case; 1] = [("no folder", |_| (), &["nowhere/", "No such file"])];
    refused(
        &["patch", KEXEC, "--ro", RO, "--to", "nowhere/kexec"],
        &nowhere,
    );
}

#[test]
fn a_backup_of_something_else() {
    let cases: [Case; 5] = cases! {
        "of another release":
            |f| f.write(BACKUP, &debian(Suite::Trixie)) => ["kexec.unpatched: is of another kexec"];
        "of one that was changed elsewhere": |f| {
            f.write(BACKUP, &debian(Suite::Bookworm));
            put_in(f, BACKUP, 199_000, &[0xee]);
        } => ["kexec.unpatched: is of another kexec"];
        "of nothing": |f| f.write(BACKUP, b"") => ["kexec.unpatched: ", "no 64-bit"];
        "a directory":
            |f| fs::create_dir(f.path(BACKUP)).unwrap()
            => ["kexec.unpatched: is not a regular file"];
        "a link":
            |f| symlink(RO, f.path(BACKUP)).unwrap() => ["kexec.unpatched: is not a regular file"];
    };
    refused(PATCH, &cases);
    // Of a patched one, which is about to be patched again or undone.
    let cases: [Case; 2] = cases! {
        "of another release": |f| {
            f.patch();
            f.write(RO, &with_length(18_900));
            f.write(BACKUP, &debian(Suite::Trixie));
        } => ["kexec.unpatched: is of another kexec"];
        "of this one, changed elsewhere": |f| {
            f.patch();
            f.write(RO, &with_length(18_900));
            put_in(f, BACKUP, 199_000, &[0xee]);
        } => ["kexec.unpatched: is of another kexec"];
    };
    refused(PATCH, &cases);
    refused(UNPATCH, &cases);
}

#[test]
fn nothing_to_undo() {
    let cases: [Case; 2] = cases! {
        "not patched": |_| () => ["kexec: is not patched, it has kexec-tools' own"];
        "no backup": |f| {
            f.patch();
            fs::remove_file(f.path(BACKUP)).unwrap();
        } => ["kexec: there is no ", "kexec.unpatched"];
    };
    refused(UNPATCH, &cases);
}
