// SPDX-License-Identifier: MIT OR Apache-2.0

//! One message that says what to install.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::builds::{failure, fresh, root, script, xtask_image};

#[test]
fn without_a_compiler_the_error_names_the_commands_that_help() {
    let nothing = fresh("no-compiler");
    let mut command = xtask_image(&root(), &nothing);
    let error = failure(command.env("PATH", &nothing).env_remove("RUSTC"));
    for needle in [
        "no rustc 1.85 or later",
        "rustup target add aarch64-unknown-none-softfloat",
        "apt-get install rustc-web cargo-web rust-web-src lld",
        "apt-get install rustc cargo rust-src lld",
        "dnf install cargo rust-std-static-aarch64-unknown-none-softfloat lld",
        "RUSTC=/usr/bin/rustc make",
        "No such file",
    ] {
        assert!(error.contains(needle), "«{needle}» is not in:\n{error}");
    }
}

#[test]
fn without_core_the_error_names_the_compiler_and_the_commands_that_help() {
    let error = failure(&mut with_tools(&fresh("no-core")));
    assert!(error.contains("rustup target add"), "{error}");
    assert!(error.contains("rustc 1.85.0 in "), "{error}");
}

#[test]
fn without_a_linker_the_error_names_the_commands_that_help() {
    let tools = fresh("no-linker");
    let lib = tools.join("lib");
    fs::create_dir_all(&lib).unwrap();
    fs::write(lib.join("libcore-0.rlib"), "").unwrap();
    let error = failure(&mut with_tools(&tools));
    assert!(error.contains("no LLD"), "{error}");
    assert!(error.contains("apt-get install lld"), "{error}");
}

/// A build where there is nothing but a compiler that answers questions; libraries are in `lib`.
fn with_tools(tools: &Path) -> Command {
    let version = "release: 1.85.0\nhost: x86_64-unknown-linux-gnu";
    let sysroot = tools.display();
    let answer = format!(
        "case $* in -vV) echo '{version}';; *libdir) echo '{sysroot}/lib';; *) echo '{sysroot}';; esac"
    );
    script(&tools.join("rustc"), &answer);
    let mut command = xtask_image(&root(), tools);
    command.env("PATH", tools).env_remove("RUSTC");
    command
}
