# SPDX-License-Identifier: MIT OR Apache-2.0
SUMMARY = "The code between two Linux kernels on arm64, which verifies a kexec"
DESCRIPTION = "Built for kexec-tools to carry it in the place of its own purgatory: it \
               verifies what was loaded with MMU and D-cache on."
SECTION = "kernel/userland"
LICENSE = "(MIT | Apache-2.0) & MIT"
LIC_FILES_CHKSUM = "file://LICENSE-MIT;md5=1cfff1e06668c73231185ac04a92a945"
CVE_PRODUCT = "kexec-purgatory"

# rustc's source comes with it; lld links the image.
DEPENDS = "cargo-native lld-native rust-native"

# From `make dist`: local.conf names its folder, and its checksum is beside it.
KEXEC_PURGATORY_DIR ?= "${THISDIR}/files"
SRC_URI = "file://${KEXEC_PURGATORY_DIR}/purgatory-${PV}.tar.xz"
S = "${UNPACKDIR}/purgatory-${PV}"

inherit_defer native

export CARGO_HOME = "${WORKDIR}/cargo-home"
export CARGO_NET_OFFLINE = "true"

do_compile() {
    oe_runmake
}

do_install() {
    install -D -m 0644 ${S}/target/purgatory.ro ${D}${datadir}/kexec-purgatory/purgatory.ro
}

# It is not a program for the build machine.
INHIBIT_SYSROOT_STRIP = "1"
