// SPDX-License-Identifier: MIT OR Apache-2.0

//! `core`, ready-made and from its source.

use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use crate::builds::{Build, ORDINARY, TARGET, fresh, root, script, text, xtask_image};

#[test]
fn core_can_be_compiled_from_its_source() {
    let without = std::env::var("PURGATORY_WITHOUT").unwrap_or_default();
    if without.split(',').any(|word| word == "rust-src") {
        // Not `eprintln!`: libtest would hide that from who reads the results.
        let note = "core_can_be_compiled_from_its_source: NOT TESTED: PURGATORY_WITHOUT=rust-src";
        let _ = writeln!(std::io::stderr(), "{note}");
        return;
    }
    let target_dir = fresh("source");
    let mut command = xtask_image(&root(), &target_dir);
    let build = Build::of(&target_dir, command.arg("--core=source"));
    assert!(build.compiled_core(), "{}", build.says);
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

/// A compiler whose sysroot has the target's `core`: the one that a build compiled.
fn compiler_with_target(build: &Build) -> PathBuf {
    let sysroot = fresh("sysroot");
    let rustc = build.says.split(' ').next().unwrap();
    let output = Command::new(rustc).args(["--print", "sysroot"]).output();
    let real = PathBuf::from(text(&output.unwrap().stdout).trim());
    let rustlib = sysroot.join("lib/rustlib");
    let lib = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&lib).unwrap();
    for entry in fs::read_dir(real.join("lib/rustlib")).unwrap().flatten() {
        if entry.file_name() != TARGET && entry.file_name() != "src" {
            symlink(entry.path(), rustlib.join(entry.file_name())).unwrap();
        }
    }
    let compiled = build
        .target_dir
        .join("image")
        .join(TARGET)
        .join("image/deps");
    for entry in fs::read_dir(compiled).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        // The last one only with older compilers, between the other two.
        let parts = ["core", "compiler_builtins", "rustc_std_workspace_core"];
        let wanted = |part: &&str| name.starts_with(&format!("lib{part}-"));
        if parts.iter().any(wanted) && name.ends_with(".rlib") {
            fs::copy(entry.path(), lib.join(name)).unwrap();
        }
    }
    symlink(real.join("bin"), sysroot.join("bin")).unwrap();
    let wrapper = sysroot.join("rustc");
    let sysroot = sysroot.display();
    let line = format!("exec '{rustc}' --sysroot '{sysroot}' \"$@\"");
    script(&wrapper, &line);
    wrapper
}
