// SPDX-License-Identifier: MIT OR Apache-2.0

//! One message that says what to install.

use std::fs;
use std::os::unix::fs::symlink;
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

/// In one line that can be pasted, for all targets together, before anything is built.
#[test]
fn what_the_targets_of_make_need_is_named_at_once() {
    let tools = fresh("no-tools");
    for program in ["bash", "grep", "sed", "sort", "uname"] {
        let places = std::env::var("PATH").unwrap();
        let mut places = places
            .split(':')
            .map(|place| Path::new(place).join(program));
        let real = places.find(|place| place.exists()).unwrap();
        symlink(real, tools.join(program)).unwrap();
    }
    let needed = |targets: &[&str]| {
        let mut needs = Command::new(root().join("scripts/needs.sh"));
        let error = failure(needs.args(targets).env("PATH", &tools));
        let lines: Vec<&str> = error.lines().collect();
        let [_, line] = lines[..] else {
            panic!("not one line and a command: {error}")
        };
        line.to_string()
    };
    let line = needed(&["test-kexec-file", "check-packaging", "mutants", "check"]);
    let (packages, crates) = line.split_once(" && ").unwrap();
    assert_eq!(crates, "cargo install --locked cargo-mutants");
    let names = |line: &str| -> Vec<String> { line.split(' ').map(String::from).collect() };
    let packages = names(packages);
    assert_eq!(packages[..2], ["apt-get", "install"]);
    for package in
        "bc bison debootstrap flex git openssl patch qemu-system-arm sbsigntool".split(' ')
    {
        let times = packages.iter().filter(|name| *name == package).count();
        assert_eq!(times, 1, "{package} in {line}");
    }

    script(&tools.join("flex"), "");
    let without: Vec<&String> = packages.iter().filter(|name| *name != "flex").collect();
    let line = needed(&["test-kexec-file", "check-packaging", "mutants"]);
    assert_eq!(
        names(line.split(" && ").next().unwrap())
            .iter()
            .collect::<Vec<_>>(),
        without
    );

    // Of each target that asks for it something is known.
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let asks = |line: &str| Some(line.split_once(": needs ")?.0.to_string());
    let targets: Vec<String> = makefile.lines().filter_map(asks).collect();
    assert!(targets.len() >= 9, "{targets:?}");
    for target in targets {
        assert!(needed(&[&target]).contains("apt-get install "), "{target}");
    }
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
