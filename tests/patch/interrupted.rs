// SPDX-License-Identifier: MIT OR Apache-2.0

//! A full disk, and a signal at any time: at its name kexec is as it was, or patched.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::folder::{BACKUP, Folder, KEXEC, RO, TOOL, debian};
use purgatory_test_harness::linux::Suite;

const PATCH: &[&str] = &["patch", KEXEC, "--ro", RO];
const SIGKILL: i32 = 9;
const SIGXFSZ: i32 = 25;

/// Moments at which it is killed.
const KILLS: u32 = 60;

/// A shell that lets no file get longer than half a kexec.
fn limited(folder: &Folder, first: &str) -> Command {
    let mut shell = Command::new("bash");
    shell.current_dir(&folder.0).arg("-c");
    shell
        .arg(format!("{first} ulimit -f 100; exec \"$0\" \"$@\""))
        .arg(&*TOOL)
        .args(PATCH);
    shell
}

#[test]
fn on_a_full_disk_nothing_has_changed() {
    let folder = Folder::new();
    let before = folder.snapshot();
    // Without the signal a write beyond the limit fails, as one beyond the disk does.
    let output = limited(&folder, "trap '' XFSZ;").output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        error.contains("/.kexec.") && error.contains("File too large"),
        "{error}"
    );
    assert_eq!(folder.snapshot(), before);
}

#[test]
fn a_signal_in_the_middle_of_a_write_leaves_kexec_as_it_was() {
    let folder = Folder::new();
    let before = folder.snapshot();
    let status = limited(&folder, "ulimit -c 0;").status().unwrap();
    assert_eq!(status.signal(), Some(SIGXFSZ));
    let mut after = folder.snapshot();
    after.retain(|path, _| path.extension().is_none_or(|extension| extension != "new"));
    assert_eq!(after, before);
    folder.patch();
}

#[test]
fn killed_at_any_time_kexec_is_whole_and_can_be_patched_and_undone() {
    let original = debian(Suite::Bookworm);
    let folder = Folder::new();
    let start = Instant::now();
    folder.patch();
    let takes = start.elapsed();
    let patched = folder.read(KEXEC);
    let (mut killed, mut before, mut after) = (0, 0, 0);
    for number in 0..KILLS {
        let folder = Folder::named(&format!("killed-{number}"));
        let mut child = folder.tool(PATCH).stdout(Stdio::null()).spawn().unwrap();
        sleep(takes * number / KILLS);
        let _ = child.kill();
        killed += u32::from(child.wait().unwrap().signal() == Some(SIGKILL));
        let now = folder.read(KEXEC);
        assert!(
            now == original || now == patched,
            "after {number}/{KILLS} of {takes:?}"
        );
        before += u32::from(now == original);
        after += u32::from(now == patched);
        if folder.path(BACKUP).exists() {
            assert!(
                folder.read(BACKUP) == original,
                "after {number}/{KILLS} of {takes:?}"
            );
        }
        folder.patch();
        assert!(folder.read(KEXEC) == patched);
        folder.succeeds(&["unpatch", KEXEC]);
        assert!(folder.read(KEXEC) == original);
        sleep(Duration::from_millis(1));
    }
    assert!(
        killed > KILLS / 4 && before > 0,
        "{killed} killed, {before} before, {after} after"
    );
}

#[test]
fn between_the_backup_and_the_new_kexec_one_can_go_on() {
    let folder = Folder::new();
    fs::hard_link(folder.path(KEXEC), folder.path(BACKUP)).unwrap();
    fs::write(folder.path(".kexec.1.new"), &folder.read(KEXEC)[..1000]).unwrap();
    let output = folder.tool(&["unpatch", KEXEC]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("is not patched"), "{error}");
    let original = folder.read(KEXEC);
    folder.patch();
    folder.succeeds(&["unpatch", KEXEC]);
    assert_eq!(folder.read(KEXEC), original);
}
