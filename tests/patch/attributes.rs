// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a file is besides its bytes, and who may change it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rstest::rstest;
use rustix::fs::{XattrFlags, getxattr, setxattr};
use rustix::process::geteuid;

use crate::folder::{BACKUP, Folder, KEXEC, RO, TOOL};

/// Whom nothing belongs to.
const NOBODY: u32 = 65_534;

#[rstest]
fn mode_owner_and_extended_attributes_stay(
    #[values(&["patch", KEXEC, "--ro", RO], &["patch", KEXEC, "--ro", RO, "--to", "to"], &["set", RO, "--on-failure=1"])]
    arguments: &[&str],
) {
    let folder = Folder::new();
    let from = folder.path(arguments[1]);
    // Only root can give a file away.
    if geteuid().is_root() {
        chown(&from, Some(1), Some(2)).unwrap();
    }
    fs::set_permissions(&from, Permissions::from_mode(0o4750)).unwrap();
    let name = "user.purgatory";
    setxattr(&from, name, b"kept", XattrFlags::empty()).unwrap();
    let before = fs::metadata(&from).unwrap();

    folder.succeeds(arguments);
    let to = folder.path(if arguments.ends_with(&["to"]) {
        "to"
    } else {
        arguments[1]
    });
    let after = fs::metadata(&to).unwrap();
    let of = |metadata: &fs::Metadata| (metadata.mode(), metadata.uid(), metadata.gid());
    assert_eq!(of(&after), of(&before));
    let mut value = [0; 4];
    assert_eq!(getxattr(&to, name, &mut value), Ok(4));
    assert_eq!(&value, b"kept");
}

#[test]
fn behind_a_symbolic_link_the_program_is_patched_and_the_link_stays() {
    let folder = Folder::new();
    fs::create_dir(folder.path("sbin")).unwrap();
    symlink("../kexec", folder.path("sbin/kexec")).unwrap();
    folder.succeeds(&["patch", "sbin/kexec", "--ro", RO]);
    assert_eq!(
        fs::read_link(folder.path("sbin/kexec")).unwrap().to_str(),
        Some("../kexec")
    );
    let names = folder.names();
    assert_eq!(names, [KEXEC, BACKUP, RO, "sbin"]);
    folder.succeeds(&["unpatch", "sbin/kexec"]);
    assert_eq!(folder.names(), [KEXEC, RO, "sbin"]);
}

#[rstest]
#[case::a_file_that_may_not_be_read(0o755, 0o600, &["kexec: Permission denied"])]
#[case::a_folder_that_may_not_be_written_to(0o555, 0o644, &[".new: Permission denied"])]
#[case::an_owner_that_cannot_be_kept(0o777, 0o644, &[".new: the owner cannot be kept"])]
fn somebody_else(#[case] folder_mode: u32, #[case] mode: u32, #[case] words: &[&str]) {
    if !geteuid().is_root() && folder_mode == 0o777 {
        return; // There is nobody else's file to be had.
    }
    let folder = Folder::new();
    let tool = folder.path("tool");
    // By another process: while we write a program, a child of another test may have it open too, and
    // then it cannot be run.
    let copied = Command::new("cp").args([&*TOOL, &tool]).status();
    assert!(copied.unwrap().success());
    fs::set_permissions(&tool, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(folder.path(KEXEC), Permissions::from_mode(mode)).unwrap();
    fs::set_permissions(&folder.0, Permissions::from_mode(folder_mode)).unwrap();
    let before = folder.snapshot();
    let mut command = Command::new(tool);
    command
        .current_dir(&folder.0)
        .args(["patch", KEXEC, "--ro", RO]);
    if geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    } else if mode == 0o600 {
        fs::set_permissions(folder.path(KEXEC), Permissions::from_mode(0o000)).unwrap();
    }
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for word in words {
        assert!(error.contains(word), "{word:?} is not said: {error}");
    }
    fs::set_permissions(&folder.0, Permissions::from_mode(0o755)).unwrap();
    if geteuid().is_root() {
        assert_eq!(folder.snapshot(), before);
    }
}
