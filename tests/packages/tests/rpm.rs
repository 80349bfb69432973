// SPDX-License-Identifier: MIT OR Apache-2.0

//! `packaging/rpm`: both packages, built for aarch64 by Debian's rpm, without network.

use std::fs;

use purgatory_test_harness::root;
use purgatory_test_packages::suite::{Layer, Suite, fresh_directory};

/// What the specs ask for, by Debian's names: `--nodeps`, since rpm knows of no package here.
const TOOLS: &str = "\
dpkg --add-architecture arm64; apt-get -q update
apt-get -y install cargo cpio gcc-aarch64-linux-gnu gcc libc6-dev lld make rpm rust-src rustc
apt-get -y install liblzma-dev:arm64 libzstd-dev:arm64 zlib1g-dev:arm64";

/// Debian's rpm has no macros for cross builds, and would call the machine `x86_64` in either case.
const BUILD: &str = "\
rpmbuild -bb --nodeps --target aarch64 \
    --define '_topdir /work' --define '_sourcedir /work' --define '_rpmdir /work' \
    --define '_host_platform aarch64-linux-gnu' --define '_host aarch64-linux-gnu' \
    --define '_build_platform x86_64-linux-gnu' --define '_build x86_64-linux-gnu' \
    --define '__cc aarch64-linux-gnu-gcc' --define '__strip aarch64-linux-gnu-strip' \
    --define '__objdump aarch64-linux-gnu-objdump' --define 'optflags -O2 -g' \
    --define 'debug_package %{nil}'";

#[test]
fn kexec_tools_carries_it_byte_by_byte() {
    let layer = Layer::new(Suite::Trixie, "rpm", TOOLS);
    let directory = fresh_directory();
    let sources = [
        "packaging/rpm/kexec-purgatory.spec",
        "packaging/rpm/kexec-tools.spec",
        concat!("target/purgatory-", env!("CARGO_PKG_VERSION"), ".tar.xz"),
        "target/downloads/sid/kexec-tools_2.0.32.orig.tar.xz",
    ];
    for source in sources.map(|name| root().join(name)) {
        let name = source.file_name().unwrap();
        if let Err(error) = fs::copy(&source, directory.join(name)) {
            panic!("{}: {error}", source.display());
        }
    }
    layer.offline(
        &directory,
        &format!(
            "mv kexec-tools_2.0.32.orig.tar.xz kexec-tools-2.0.32.tar.xz
            {BUILD} kexec-purgatory.spec
            mkdir purgatory kexec
            (cd purgatory; rpm2cpio ../aarch64/kexec-purgatory-*.rpm | cpio -id)
            cp -a purgatory/usr/lib/kexec-tools /usr/lib/
            {BUILD} kexec-tools.spec
            (cd kexec; rpm2cpio ../aarch64/kexec-tools-*.rpm | cpio -id)"
        ),
    );
    // That rpm has not changed it in between, the spec's %check says.
    let image = fs::read(directory.join("purgatory/usr/lib/kexec-tools/purgatory.ro")).unwrap();
    let program = fs::read(directory.join("kexec/usr/sbin/kexec")).unwrap();
    let carried = program.windows(image.len()).any(|window| window == image);
    assert!(carried, "kexec carries another purgatory");
}
