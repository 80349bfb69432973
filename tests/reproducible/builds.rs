// SPDX-License-Identifier: MIT OR Apache-2.0

//! Builds of the image, in this checkout and in others.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use object::read::elf::ElfFile64;
use object::{LittleEndian as LE, Object, ObjectSection};
pub use purgatory_test_harness::root;

pub const TARGET: &str = "aarch64-unknown-none-softfloat";

/// What of a build is installed.
pub const INSTALLED: [&str; 4] = [
    "probe.Image",
    "purgatory.map",
    "purgatory.ro",
    "purgatory.spdx",
];

/// What a build leaves.
pub const OUTPUTS: [&str; 4] = [
    "purgatory.ro",
    "purgatory.elf",
    "purgatory.map",
    "purgatory.spdx",
];

/// An image that was built, and how.
pub struct Build {
    pub target_dir: PathBuf,
    pub image: Vec<u8>,
    pub map: String,
    pub sbom: String,
    pub says: String,
}

impl Build {
    /// Runs a build that must succeed.
    pub fn of(target_dir: &Path, command: &mut Command) -> Self {
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
            map: fs::read_to_string(target_dir.join("purgatory.map")).unwrap(),
            sbom: fs::read_to_string(target_dir.join("purgatory.spdx")).unwrap(),
            says,
        }
    }

    /// Returns what the image's note says under this name.
    pub fn noted(&self, name: &str) -> String {
        let file = ElfFile64::<LE>::parse(&*self.image).unwrap();
        let note = file.section_by_name(".note.package").unwrap();
        let note = text(note.data().unwrap());
        let value = note.split(&format!("\"{name}\":\"")).nth(1);
        let value = value.unwrap_or_else(|| panic!("no {name}"));
        value.split('"').next().unwrap().to_string()
    }

    pub fn compiled_core(&self) -> bool {
        self.says.contains("`core` from its source")
    }

    /// Returns the one folder where that was put.
    pub fn compiled_sysroot(&self) -> PathBuf {
        let mut sysroots = fs::read_dir(self.target_dir.join("core")).unwrap();
        sysroots.next().unwrap().unwrap().path()
    }
}

/// The one that users get, in the workspace's own directory.
pub static ORDINARY: LazyLock<Build> = LazyLock::new(|| {
    let target_dir = root().join("target");
    Build::of(&target_dir, &mut xtask_image(&root(), &target_dir))
});

/// The probe that users get.
pub static PROBE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let target_dir = root().join("target");
    let output = xtask(&root(), &target_dir).arg("probe").output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    fs::read(target_dir.join("probe.Image")).unwrap()
});

/// Fails unless a build made all that is installed as the ordinary one did.
#[track_caller]
pub fn assert_same(build: &Build) {
    let (ordinary, other) = (&ORDINARY.image, &build.image);
    let differing = ordinary.iter().zip(other).position(|(a, b)| a != b);
    assert_eq!(differing, None, "the offset of the first byte that differs");
    assert_eq!(ordinary.len(), other.len());
    assert_eq!(ORDINARY.map, build.map);
    assert_eq!(ORDINARY.sbom, build.sbom);
}

/// Returns an empty directory for this test.
pub fn fresh(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("reproducible")
        .join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// Returns a copy of the sources, in a place whose name needs care, below a configuration of cargo.
pub fn checkout(name: &str, configuration: &str) -> PathBuf {
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
        "probe",
        "tool",
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
    // There is no `.git`: a tree that was unpacked has its commit in a file.
    fs::write(checkout.join("COMMIT"), ORDINARY.noted("commit")).unwrap();
    checkout
}

/// `make`, as a user of a checkout calls it.
pub fn make(checkout: &Path) -> Command {
    let mut make = Command::new("make");
    make.current_dir(checkout);
    make.env_remove("MAKEFLAGS").env_remove("CARGO_TARGET_DIR");
    make
}

/// Builds the image.
pub fn xtask_image(root: &Path, target_dir: &Path) -> Command {
    let mut command = xtask(root, target_dir);
    command.arg("image");
    command
}

/// Our own program, without a detour over cargo: the host's may well fail in an environment that
/// the image is built in.
pub fn xtask(root: &Path, target_dir: &Path) -> Command {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        // In a directory of its own, or it would be replaced while it runs, by another test's
        // cargo.
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
    command
}

/// Runs a build that must fail.
pub fn failure(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let (says, error) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success(), "{command:?}\n{says}");
    error
}

pub fn script(path: &Path, line: &str) {
    fs::write(path, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
