// SPDX-License-Identifier: MIT OR Apache-2.0

//! A name that another user gives to another file, and back, at any two of the calls that look
//! names up: what comes of it has contents, mode, owner and attributes of one file, not some of
//! each.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;
use std::process::Output;

use purgatory_test_harness::this_test;
use rstest::rstest;
use rustix::fs::{XattrFlags, getxattr, setxattr};
use rustix::process::geteuid;

use crate::attributes::NOBODY;
use crate::folder::{COPY, Folder, KEXEC, PATCH, RO, SET, succeeded};
use crate::interrupted::STEPS;

/// The file that a stranger has.
const OTHER: &str = "other";

/// A byte of neither program's purgatory, which tells them apart.
const MARK: usize = 199_000;

/// Whose a file is, by each of what it has.
fn owners(path: &Path) -> [bool; 4] {
    let metadata = fs::metadata(path).unwrap();
    let mut value = [0; 1];
    let attribute = getxattr(path, "user.strangers", &mut value).is_ok();
    [
        fs::read(path).unwrap()[MARK] == 0xee,
        metadata.mode() & 0o4000 == 0,
        attribute,
        // Only root can give a file away.
        if geteuid().is_root() {
            metadata.uid() == NOBODY
        } else {
            attribute
        },
    ]
}

/// One's own program may take anybody's rights, the stranger's may not.
fn folder(arguments: &[&str], linked: bool) -> Folder {
    let folder = Folder::new();
    folder.set_mode(KEXEC, 0o4755);
    if arguments == SET {
        folder.patch();
    }
    fs::copy(folder.path(KEXEC), folder.path(OTHER)).unwrap();
    folder.change(OTHER, |kexec| kexec[MARK] = 0xee);
    let path = folder.path(OTHER);
    setxattr(&path, "user.strangers", b"1", XattrFlags::empty()).unwrap();
    if geteuid().is_root() {
        chown(&path, Some(NOBODY), None).unwrap();
    }
    if linked {
        fs::rename(&path, folder.path("theirs")).unwrap();
        symlink("theirs", path).unwrap();
    }
    folder
}

/// Has the names exchanged before two calls that look one up.
fn exchanged(folder: &Folder, arguments: &[&str], calls: [usize; 2]) -> Output {
    let mut command = folder.tool(arguments);
    command.env("LD_PRELOAD", &*STEPS).env("NAMES", "");
    for (name, call) in ["STEP", "AGAIN"].into_iter().zip(calls) {
        command.env(name, call.to_string());
    }
    command.env("THEN", "exchange").output().unwrap()
}

#[rstest]
fn nothing_is_made_of_two_files(
    #[values(PATCH, COPY, SET)] arguments: &[&str],
    #[values(false, true)] linked: bool,
) {
    let undisturbed = exchanged(&folder(arguments, linked), arguments, [usize::MAX; 2]);
    succeeded(&undisturbed);
    let calls = String::from_utf8_lossy(&undisturbed.stderr);
    let calls: usize = calls.trim().trim_start_matches("calls: ").parse().unwrap();
    assert!(calls >= 7, "{calls} calls that look up a name");
    let mut written = 0;
    for first in 0..calls {
        for second in first + 1..=calls {
            let folder = folder(arguments, linked);
            let output = exchanged(&folder, arguments, [first, second]);
            written += usize::from(output.status.success());
            for name in folder.names() {
                let path = folder.path(&name);
                if name == RO || path.is_symlink() {
                    continue;
                }
                let owners = owners(&path);
                assert!(
                    owners == [false; 4] || owners == [true; 4],
                    "{}\nexchanged before calls {first} and {second}: of {name} contents, mode, \
                     attributes and owner are the stranger's: {owners:?}\n{output:?}",
                    this_test::alone()
                );
            }
        }
    }
    assert!(written > 0);
}
