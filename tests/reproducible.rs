// SPDX-License-Identifier: MIT OR Apache-2.0

//! Building the image: on any machine, in any directory, environment and configuration, by `make` and
//! by plain cargo, the same bytes, or one message that says what to install.
//!
//! `core` is compiled from its source too, which takes the compiler's `rust-src`. Where that is not to
//! be had, `PURGATORY_WITHOUT=rust-src` leaves this out, and says so.

use object::elf::{SHF_ALLOC, SHT_NOBITS};
use object::read::elf::{ElfFile64, SectionHeader};
use object::{LittleEndian as LE, Object, ObjectSection};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

const TARGET: &str = "aarch64-unknown-none-softfloat";

/// What a build leaves.
const OUTPUTS: [&str; 3] = ["purgatory.ro", "purgatory.elf", "purgatory.map"];

/// What distributions, users and other builds leave in the environment. Each would change the code,
/// or break the build.
const ENVIRONMENT: [(&str, &str); 24] = [
    ("RUSTFLAGS", "-Ctarget-cpu=neoverse-n1"),
    (
        "CARGO_ENCODED_RUSTFLAGS",
        "-Copt-level=0\x1f-Ctarget-feature=+lse",
    ),
    ("CARGO_BUILD_RUSTFLAGS", "-Cforce-frame-pointers=yes"),
    ("CARGO_BUILD_TARGET", "aarch64-unknown-none"),
    ("CARGO_BUILD_RUSTC_WRAPPER", "/bin/false"),
    ("CARGO_BUILD_INCREMENTAL", "true"),
    ("CARGO_BUILD_BUILD_DIR", "/nowhere"),
    (
        "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_RUSTFLAGS",
        "-Cdebug-assertions=yes",
    ),
    (
        "CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER",
        "/bin/false",
    ),
    ("CARGO_TARGET_DIR", "/nowhere"),
    ("CARGO_INCREMENTAL", "1"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_IMAGE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_IMAGE_LTO", "off"),
    ("CARGO_PROFILE_IMAGE_OVERFLOW_CHECKS", "true"),
    ("RUSTC_WRAPPER", "/bin/false"),
    ("RUSTC_WORKSPACE_WRAPPER", "/bin/false"),
    ("CFLAGS", "-march=armv8.1-a"),
    ("CC", "/bin/false"),
    ("LDFLAGS", "-Wl,-z,relro"),
    ("LLD_REPRODUCE", "/nowhere/reproduce.tar"),
    ("RUST_TARGET_PATH", "/nowhere"),
    ("SOURCE_DATE_EPOCH", "0"),
];

/// And in a configuration file, which cargo reads from every directory above the workspace.
const CONFIGURATION: &str = r#"
[build]
rustflags = ["-Copt-level=0"]
rustc-wrapper = "/bin/false"
rustc-workspace-wrapper = "/bin/false"

[profile.release]
opt-level = 0
lto = "off"
codegen-units = 16
overflow-checks = true
debug-assertions = true
strip = true

[profile.image]
inherits = "dev"
opt-level = 0
lto = "off"
strip = true

[profile.image.package.purgatory]
opt-level = 3
debug-assertions = true

[target.aarch64-unknown-none-softfloat]
rustflags = ["-Ctarget-cpu=neoverse-n1"]
linker = "/bin/false"
"#;

/// What users have there for good reasons.
const USERS_CONFIGURATION: &str = r#"
[build]
incremental = true
target = "aarch64-unknown-none"
build-dir = "build directory"

[profile.release.package.purgatory]
opt-level = 3
codegen-units = 16
overflow-checks = true
debug-assertions = true
strip = true

[profile.release.package."*"]
opt-level = 3
"#;

/// An image that was built, and how.
struct Build {
    target_dir: PathBuf,
    image: Vec<u8>,
    says: String,
}

impl Build {
    /// Runs a build that must succeed.
    fn of(target_dir: &Path, command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let (says, error) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{command:?}\n{error}");
        for output in OUTPUTS {
            let file = target_dir.join(output);
            assert!(file.is_file(), "{} is not there", file.display());
        }
        Self {
            target_dir: target_dir.to_path_buf(),
            image: fs::read(target_dir.join("purgatory.ro")).unwrap(),
            says,
        }
    }

    fn compiled_core(&self) -> bool {
        self.says.contains("`core` from its source")
    }
}

/// The one that users get, in the workspace's own directory.
static ORDINARY: LazyLock<Build> = LazyLock::new(|| {
    let target_dir = root().join("target");
    Build::of(&target_dir, &mut xtask_image(&root(), &target_dir))
});

/// Fails unless a build made the same image as the ordinary one.
#[track_caller]
fn assert_same(build: &Build) {
    let (ordinary, other) = (&ORDINARY.image, &build.image);
    let differing = ordinary.iter().zip(other).position(|(a, b)| a != b);
    assert_eq!(differing, None, "the offset of the first byte that differs");
    assert_eq!(ordinary.len(), other.len());
}

#[test]
fn another_directory_and_a_hostile_environment_change_no_byte() {
    let checkout = checkout("hostile", CONFIGURATION);
    let target_dir = checkout.join("target");
    let mut command = xtask_image(&checkout, &target_dir);
    assert_same(&Build::of(&target_dir, command.envs(ENVIRONMENT)));
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
        cargo.arg("-Zbuild-std=core").env("RUSTC_BOOTSTRAP", "1");
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

#[test]
fn two_builds_at_once_both_succeed() {
    let target_dir = fresh("twice");
    let mut other = xtask_image(&root(), &target_dir);
    let mut other = other
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_same(&Build::of(
        &target_dir,
        &mut xtask_image(&root(), &target_dir),
    ));
    assert!(other.wait().unwrap().success());
}

/// Who has opened a file reads all of the old one: it is replaced, not written over.
#[test]
fn a_file_that_is_read_meanwhile_does_not_change() {
    let target_dir = fresh("meanwhile");
    let mut readers = OUTPUTS.map(|output| {
        let path = target_dir.join(output);
        fs::write(&path, "old").unwrap();
        File::open(&path).unwrap()
    });
    assert_same(&Build::of(
        &target_dir,
        &mut xtask_image(&root(), &target_dir),
    ));
    for (reader, output) in readers.iter_mut().zip(OUTPUTS) {
        let mut content = String::new();
        reader.read_to_string(&mut content).unwrap();
        assert_eq!(content, "old", "{output}");
    }
}

/// cargo takes what it linked for fresh without it.
#[test]
fn a_map_that_was_deleted_comes_back() {
    let target_dir = fresh("map");
    Build::of(&target_dir, &mut xtask_image(&root(), &target_dir));
    for map in ["purgatory.map", "image/purgatory.map"] {
        fs::remove_file(target_dir.join(map)).unwrap();
    }
    Build::of(&target_dir, &mut xtask_image(&root(), &target_dir));
    let map = fs::read_to_string(target_dir.join("purgatory.map")).unwrap();
    assert!(map.contains("purgatory_start"), "{map}");
}

/// Of the library xtask is made too: it is `make` that cleans up then.
#[test]
fn after_a_compile_error_no_older_image_is_left() {
    let checkout = checkout("broken", "");
    let target_dir = checkout.join("target");
    let (xtask, make) = (xtask_image(&checkout, &target_dir), make(&checkout));
    fs::create_dir(&target_dir).unwrap();
    for (source, mut build) in [("src/main.rs", xtask), ("src/lib.rs", make)] {
        let outputs = OUTPUTS.map(|output| target_dir.join(output));
        for output in &outputs {
            fs::write(output, "old").unwrap();
        }
        let source = checkout.join(source);
        let sound = fs::read_to_string(&source).unwrap();
        fs::write(&source, sound.clone() + "compile_error!(\"broken\");\n").unwrap();
        let error = failure(&mut build);
        assert!(error.contains("error: broken"), "{error}");
        for output in &outputs {
            assert!(!output.exists(), "{}", output.display());
        }
        fs::write(&source, sound).unwrap();
    }
}

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

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An empty directory for this test.
fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("reproducible")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// A copy of the sources, in a place whose name needs care, below a configuration of cargo.
fn checkout(name: &str, configuration: &str) -> PathBuf {
    let above = fresh(name);
    fs::create_dir(above.join(".cargo")).unwrap();
    fs::write(above.join(".cargo/config.toml"), configuration).unwrap();
    let checkout = above.join("another, place");
    fs::create_dir(&checkout).unwrap();
    for part in [
        ".cargo",
        "Cargo.lock",
        "Cargo.toml",
        "Makefile",
        "build.rs",
        "link.ld",
        "src",
        "tests",
        "xtask",
    ] {
        let mut copy = Command::new("cp");
        let status = copy
            .arg("-r")
            .arg(root().join(part))
            .arg(&checkout)
            .status();
        assert!(status.unwrap().success(), "{part}");
    }
    checkout
}

/// `make`, as a user of a checkout calls it.
fn make(checkout: &Path) -> Command {
    let mut make = Command::new("make");
    make.current_dir(checkout);
    make.env_remove("MAKEFLAGS").env_remove("CARGO_TARGET_DIR");
    make
}

/// Our own program, without a detour over cargo: the host's may well fail in an environment that the
/// image is built in.
fn xtask_image(root: &Path, target_dir: &Path) -> Command {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        // In a directory of its own, or it would be replaced while it runs, by another test's cargo.
        let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("xtask");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
        let host = rustc.args(["--print", "host-tuple"]).output().unwrap();
        let host = text(&host.stdout);
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(self::root())
            .args([
                "build",
                "--quiet",
                "--locked",
                "-p",
                "xtask",
                "--target",
                host.trim(),
            ])
            .arg("--target-dir")
            .arg(&target_dir);
        assert!(cargo.status().unwrap().success(), "cargo build -p xtask");
        target_dir.join(host.trim()).join("debug/xtask")
    });
    let mut command = Command::new(&*PROGRAM);
    command.arg(format!("--root={}", root.display()));
    command.arg(format!("--target-dir={}", target_dir.display()));
    command.arg("image");
    command
}

/// Runs a build that must fail.
fn failure(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (says, error) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success(), "{command:?}\n{says}");
    error
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

fn script(path: &Path, line: &str) {
    fs::write(path, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
