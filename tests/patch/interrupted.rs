// SPDX-License-Identifier: MIT OR Apache-2.0

//! Killed, or out of space, at any step: at its name kexec is as it was, or patched.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use purgatory_test_harness::linux::Suite;
use purgatory_test_harness::root;
use rstest::rstest;

use crate::folder::{
    BACKUP, COPY, Folder, KEXEC, PATCH, SET, Snapshot, TOOL, UNPATCH, debian, image, succeeded,
};

const SIGKILL: i32 = 9;
const SIGXFSZ: i32 = 25;

/// The step of patching before which the new file is written and not yet on the disk.
const WRITTEN: usize = 3;

/// What `tests/patch/steps.c` becomes.
pub static STEPS: LazyLock<PathBuf> = LazyLock::new(|| {
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("steps.so");
    let mut gcc = Command::new("gcc");
    gcc.args(["-shared", "-fPIC", "-o"]).arg(&library);
    succeeded(
        &gcc.arg(root().join("tests/patch/steps.c"))
            .output()
            .unwrap(),
    );
    library
});

/// Does something before a step of a command.
fn at_step(folder: &Folder, arguments: &[&str], step: usize, then: &str) -> Output {
    let mut command = folder.tool(arguments);
    command.env("LD_PRELOAD", &*STEPS);
    command.env("STEP", step.to_string()).env("THEN", then);
    command.output().unwrap()
}

/// Returns a folder in which this command has something to do.
fn before(arguments: &[&str]) -> Folder {
    let folder = Folder::new();
    if [SET, UNPATCH].contains(&arguments) {
        folder.patch();
    }
    folder
}

/// Runs a command once for each of its steps, in a folder of its own.
fn at_each_step(arguments: &[&str], then: &str) -> Vec<(Folder, Snapshot, Output)> {
    let mut runs = Vec::new();
    loop {
        let folder = before(arguments);
        let snapshot = folder.snapshot();
        let output = at_step(&folder, arguments, runs.len(), then);
        if output.status.success() {
            return runs;
        }
        runs.push((folder, snapshot, output));
    }
}

#[rstest]
#[case::patch(PATCH, 7)]
#[case::copy(COPY, 6)]
#[case::set(SET, 6)]
#[case::unpatch(UNPATCH, 2)]
fn killed_at_any_step(#[case] arguments: &[&str], #[case] steps: usize) {
    let complete = before(arguments);
    complete.succeeds(arguments);
    let debian = debian(Suite::Bookworm);
    let runs = at_each_step(arguments, "kill");
    assert_eq!(runs.len(), steps);
    for (number, (folder, before, output)) in runs.iter().enumerate() {
        assert_eq!(output.status.signal(), Some(SIGKILL));
        for (name, is_old) in [(KEXEC, true), ("to", false)] {
            let Some(now) = folder.snapshot().remove(&folder.path(name)) else {
                assert!(!is_old, "{name} is gone at step {number}");
                continue;
            };
            let old = before.get(&folder.path(name)).map(|file| &file.3);
            let whole = old == Some(&now.3) || now.3 == complete.read(name);
            assert!(whole, "{name} is neither old nor new at step {number}");
        }
        if folder.path(BACKUP).exists() {
            assert!(folder.read(BACKUP) == debian, "step {number}");
        } else {
            assert!(folder.read(KEXEC) == debian, "step {number}");
        }
        folder.patch();
        folder.succeeds(&["unpatch", KEXEC]);
        assert!(folder.read(KEXEC) == debian, "step {number}");
    }
}

#[rstest]
#[case::patch(PATCH)]
#[case::copy(COPY)]
#[case::set(SET)]
#[case::unpatch(UNPATCH)]
fn without_space_at_any_step(#[case] arguments: &[&str]) {
    let mut runs = at_each_step(arguments, "fail");
    // The last one is to keep the new names, and comes when all is done.
    let (folder, _, last) = runs.pop().unwrap();
    assert!(!folder.names().iter().any(|name| name.ends_with(".new")));
    for (folder, before, output) in &runs {
        assert_eq!(&folder.snapshot(), before, "{output:?}");
    }
    for output in runs.iter().map(|run| &run.2).chain([&last]) {
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(": No space left on device"), "{error}");
    }
}

/// Who replaces kexec, patches it, or damages what is about to take its place.
#[rstest]
#[case::replaced("cp purgatory.ro new; mv new kexec", "kexec: has changed meanwhile", &image())]
#[case::patched("ln kexec kexec.unpatched", "kexec.unpatched: File exists", &debian(Suite::Bookworm))]
#[case::damaged("truncate -s 1000 .kexec.*", "reads back otherwise", &debian(Suite::Bookworm))]
fn somebody_else_is_at_work(#[case] work: &str, #[case] words: &str, #[case] kexec: &[u8]) {
    let folder = Folder::new();
    let output = at_step(&folder, PATCH, WRITTEN, work);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains(words), "{error}");
    assert!(folder.read(KEXEC) == kexec);
    assert!(!folder.names().iter().any(|name| name.ends_with(".new")));
}

/// With a limit of the system's own, and the signal that comes with it.
#[test]
fn killed_in_the_middle_of_a_write() {
    let folder = Folder::new();
    let before = folder.read(KEXEC);
    let mut shell = Command::new("bash");
    shell
        .current_dir(folder.path(""))
        .args(["-c", "ulimit -c 0 -f 100; exec \"$0\" \"$@\""]);
    let status = shell.arg(&*TOOL).args(PATCH).status().unwrap();
    assert_eq!(status.signal(), Some(SIGXFSZ));
    assert!(folder.read(KEXEC) == before && !folder.path(BACKUP).exists());
    folder.patch();
}
