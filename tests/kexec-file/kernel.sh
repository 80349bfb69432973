#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds the kernel that carries target/purgatory.ro, by packaging/linux/VERSION.patch:
#   tests/kexec-file/kernel.sh VERSION
# into target/kexec-file/VERSION/: Image; Image.signed, by a key that the kernel trusts; Image.stock, the same kernel
# without the patch, for comparison. The source is Debian's linux-source-VERSION. If only purgatory.ro has changed,
# only that and what depends on it is built again.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/debian-mirror.sh

top=$PWD
export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
unset CC CFLAGS CPPFLAGS LDFLAGS MAKEFLAGS MFLAGS MAKELEVEL

say() { echo "kernel: $*"; }
die() { echo "kernel: $*" >&2; exit 1; }

[ $# = 1 ] || die "usage: $0 VERSION"
version=$1
patch=$top/packaging/linux/$version.patch
out=$top/target/kexec-file/$version
source=$out/source
[ -e "$patch" ] || die "no packaging/linux/$version.patch"

scripts/needs.sh test-kexec-file

# Runs a command quietly; when it fails, its output tells why.
quietly() { "$@" >"$out/log" 2>&1 || { tail -n40 "$out/log" >&2; die "failed: $*"; }; }

# Debian's source, as it is.
unpack() {
    local work=$out/.work package
    rm -rf "$source" "$work"
    mkdir -p "$work/apt"
    say "linux-source-$version"
    for suite in trixie sid; do
        (
            apt_state "$work/apt" "$suite" deb && cd "$work" &&
                apt-get -qq download "linux-source-$version"
        ) 2>"$work/log" && break
    done
    package=$(ls "$work"/*.deb 2>/dev/null) ||
        die "no linux-source-$version in trixie or sid: $(cat "$work/log")"
    dpkg-deb -x "$package" "$work/x"
    mkdir "$work/source"
    tar -xf "$work/x/usr/src/linux-source-$version.tar.xz" -C "$work/source" --strip-components=1
    basename "$package" >"$out/version"
    mv "$work/source" "$source"
    rm -rf "$work"
}

configure() {
    (
        cd "$source"
        mkdir -p keys
        [ -e keys/key.pem ] ||
            quietly openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=kexec-file-test \
                -keyout keys/key.pem -out keys/cert.pem
        quietly make tinyconfig
        quietly scripts/kconfig/merge_config.sh -m -Q .config "$top/tests/kexec-file/kernel.config"
        quietly make olddefconfig
    )
    # An option that the kernel no longer has would be ignored silently.
    while read -r line; do
        grep -qxF "$line" "$source/.config" || [[ $line = *=n ]] || die "the kernel does not take $line"
    done < <(grep '^CONFIG_' tests/kexec-file/kernel.config)
}

image() { quietly make -C "$source" -j"$(nproc)" Image; }

mkdir -p "$out"
exec 9>"$out/.lock"
flock 9
[ -e "$source/Makefile" ] || unpack
if ! cmp -s "$patch" "$out/applied.patch"; then
    [ ! -e "$out/applied.patch" ] || die "$patch has changed: remove $out"
    configure
    say "building $(cat "$out/version") without the patch"
    image
    cp "$source/arch/arm64/boot/Image" "$out/Image.stock"
    # By patch's own messages: neither at another line nor with other lines around it.
    quietly patch -p1 --fuzz=0 -d "$source" -i "$patch"
    ! grep -E 'offset|fuzz' "$out/log" || die "$patch does not fit exactly"
    cp "$patch" "$out/applied.patch"
    configure
fi
if ! cmp -s target/purgatory.ro "$source/arch/arm64/purgatory/purgatory.ro" || [ ! -e "$out/Image.signed" ]; then
    rm -f "$out"/Image{,.signed}
    cp target/purgatory.ro "$source/arch/arm64/purgatory/purgatory.ro"
    touch "$source/arch/arm64/purgatory/purgatory.ro"
    say "building $(cat "$out/version") with target/purgatory.ro"
    image
    cp "$source/arch/arm64/boot/Image" "$out/Image"
    quietly sbsign --key "$source/keys/key.pem" --cert "$source/keys/cert.pem" --output "$out/Image.signed" "$out/Image"
fi
