// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where others have a say: what they own, and where they may write.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rstest::rstest;
use rustix::process::{getegid, geteuid};

use crate::attributes::NOBODY;
use crate::debian::with_length;
use crate::folder::{BACKUP, COPY, Folder, KEXEC, PATCH, RO, SET, TOOL, UNPATCH};

#[rstest]
#[case::a_file_that_may_not_be_read(0o755, 0o600, &["kexec: Permission denied"])]
#[case::a_folder_that_may_not_be_written_to(0o555, 0o644, &[".new: Permission denied"])]
#[case::an_owner_that_cannot_be_kept(0o1777, 0o644, &[".new: the owner cannot be kept"])]
fn somebody_else(#[case] folder_mode: u32, #[case] mode: u32, #[case] words: &[&str]) {
    if !geteuid().is_root() && folder_mode == 0o1777 {
        return; // There is nobody else's file to be had.
    }
    let folder = Folder::new();
    let tool = folder.path("tool");
    // By another process: while we write a program, a child of another test may have it open too, and
    // then it cannot be run.
    let copied = Command::new("cp").args([&*TOOL, &tool]).status();
    assert!(copied.unwrap().success());
    folder.set_mode("tool", 0o755);
    folder.set_mode(KEXEC, mode);
    folder.set_mode("", folder_mode);
    let before = folder.snapshot();
    let mut command = Command::new(tool);
    command
        .current_dir(folder.path(""))
        .args(["patch", KEXEC, "--ro", RO]);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    } else if mode == 0o600 {
        folder.set_mode(KEXEC, 0);
    }
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for word in words {
        assert!(error.contains(word), "{word:?} is not said: {error}");
    }
    folder.set_mode("", 0o755);
    if geteuid().is_root() {
        assert_eq!(folder.snapshot(), before);
    }
}

/// A folder whose owner, or anyone who may write there, can exchange files while they are checked.
#[rstest]
#[case::somebody_elses(0o755, Some(NOBODY), None, "belongs to user 65534")]
#[case::everybodys(0o777, None, None, "is open to every user")]
#[case::a_groups(0o775, None, Some(NOBODY), "is open to group 65534")]
fn a_folder_that_others_may_write_to(
    #[values(PATCH, UNPATCH, SET, COPY)] arguments: &[&str],
    #[case] mode: u32,
    #[case] owner: Option<u32>,
    #[case] group: Option<u32>,
    #[case] words: &str,
) {
    if !geteuid().is_root() && (owner, group) != (None, None) {
        return; // It cannot be given away.
    }
    let folder = Folder::new();
    if [UNPATCH, SET].contains(&arguments) {
        folder.patch();
    }
    folder.set_mode("", mode);
    chown(folder.path(""), owner, group).unwrap();
    let before = folder.snapshot();
    let output = folder.tool(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{arguments:?}");
    let named = folder.path("").canonicalize().unwrap();
    let expected = format!("its folder {} {words}, ", named.display());
    assert!(error.contains(&expected), "{error}");
    assert_eq!(folder.snapshot(), before);

    // What is there may be read, and a copy of it written elsewhere.
    let elsewhere = Folder::new();
    let to = elsewhere.path("to");
    folder.succeeds(&["info", KEXEC]);
    folder.succeeds(&["patch", KEXEC, "--ro", RO, "--to", to.to_str().unwrap()]);
    // A sticky one is as good as one's own.
    if owner.is_none() {
        folder.set_mode("", 0o1000 | mode);
        folder.succeeds(arguments);
    }
}

#[test]
fn a_folder_of_ones_own_group_is_ones_own() {
    let folder = Folder::new();
    chown(folder.path(""), None, Some(getegid().as_raw())).unwrap();
    folder.set_mode("", 0o775);
    folder.patch();
}

#[test]
fn a_backup_of_another_owner_is_not_taken_for_what_was_there() {
    if !geteuid().is_root() {
        return;
    }
    let folder = Folder::new();
    folder.patch();
    folder.write(RO, &with_length(18_900));
    chown(folder.path(BACKUP), Some(NOBODY), None).unwrap();
    for arguments in [PATCH, UNPATCH] {
        let before = folder.snapshot();
        let output = folder.tool(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            error.contains("kexec.unpatched: belongs to user 65534, but "),
            "{error}"
        );
        assert_eq!(folder.snapshot(), before);
    }
}
