// SPDX-License-Identifier: MIT OR Apache-2.0

//! `make kexec`: kexec-tools of each age, with our image in it or an error.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use purgatory_test_harness::linux::Cycle;
use purgatory_test_harness::{artifact, root, this_test};
use purgatory_test_packages::suite::{Layer, Suite, fresh_directory};
use rstest::rstest;

/// Where it is built.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    InTree,
    OutOfTree,
}

#[rstest]
#[case(Suite::Bookworm, "2.0.25", Place::OutOfTree)]
#[case(Suite::Trixie, "2.0.29", Place::InTree)]
#[case(Suite::Sid, "2.0.32", Place::OutOfTree)]
fn each_release_is_built_and_boots(
    #[case] suite: Suite,
    #[case] version: &str,
    #[case] place: Place,
) {
    if suite.waived() {
        return;
    }
    let tree = Tree::of(suite, version);
    let build = match place {
        Place::InTree => tree.0.clone(),
        Place::OutOfTree => tree.0.with_file_name("elsewhere"),
    };
    let output = tree.make_kexec(&build);
    assert!(output.status.success(), "{output:?}");
    // Once more: it is configured, and has ours already.
    let output = tree.make_kexec(&build);
    assert!(output.status.success(), "{output:?}");

    let program = build.join("build/sbin/kexec");
    assert!(carries_ours(&program));
    // What a package installs is the same.
    let mut install = Command::new("make");
    install.env_remove("MAKEFLAGS").arg("-C").arg(&build);
    install.args(["install", "DESTDIR=/tmp/none"]).arg(format!(
        "DESTDIR={}",
        tree.0.with_file_name("root").display()
    ));
    let output = install.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(carries_ours(&program));

    let outcome = Cycle::new("neoverse-n1").el2().program(&program).run();
    let outcome = outcome.unwrap_or_else(|error| panic!("{error}\n{}", this_test::alone()));
    for words in ["(EL2 VHE, D-cache on", "init: stage last, Linux "] {
        let said = outcome.console.contains(words);
        assert!(said, "{words}\n{}\n{outcome}", this_test::alone());
    }
    fs::remove_dir_all(tree.0.with_file_name("")).unwrap();
}

/// Whose object files are of tomorrow, `make` builds its own purgatory again.
#[test]
fn a_purgatory_that_is_not_ours_in_the_end_is_an_error() {
    let tree = Tree::of(Suite::Bookworm, "2.0.25");
    let output = tree.make_kexec(&tree.0);
    assert!(output.status.success(), "{output:?}");
    let object = tree.0.join("purgatory/purgatory.o");
    let object = File::options().append(true).open(object).unwrap();
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    object.set_modified(tomorrow).unwrap();
    fails(&tree.make_kexec(&tree.0), "built its own purgatory again");
    assert!(!carries_ours(&tree.0.join("build/sbin/kexec")));
}

#[test]
fn what_is_no_source_or_for_another_machine_is_named() {
    let directory = fresh_directory();
    let nothing = Tree(directory.clone());
    fails(&nothing.make_kexec(&directory), "no source of kexec-tools");
    if cfg!(not(target_arch = "aarch64")) {
        let tree = Tree::of(Suite::Bookworm, "2.0.25");
        let mut native = tree.command(&tree.0);
        let output = native.env_remove("CROSS_COMPILE").output().unwrap();
        fails(&output, "is configured for x86_64, not for arm64");
    }
}

/// A source of kexec-tools as it was released.
struct Tree(PathBuf);

impl Tree {
    /// Returns the suite's, in a directory for this test.
    fn of(suite: Suite, version: &str) -> Self {
        let layer = Layer::new(
            suite,
            "kexec-tools",
            "mkdir /source; cd /source; apt-get source --download-only --tar-only kexec-tools",
        );
        let directory = fresh_directory();
        let tree = directory.join("kexec-tools");
        fs::create_dir(&tree).unwrap();
        let unpack = "tar -xf /source/kexec-tools_*.orig.tar.* -C kexec-tools --strip-components=1";
        layer.offline(&directory, unpack);
        let configure = fs::read_to_string(tree.join("configure")).unwrap();
        let is_one = configure.contains(&format!("PACKAGE_VERSION='{version}"));
        assert!(is_one, "Debian {} has not {version}", suite.name());
        Self(tree)
    }

    fn make_kexec(&self, build: &Path) -> Output {
        self.command(build).output().unwrap()
    }

    /// Static: it runs in an initramfs without libraries.
    fn command(&self, build: &Path) -> Command {
        let mut make = Command::new("make");
        make.current_dir(root())
            .env_remove("MAKEFLAGS")
            .arg("kexec")
            .env("SRC", &self.0)
            .env("CONFIGURE", "--without-lzma --without-zlib --without-xen")
            .envs([("LDFLAGS", "-static"), ("CFLAGS", "-O1 -w")])
            .env("CROSS_COMPILE", "aarch64-linux-gnu-");
        if build != self.0 {
            make.env("BUILD", build);
        }
        make
    }
}

fn carries_ours(program: &Path) -> bool {
    let (program, ours) = (
        fs::read(program).unwrap(),
        fs::read(artifact("purgatory.ro").unwrap()).unwrap(),
    );
    program.windows(ours.len()).any(|window| window == ours)
}

#[track_caller]
fn fails(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.contains(words),
        "{output:?}"
    );
}
