// SPDX-License-Identifier: MIT OR Apache-2.0

//! What `make dist` packs builds the image where nothing else is: without network, by each suite's
//! own compiler.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use purgatory_test_harness::Regime::{El1And0, El2, El2And0};
use purgatory_test_harness::abi::MAX_FILE_SIZE;
use purgatory_test_harness::boot::{Boot, Place, usual_cpu};
use purgatory_test_harness::qemu::Stopped;
use purgatory_test_harness::{artifact, root, this_test};
use purgatory_test_packages::suite::{Layer, Suite, fresh_directory};
use rstest::rstest;

/// Installs what the image is built with, from Debian's packages.
fn toolchain(suite: Suite) -> &'static str {
    match suite {
        Suite::Bookworm => "apt-get install -y rustc-web cargo-web rust-web-src lld",
        Suite::Trixie | Suite::Sid => "apt-get install -y rustc cargo rust-src lld",
    }
}

/// By a user with no rights and no home, whose files no other user can read.
const AS_NOBODY: &str = "chown -R nobody . && umask 077 && LC_ALL=C.UTF-8 USER=nobody HOME=/nonexistent \
    CARGO_HOME=/tmp/cargo setpriv --reuid=nobody --regid=nogroup --clear-groups make";

#[rstest]
#[case(Suite::Bookworm)]
#[case(Suite::Trixie)]
#[case(Suite::Sid)]
fn it_builds_an_image_that_boots(#[case] suite: Suite) {
    if suite.waived() {
        return;
    }
    let layer = Layer::new(suite, "rust", toolchain(suite));
    let directory = fresh_directory();
    unpack(&directory.join("one"));
    layer.offline(&directory, "cd one && make");
    let built = directory.join("one/target/purgatory.ro");
    let image = fs::read(&built).unwrap();
    assert!(image.len() <= MAX_FILE_SIZE, "{} bytes", image.len());
    boots(&built);

    if suite == Suite::Trixie {
        let other = directory.join("an other, longer place");
        unpack(&other);
        layer.offline(&other, AS_NOBODY);
        assert!(image == fs::read(other.join("target/purgatory.ro")).unwrap());
    }
    fs::remove_dir_all(directory).unwrap();
}

/// The repository's, if its tree is the one that was packed.
#[test]
fn it_builds_the_same_image_as_the_repository() {
    let directory = fresh_directory();
    unpack(&directory);
    let output = Command::new("unshare")
        .args(["--net", "make"])
        .current_dir(&directory)
        .env_remove("MAKEFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let ours = fs::read(artifact("purgatory.ro").unwrap()).unwrap();
    assert!(ours == fs::read(directory.join("target/purgatory.ro")).unwrap());
}

/// Two checkouts of one commit, by users with other habits.
#[test]
fn the_same_commit_gives_the_same_file() {
    let directory = fresh_directory();
    let dist = |name: &str, habits: &str| {
        let script = format!(
            "{habits}; git -c safe.directory='*' clone -q {} '{name}' && cd '{name}' && scripts/dist.sh",
            root().display()
        );
        let mut shell = Command::new("bash");
        shell.args(["-ec", &script]).current_dir(&directory);
        let output = shell.env_remove("SOURCE_DATE_EPOCH").output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let packed = directory.join(name).join("target").join(file_name());
        let sums = Command::new("sha256sum")
            .args(["--check", "--strict", &format!("{}.sha256", file_name())])
            .current_dir(packed.with_file_name(""))
            .status();
        assert!(sums.unwrap().success());
        fs::read(packed).unwrap()
    };
    let one = dist("one", "umask 022");
    let other = dist(
        "an other, longer place",
        "umask 077; export LC_ALL=tr_TR.UTF-8 TZ=Asia/Kathmandu XZ_DEFAULTS=-1 TAR_OPTIONS=--sort=inode",
    );
    assert!(one == other);
}

#[test]
fn what_needs_tests_says_that_there_are_none() {
    let directory = fresh_directory();
    unpack(&directory);
    for target in ["test", "check", "demo", "test-packages"] {
        let mut make = Command::new("make");
        make.env_remove("MAKEFLAGS").arg(target);
        let output = make.current_dir(&directory).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{target}");
        assert!(
            error.contains(&format!("make {target}: there are no tests here")),
            "{error}"
        );
    }
}

/// Who may read, and whose it is, does not depend on who has packed it.
#[test]
fn everybody_may_read_it() {
    let directory = fresh_directory();
    unpack(&directory);
    let mode = |name: &str| {
        let metadata = fs::metadata(directory.join(name)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("README.md"), 0o644);
    assert_eq!(mode("vendor/spin/src/lib.rs"), 0o644);
    assert_eq!(mode("scripts/kexec.sh"), 0o755);
}

fn file_name() -> String {
    format!("purgatory-{}.tar.xz", env!("CARGO_PKG_VERSION"))
}

/// Unpacks what `make dist` has made.
fn unpack(directory: &Path) {
    fs::create_dir_all(directory).unwrap();
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--same-permissions", "--no-same-owner"]);
    tar.args(["--strip-components=1", "--file"]);
    tar.arg(artifact(&file_name()).unwrap());
    let status = tar.arg("--directory").arg(directory).status();
    assert!(status.unwrap().success());
}

/// Boots an image in each regime.
fn boots(image: &Path) {
    for regime in [El1And0, El2, El2And0] {
        let mut boot = Boot::new(usual_cpu(regime), regime, Place::Low, 1 << 20).unwrap();
        boot.with_image(image).unwrap();
        let file: PathBuf = image.with_extension(format!("{}.elf", regime.name()));
        let outcome = boot.run(&file).unwrap();
        let alone = this_test::alone();
        let verified = outcome.console.contains("D-cache on, SHA2 instructions)");
        assert!(verified, "{alone}\n{outcome}");
        assert!(
            matches!(outcome.stopped_by, Stopped::Exit(status) if status.code() == Some(0)),
            "{alone}\n{outcome}"
        );
    }
}
