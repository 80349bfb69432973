// SPDX-License-Identifier: MIT OR Apache-2.0

//! The same bytes, wherever and by whatever they are built.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use object::elf::{SHF_ALLOC, SHT_NOBITS};
use object::read::elf::{ElfFile64, SectionHeader};
use object::{LittleEndian as LE, Object, ObjectSection};

use purgatory_test_harness::purgatory_ro::PurgatoryRo;

use crate::builds::{
    Build, INSTALLED, ORDINARY, PROBE, TARGET, assert_same, checkout, fresh, make, root, text,
    xtask_image,
};
use crate::hostile::{CONFIGURATION, ENVIRONMENT, USERS_CONFIGURATION};

#[test]
fn another_directory_and_a_hostile_environment_change_no_byte() {
    let checkout = checkout("hostile", CONFIGURATION);
    let target_dir = checkout.join("target");
    let mut command = xtask_image(&checkout, &target_dir);
    assert_same(&Build::of(&target_dir, command.envs(ENVIRONMENT)));
}

/// Who builds, where at home, in which language, at which time, and for whom.
#[test]
fn another_user_makes_the_same() {
    let checkout = checkout("user's", "");
    let target_dir = checkout.join("target");
    let build = xtask_image(&checkout, &target_dir);
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 077; exec \"$@\"", "sh"]);
    shell.arg(build.get_program()).args(build.get_args());
    // What was downloaded and installed stays where it is.
    let home = std::env::var_os("HOME").unwrap_or_default();
    for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        if std::env::var_os(variable).is_none() {
            shell.env(variable, Path::new(&home).join(folder));
        }
    }
    shell.env("HOME", fresh("home")).env("USER", "somebody");
    shell.envs([("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8")]);
    shell.envs([("TZ", "Asia/Kathmandu"), ("LOGNAME", "somebody")]);
    assert_same(&Build::of(&target_dir, &mut shell));
}

/// Host programs included: xtask itself is built among it.
#[test]
fn make_does_what_it_does_whatever_users_have_configured() {
    let checkout = checkout("user", USERS_CONFIGURATION);
    let target_dir = checkout.join("target");
    assert_same(&Build::of(&target_dir, &mut make(&checkout)));
    // The build directory is elsewhere, and stays.
    assert!(make(&checkout).arg("clean").status().unwrap().success());
    assert_same(&Build::of(&target_dir, &mut make(&checkout)));
}

