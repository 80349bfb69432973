#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Fails if something is missing that targets of make need, and names everything at once, in a line
# to paste: scripts/needs.sh TARGET…
# Or to be sourced, for `need` and what follows it.

missing=()
# need PACKAGE TEST…: notes the package when the test fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || [[ " ${missing[*]} " == *" $package "* ]] || missing+=("$package")
}

have() { command -v "$1" >/dev/null; }
static_libc() { [ -e "$("$1" -print-file-name=libc.a)" ]; }
debian_keyring() { [ -e /usr/share/keyrings/debian-archive-keyring.gpg ]; }
certificates() { [ -e /etc/ssl/certs/ca-certificates.crt ]; }
# Older versions have poorer models of the CPUs in `make bench`.
llvm_mca() { compgen -c llvm-mca- | grep -E '^llvm-mca-(19|[2-9][0-9])$'; }
# The newest one models the newest CPUs best; apt's lists show which that is.
newest_llvm() {
    { echo llvm-19 && apt-cache search --names-only '^llvm-[0-9]+$' 2>/dev/null; } | sed 's/ .*//' | sort -V | sed -n '$p'
}

if [ "$(uname -m)" = aarch64 ]; then
    cross_gcc=gcc cross_libc=libc6-dev
else
    cross_gcc=gcc-aarch64-linux-gnu cross_libc=libc6-dev-arm64-cross
fi

# What `make setup` installs, except Rust.
need_usual() {
    need make have make
    need gcc have gcc
    need libc6-dev static_libc gcc
    need $cross_gcc have aarch64-linux-gnu-gcc
    need $cross_libc static_libc aarch64-linux-gnu-gcc
    need xz-utils have xz
    need debian-archive-keyring debian_keyring
    need ca-certificates certificates
    need qemu-system-arm have qemu-system-aarch64
}

# The needs of a target; other targets have none. Cargo's packages have an @ in front.
need_for() {
    case $1 in
    bench)
        need_usual
        llvm_mca >/dev/null || need "$(newest_llvm)" false
        ;;
    check-packaging)
        need debootstrap have debootstrap
        need debian-archive-keyring debian_keyring
        need ca-certificates certificates
        ;;
    fuzz) need gcc have gcc ;;
    mutants)
        need_usual
        need git have git
        need @cargo-mutants have cargo-mutants
        ;;
    prove-all)
        need_for mutants
        need_for test-ld
        ;;
    test-kexec-file)
        need_usual
        need bc have bc
        need bison have bison
        need flex have flex
        need libssl-dev [ -e /usr/include/openssl/ssl.h ]
        need openssl have openssl
        need patch have patch
        need sbsigntool have sbsign
        ;;
    test-ld)
        need_usual
        need "binutils${cross_gcc#gcc}" have aarch64-linux-gnu-ld
        ;;
    test-long) need_usual ;;
    test-packages | test-qemu)
        need_usual
        need_for check-packaging
        ;;
    esac
}

[ "${BASH_SOURCE[0]}" = "$0" ] || return 0
set -euo pipefail
for target; do need_for "$target"; done
crates=()
packages=()
for package in "${missing[@]}"; do
    case $package in
    @*) crates+=("${package#@}") ;;
    *) packages+=("$package") ;;
    esac
done
line=${packages[*]:+apt-get install ${packages[*]}}
[ ${#crates[@]} = 0 ] || line+="${line:+ && }cargo install --locked ${crates[*]}"
[ -z "$line" ] || {
    printf '%s is not complete without:\n%s\n' "make $*" "$line" >&2
    exit 1
}
