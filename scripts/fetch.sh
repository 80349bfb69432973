#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Downloads what tests/kexec and tests/probe boot, into target/downloads/<suite>/:
#   bookworm/Image                  Debian 12's arm64 cloud kernel
#   bookworm/busybox                a static arm64 busybox
#   {bookworm,trixie}/u-boot.bin    U-Boot for QEMU's machine virt
#   */installed/                    Debian's kexec as it is installed, and the libraries it needs
#   bookworm/kexec-tools_*.tar.xz   kexec-tools 2.0.25, as released (Debian's patches touch no arm64 code)
#   trixie/installed/               Debian 13's
#   sid/Image                       the newest arm64 cloud kernel, which supports SME
#   sid/kexec-tools_*.tar.xz        the newest kexec-tools
# through an apt state of its own: the system gets no foreign architecture and no source line, root
# is not needed, and apt checks Debian's signatures. A suite's directory appears once it is
# complete; then nothing is left to do. DEBIAN_MIRROR=… chooses another mirror.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian-mirror.sh

downloads=$PWD/target/downloads
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "fetch: $*"; }
die() { echo "fetch: $*" >&2; exit 1; }

# is_here SUITE: whether all of it is there, judged by the files that this script learned to fetch
# last.
is_here() {
    case $1 in
    sid) [ -d "$downloads/$1/installed" ] ;;
    *) [ -e "$downloads/$1/u-boot.bin" ] ;;
    esac
}

! is_here bookworm || ! is_here trixie || ! is_here sid || exit 0

[ -e $keyring ] || die "no $keyring: run make setup"
mkdir -p "$downloads"
exec 9>"$downloads/.lock"
flock 9 # of two test runs at once, the second finds the work done

work=$downloads/.work
trap 'rm -rf "$work"' EXIT

# from_package PACKAGE PATTERN NAME: takes one file out of an arm64 package.
from_package() {
    local package=$1 pattern=$2 name=$3
    (
        mkdir "$work/$package" && cd "$work/$package"
        apt-get -qq download "$package"
        dpkg-deb -x ./*.deb .
        # shellcheck disable=SC2086
        cp $pattern "$work/files/$name"
    )
}

# Debian's kexec, and what it is linked to: libraries of Xen's, which are linked to one another.
installed_kexec() {
    local packages missing=(kexec) libraries
    packages=$(apt-cache depends --recurse --no-{recommends,suggests,conflicts,breaks,replaces,enhances} kexec-tools |
        grep -xE 'kexec-tools|libc6|zlib1g|libxen.*' | sort -u)
    mkdir "$work/installed" "$work/files/installed"
    cd "$work/installed"
    # shellcheck disable=SC2086
    apt-get -qq download $packages
    for package in ./*.deb; do dpkg-deb -x "$package" .; done
    while [ ${#missing[@]} -gt 0 ]; do
        for file in "${missing[@]}"; do
            cp -L "$(find . -path "*/sbin/$file" -o -path "*/lib/*$file" | sed 1q)" "$work/files/installed"
        done
        mapfile -t libraries < <(readelf -d "$work"/files/installed/* | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | sort -u)
        missing=()
        for file in "${libraries[@]}"; do
            [ -e "$work/files/installed/$file" ] || missing+=("$file")
        done
    done
}

u_boot() { from_package u-boot-qemu usr/lib/u-boot/qemu_arm64/u-boot.bin u-boot.bin; }

kexec_tools_source() {
    (cd "$work/files" && apt-get -qq source --download-only --tar-only kexec-tools)
}

# depends PACKAGE PREFIX: prints the package with this prefix on which another depends, if there is
# one.
depends() {
    apt-cache depends "$1" | sed -n "s/^ *Depends: \($2.*\)/\1/p"
}

# The suite's cloud kernel. Debian's packages of 7.2 and later have the image in one of their own,
# beside the modules.
cloud_kernel() {
    local package binary
    package=$(depends linux-image-cloud-arm64 linux-image-)
    binary=$(depends "$package" linux-binary-)
    say "${binary:-$package}"
    if [ -n "$binary" ]; then
        from_package "$binary" 'usr/lib/modules/*/vmlinuz' Image
    else
        from_package "$package" 'boot/vmlinuz-*' Image
    fi
}

bookworm() {
    apt_state "$work/apt" bookworm deb deb-src
    say "busybox-static, kexec-tools, u-boot-qemu"
    cloud_kernel
    from_package busybox-static bin/busybox busybox
    u_boot
    (installed_kexec)
    kexec_tools_source
}

trixie() {
    apt_state "$work/apt" trixie deb
    say "kexec-tools, u-boot-qemu"
    (installed_kexec)
    u_boot
}

sid() {
    apt_state "$work/apt" sid deb deb-src
    cloud_kernel
    say "kexec-tools"
    (installed_kexec)
    kexec_tools_source
}

mirror=$(debian_mirror Debian)
for suite in bookworm trixie sid; do
    ! is_here "$suite" || continue
    say "Debian $suite from $mirror"
    rm -rf "$work"
    mkdir -p "$work/files"
    set +e # within `if` or `||` the inner -e would be without effect
    (set -e; $suite)
    failed=$?
    set -e
    if [ $failed = 0 ]; then
        rm -rf "${downloads:?}/$suite"
        mv "$work/files" "$downloads/$suite"
    elif [ $suite = sid ]; then
        say "NOT HERE: Debian sid's kernel and kexec-tools, $mirror does not give them; their tests fail unless PURGATORY_WITHOUT=sid"
    else
        die "nothing from $mirror; with network, or with DEBIAN_MIRROR=… set, run: scripts/fetch.sh"
    fi
done
