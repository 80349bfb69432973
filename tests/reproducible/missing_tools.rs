// SPDX-License-Identifier: MIT OR Apache-2.0

//! One message that says what to install.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::builds::{failure, fresh, root, script, text, xtask_image};

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

/// What it writes outside of this tree it announces, by the file's name.
#[test]
fn setup_announces_each_file_of_the_systems_that_it_writes() {
    let setup = fs::read_to_string(root().join("scripts/setup.sh")).unwrap();
    let written = |line: &str| {
        let (_, file) = line.split_once("as_root tee ")?;
        Some(file.split(' ').next()?.to_string())
    };
    let written: Vec<String> = setup.lines().filter_map(written).collect();
    assert!(written.len() >= 2, "{written:?}");
    let announced = |file: &String| {
        let said = format!("({file})\"");
        setup
            .lines()
            .any(|line| line.trim_start().starts_with("say ") && line.ends_with(&said))
    };
    let silent: Vec<&String> = written.iter().filter(|file| !announced(file)).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

/// With a make of no effect: what no mirror gives is left out, and the last line says so.
#[test]
fn ci_says_at_its_end_what_it_has_left_out() {
    let tree = fresh("ci");
    fs::create_dir(tree.join(".ci")).unwrap();
    fs::copy(root().join(".ci/run"), tree.join(".ci/run")).unwrap();
    let (tools, sysroot) = (tree.join("tools"), tree.join("sysroot"));
    fs::create_dir(&tools).unwrap();
    script(
        &tools.join("rustc"),
        &format!("echo '{}'", sysroot.display()),
    );
    script(
        &tools.join("make"),
        "echo \"make $* without=$PURGATORY_WITHOUT\"",
    );
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let run = || {
        let mut ci = Command::new(tree.join(".ci/run"));
        let output = ci.env("PATH", &path).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let says = text(&output.stdout);
        let mut lines = says.lines().rev().map(String::from);
        [lines.next().unwrap(), lines.next().unwrap()]
    };
    let left_out = "ci: left out, for no mirror gave it:";
    let nothing_there = [
        format!("{left_out} sid rust-src"),
        "make test without=sid,rust-src".into(),
    ];
    assert_eq!(run(), nothing_there);
    fs::create_dir_all(tree.join("target/downloads/sid")).unwrap();
    fs::create_dir_all(sysroot.join("lib/rustlib/src/rust/library")).unwrap();
    assert_eq!(
        run(),
        [format!("{left_out} nothing"), "make test without=".into()]
    );
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
    assert!(targets.len() >= 10, "{targets:?}");
    for target in targets {
        assert!(needed(&[&target]).contains("apt-get install "), "{target}");
    }
}

/// Returns a build with nothing but a compiler that answers questions; libraries are in `lib`.
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
