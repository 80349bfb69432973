// SPDX-License-Identifier: MIT OR Apache-2.0

//! `packaging/debian`: the package of the image, built for arm64 of what `make dist` makes, without
//! network and without a compiler for arm64; Debian's kexec-tools built with it; and Debian's
//! kernel booted by that, as `debian/tests/boots` does it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use purgatory_test_harness::{root, this_test};
use purgatory_test_packages::suite::{Layer, Suite, fresh_directory};
use rstest::rstest;

/// Debian's source, what it is built with for arm64, and what `debian/tests/boots` runs.
const KEXEC_TOOLS: &str = "\
dpkg --add-architecture arm64; apt-get -q update
apt-get -y install crossbuild-essential-arm64 dpkg-dev patch
apt-get -y -aarm64 -Pcross,nocheck build-dep kexec-tools
apt-get -y install binutils busybox-static:arm64 cpio linux-image-cloud-arm64:arm64 qemu-system-arm
mkdir /src; cd /src; apt-get source kexec-tools";

/// What it says there.
const BOOTED: [&str; 3] = [
    "D-cache on",
    "purgatory: booting kernel now",
    "second kernel: up",
];

#[rstest]
fn the_package_passes_lintian(#[values(Suite::Bookworm, Suite::Trixie, Suite::Sid)] suite: Suite) {
    if suite.waived() {
        return;
    }
    let (layer, directory) = package(suite);
    let beside = match suite {
        // It does not know what came after it.
        Suite::Bookworm => "--suppress-tags newer-standards-version,unknown-field",
        Suite::Trixie => "",
        // What is new in it; and who uploads puts in their own name.
        Suite::Sid => "--suppress-tags out-of-date-standards-version,no-human-maintainers",
    };
    let lintian = format!("lintian --allow-root --display-info {beside} *.changes");
    let says = layer.offline(directory, &lintian);
    assert_eq!(says, "");
}

#[test]
fn the_package_names_whose_the_crates_are() {
    let (_, directory) = package(Suite::Trixie);
    let copyright = root().join("packaging/debian/debian/copyright");
    let copyright = fs::read_to_string(copyright).unwrap();
    let words = copyright.split_whitespace();
    let patterns: Vec<&str> = words
        .filter_map(|word| word.strip_prefix("vendor/")?.strip_suffix("/*"))
        .collect();
    let vendor = directory.join("purgatory-1.0.0/vendor");
    for entry in fs::read_dir(vendor).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_meant = |pattern: &&str| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == **pattern,
        };
        assert!(patterns.iter().any(is_meant), "{name}: {patterns:?}");
    }
}

#[rstest]
fn kexec_tools_is_built_with_it_and_boots(
    #[values(Suite::Bookworm, Suite::Trixie, Suite::Sid)] suite: Suite,
) {
    // Some mirrors have sid, but not this source of it.
    if suite.waived() || suite == Suite::Sid && this_test::waived("sid-kexec-tools") {
        return;
    }
    let (_, package) = package(suite);
    let layer = Layer::new(suite, "kexec-tools", KEXEC_TOOLS);
    let directory = fresh_directory();
    for file in ["kexec-tools/kexec-tools.patch", "debian/tests"] {
        copy(&root().join("packaging/debian").join(file), &directory);
    }
    copy(
        &package.join("kexec-purgatory_1.0.0-1_arm64.deb"),
        &directory,
    );
    layer.offline(
        &directory,
        "dpkg -i kexec-purgatory_*.deb
        cp -r /src/kexec-tools-*/ .; cd kexec-tools-*/
        patch -p1 <../kexec-tools.patch
        dpkg-buildpackage -aarm64 -Pcross,nocheck -us -uc -b
        cd ..; dpkg-deb -f kexec-tools_*.deb Static-Built-Using | grep -x 'kexec-purgatory (= 1.0.0-1)'
        dpkg-deb -x kexec-tools_*.deb deb; dpkg-deb -x kexec-tools-udeb_*.udeb udeb
        mv deb/sbin/kexec deb/ 2>/dev/null || mv deb/usr/sbin/kexec deb/
        mv udeb/sbin/kexec udeb/ 2>/dev/null || mv udeb/usr/sbin/kexec udeb/",
    );

    // Whole, and in both packages.
    let image = package.join("unpacked/usr/lib/kexec-tools/purgatory.ro");
    let image = fs::read(image).unwrap();
    for name in ["deb", "udeb"] {
        let program = fs::read(directory.join(name).join("kexec")).unwrap();
        let carried = program.windows(image.len()).any(|window| window == image);
        assert!(carried, "the {name}'s kexec carries another purgatory");
    }

    let console = layer.offline(
        &directory,
        "dpkg -i kexec-purgatory_*.deb kexec-tools_*.deb >/dev/null; tests/boots",
    );
    for words in BOOTED {
        assert!(console.contains(words), "\nexpected: {words}\n{console}");
    }
}

/// Returns the package, built once in each suite: where it was built, and the directory that it is
/// in.
fn package(suite: Suite) -> &'static (Layer, PathBuf) {
    static BUILT: [OnceLock<(Layer, PathBuf)>; 3] = [const { OnceLock::new() }; 3];
    BUILT[suite as usize].get_or_init(|| {
        let rust = match suite {
            Suite::Bookworm => "cargo-web rustc-web rust-web-src",
            Suite::Trixie | Suite::Sid => "cargo rustc rust-src",
        };
        let install = format!("apt-get -y install debhelper lintian lld {rust}");
        let layer = Layer::new(suite, "kexec-purgatory", &install);
        let directory = root().join("target/packages/debian").join(suite.name());
        let _ = fs::remove_dir_all(&directory);
        fs::create_dir_all(&directory).unwrap();
        let tarball = root().join(concat!(
            "target/purgatory-",
            env!("CARGO_PKG_VERSION"),
            ".tar.xz"
        ));
        fs::copy(tarball, directory.join("kexec-purgatory_1.0.0.orig.tar.xz")).unwrap();
        copy(&root().join("packaging/debian/debian"), &directory);
        layer.offline(
            &directory,
            "tar -xf *.orig.tar.xz
            mv debian purgatory-*/
            cd purgatory-*/
            dpkg-buildpackage -aarm64 -us -uc
            cd ..; dpkg-deb -x kexec-purgatory_*_arm64.deb unpacked",
        );
        (layer, directory)
    })
}

/// A file or a folder, with what is in it.
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(status.unwrap().success(), "{}", from.display());
}