/// All that is built and installed is among what the other tests compare; the rest is copied.
#[test]
fn what_is_installed_is_what_is_compared() {
    let directory = fresh("installed files");
    LazyLock::force(&ORDINARY);
    LazyLock::force(&PROBE);
    let mut install = make(&root());
    install.arg(format!("DESTDIR={}", directory.display()));
    let output = install.args(["install", "PREFIX=/usr"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let mut list = Command::new("find");
    let list = list
        .current_dir(&directory)
        .args([".", "-type", "f"])
        .output();
    let list = text(&list.unwrap().stdout);
    let mut built: Vec<&str> = vec![];
    for file in list.lines() {
        let (folder, name) = file.rsplit_once('/').unwrap();
        let copied = match folder.rsplit_once('/').unwrap().1 {
            "man7" => root().join("packaging/man").join(name),
            "purgatory" => root().join(name),
            "docs" => root().join("docs").join(name),
            _ => {
                built.push(name);
                root().join("target").join(name)
            }
        };
        let same = fs::read(directory.join(file)).unwrap() == fs::read(&copied).unwrap();
        assert!(same, "{file} is not {}", copied.display());
    }
    built.sort_unstable();
    assert_eq!(built, INSTALLED);
}

/// The map has the source's names, neither the builder's folders nor what is hashed of his machine.
#[test]
fn the_map_is_of_the_source_alone() {
    let lines: Vec<&str> = ORDINARY.map.lines().skip(1).collect();
    assert!(lines.is_sorted());
    for line in &lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [offset, _size, section, ..] = words[..] else {
            panic!("{line}")
        };
        assert_eq!(offset.len(), 16, "{line}");
        assert!(section.starts_with('.'), "{line}");
        let hash = |word: &str| Some(word.rsplit_once("::h")?.1.len());
        let hashed = |word: &&str| hash(word) == Some(16) || word.contains(".llvm.");
        assert!(!words.iter().any(hashed), "{line}");
    }
    assert!(
        lines
            .iter()
            .any(|line| line.ends_with(" .text    purgatory::main"))
    );
    let folder = root();
    assert!(!ORDINARY.map.contains(folder.to_str().unwrap()));
}

/// The note says what was built by what, and the sum that is printed is that of the file; the bill
/// of materials has the same.
#[test]
fn the_image_says_where_it_comes_from() {
    assert_eq!(ORDINARY.noted("version"), env!("CARGO_PKG_VERSION"));
    let rustc = ORDINARY.noted("rustc");
    let first = ORDINARY.says.lines().next().unwrap();
    assert!(first.contains(&format!(" {rustc}, `core` from")), "{first}");
    let commit = ORDINARY.noted("commit");
    let hex = commit.trim_end_matches("-dirty");
    let is_one = hex.len() >= 12 && hex.bytes().all(|digit| digit.is_ascii_hexdigit());
    assert!(is_one || !root().join(".git").exists(), "{commit}");
    let sum = Command::new("sha256sum")
        .arg(ORDINARY.target_dir.join("purgatory.ro"))
        .output();
    let sum = text(&sum.unwrap().stdout);
    let sum = sum.split(' ').next().unwrap();
    let printed = ORDINARY
        .says
        .lines()
        .find_map(|line| line.trim().strip_prefix("sha256"));
    assert_eq!(printed.map(str::trim), Some(sum));
    let bill = &ORDINARY.sbom;
    for line in [
        format!("PackageChecksum: SHA256: {sum}"),
        format!("PackageSourceInfo: <text>commit {commit}</text>"),
    ] {
        assert!(bill.lines().any(|of_bill| of_bill == line), "{line}");
    }
}

/// What is built in is what the symbol holds.
#[test]
fn a_reset_can_be_built_in() {
    let target_dir = fresh("on-failure");
    let mut command = xtask_image(&root(), &target_dir);
    let build = Build::of(&target_dir, command.arg("--on-failure=66000"));
    let [mut ordinary, built] =
        [&ORDINARY.image, &build.image].map(|image| PurgatoryRo::read(image).unwrap());
    ordinary
        .set("on_failure", &66000_u32.to_le_bytes())
        .unwrap();
    assert!(ordinary.bytes == built.bytes);
}

#[test]
fn plain_cargo_links_what_make_wraps() {
    let target_dir = fresh("plain");
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in ENVIRONMENT {
        cargo.env_remove(name);
    }
    cargo.current_dir(root()).args([
        "build",
        "--locked",
        "--profile=image",
        "--features=firmware",
        "--bin=purgatory",
    ]);
    cargo.arg(format!("--target={TARGET}"));
    cargo.arg("--target-dir").arg(&target_dir);
    if ORDINARY.compiled_core() {
        let sysroot = format!("--sysroot={}", ORDINARY.compiled_sysroot().display());
        cargo.env(
            "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_RUSTFLAGS",
            sysroot,
        );
    }
    let (_, linker) = ORDINARY
        .says
        .lines()
        .next()
        .unwrap()
        .split_once("linked by ")
        .unwrap();
    cargo.env("CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER", linker);
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));

    let plain = allocated(&target_dir.join(TARGET).join("image/purgatory"));
    let wrapped = allocated(&ORDINARY.target_dir.join("purgatory.elf"));
    assert!(!plain.is_empty());
    for (plain, wrapped) in plain.iter().zip(&wrapped) {
        assert_eq!(plain.0, wrapped.0);
        assert!(plain == wrapped, "{} differs", plain.0);
    }
    assert_eq!(plain.len(), wrapped.len());
}

/// Name, type, address, size and bytes of each section that is loaded.
fn allocated(elf: &Path) -> Vec<(String, u32, u64, u64, Vec<u8>)> {
    let bytes = fs::read(elf).unwrap();
    let elf = ElfFile64::<LE>::parse(&*bytes).unwrap();
    let sections = elf.sections().filter_map(|section| {
        let header = section.elf_section_header();
        let (kind, flags) = (header.sh_type(LE), header.sh_flags(LE));
        let name = section.name().unwrap().to_string();
        let bytes = if kind == SHT_NOBITS {
            &[]
        } else {
            section.data().unwrap()
        };
        let loaded = flags & u64::from(SHF_ALLOC) != 0;
        loaded.then(|| {
            (
                name,
                kind,
                section.address(),
                section.size(),
                bytes.to_vec(),
            )
        })
    });
    sections.collect()
}
