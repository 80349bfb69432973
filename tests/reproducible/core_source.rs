// SPDX-License-Identifier: MIT OR Apache-2.0

//! `core`, ready-made and from its source.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use purgatory_test_harness::this_test::waived;

use crate::builds::{
    Build, ORDINARY, TARGET, checkout, fresh, root, script, text, xtask, xtask_image,
};
use crate::hostile::{CONFIGURATION, ENVIRONMENT};

/// With the compiler alone: of the hostile environment's cargo nothing is asked for that. Debug
/// information names the source as that of ready-made libraries does.
#[test]
fn core_compiled_from_its_source_is_the_same_wherever_that_is_done() {
    if waived("rust-src") {
        return;
    }
    let target_dir = fresh("source");
    let mut command = xtask_image(&root(), &target_dir);
    let build = Build::of(&target_dir, command.arg("--core=source"));
    assert!(build.compiled_core(), "{}", build.says);

    // The probe needs nothing that only ready-made libraries have.
    let mut command = xtask(&root(), &target_dir);
    let output = command.args(["--core=source", "probe"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));

    // What `make check` runs finds it too.
    for subcommand in ["clippy", "rustdoc"] {
        let mut command = xtask(&root(), &target_dir);
        command.args(["--core=source", "cargo", subcommand, "-p", "purgatory"]);
        command.args(["--features=firmware", "--bin=purgatory"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    let checkout = checkout("source, hostile", CONFIGURATION);
    let target_dir = checkout.join("target");
    let mut command = xtask_image(&checkout, &target_dir);
    let hostile = Build::of(&target_dir, command.arg("--core=source").envs(ENVIRONMENT));
    assert!(build.image == hostile.image);
    assert_eq!(build.sbom, hostile.sbom);

    let names = |path: &str| {
        let elf = fs::read(hostile.target_dir.join("purgatory.elf")).unwrap();
        elf.windows(path.len())
            .any(|bytes| bytes == path.as_bytes())
    };
    let (sysroot, commit) = compiler(&hostile);
    assert!(names(&format!("/rustc/{commit}/library/core/src")));
    for path in [&sysroot, &target_dir] {
        assert!(!names(path.to_str().unwrap()), "{}", path.display());
    }
}

/// Where a distribution has only the source, a compiler is made that has what was compiled from it.
#[test]
fn core_is_taken_from_the_installed_target() {
    let target_dir = fresh("installed");
    let mut command = xtask_image(&root(), &target_dir);
    if ORDINARY.compiled_core() {
        command.env("RUSTC", compiler_with_target(&ORDINARY));
    }
    let build = Build::of(&target_dir, command.arg("--core=installed"));
    let expected = "`core` from the installed target";
    assert!(build.says.contains(expected), "{}", build.says);
}

/// Returns a compiler whose sysroot has the target's `core`: the one that a build compiled.
fn compiler_with_target(build: &Build) -> PathBuf {
    let sysroot = fresh("sysroot");
    let (real, _) = compiler(build);
    let rustlib = sysroot.join("lib/rustlib");
    let lib = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&lib).unwrap();
    for entry in fs::read_dir(real.join("lib/rustlib")).unwrap().flatten() {
        if entry.file_name() != TARGET && entry.file_name() != "src" {
            symlink(entry.path(), rustlib.join(entry.file_name())).unwrap();
        }
    }
    let compiled = build.compiled_sysroot().join("lib/rustlib").join(TARGET);
    for entry in fs::read_dir(compiled.join("lib")).unwrap().flatten() {
        fs::copy(entry.path(), lib.join(entry.file_name())).unwrap();
    }
    symlink(real.join("bin"), sysroot.join("bin")).unwrap();
    let (wrapper, rustc) = (sysroot.join("rustc"), program(build));
    let sysroot = sysroot.display();
    let line = format!("exec '{rustc}' --sysroot '{sysroot}' \"$@\"");
    script(&wrapper, &line);
    wrapper
}

/// Returns the compiler's sysroot, and the commit that it was built from.
fn compiler(build: &Build) -> (PathBuf, String) {
    let ask = |arguments: &[&str]| {
        let output = Command::new(program(build)).args(arguments).output();
        text(&output.unwrap().stdout)
    };
    let about = ask(&["-vV"]);
    let commit = about
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "));
    let sysroot = ask(&["--print", "sysroot"]);
    (sysroot.trim().into(), commit.unwrap().into())
}

/// Returns the compiler, as the build names it.
fn program(build: &Build) -> &str {
    build.says.split(' ').next().unwrap()
}
