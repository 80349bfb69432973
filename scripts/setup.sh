#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Installs what building, testing and running need on Debian 12, Debian 13 and Ubuntu 26.04, then
# fetches the test downloads. Run it as often as you like: it changes nothing that is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/needs.sh

QEMU_LOWEST=9   # older ones let unaligned accesses to Device memory pass, so they hide bugs
RUSTC_LOWEST=$(sed -n 's/^rust-version = "1\.\(.*\)"/\1/p' Cargo.toml)
TARGET=aarch64-unknown-none-softfloat

say() { echo "setup: $*"; }
die() { echo "setup: $*" >&2; exit 1; }

# --- what is missing? -----------------------------------------------------------------------

qemu_is_new_enough() {
    have qemu-system-aarch64 || return
    local version
    version=$(qemu-system-aarch64 --version | sed -n 's/.* version \([0-9]*\).*/\1/p')
    [ "${version:-0}" -ge $QEMU_LOWEST ]
}

# Is one of these files there? A broken link does not count.
exists() {
    local file
    for file; do
        [ ! -e "$file" ] || return 0
    done
    return 1
}

# Has this rustc, which `make` is to use, what xtask will look for (`core` for the target, built or
# as source) and what `make check` runs? Its programs are beside it or in its sysroot.
rust_is_complete() {
    local rustc=$1 sysroot minor tool
    minor=$("$rustc" --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
    [ "${minor:-0}" -ge "$RUSTC_LOWEST" ] || return
    sysroot=$("$rustc" --print sysroot)
    [ -e "$sysroot/lib/rustlib/src/rust/library/core/Cargo.toml" ] ||
        exists "$sysroot/lib/rustlib/$TARGET/lib"/libcore-*.rlib || return
    for tool in cargo cargo-clippy cargo-fmt rustfmt; do
        [ -x "$sysroot/bin/$tool" ] || [ -x "$(dirname "$rustc")/$tool" ] || return
    done
}

# The one that `make` uses by default, else the distribution's, which `RUSTC=/usr/bin/rustc make` uses.
complete_rust() {
    local rustc
    for rustc in "$(command -v "${RUSTC:-rustc}")" /usr/bin/rustc; do
        rust_is_complete "$rustc" && echo "$rustc" && return
    done
    return 1
}

# xtask links with LLD: that of the compiler, else the system's.
linker() {
    local rustc
    have ld.lld || { rustc=$(complete_rust) && exists "$("$rustc" --print sysroot)"/lib/rustlib/*/bin/rust-lld; }
}

# The tests also build with `core` from source.
core_source() {
    local rustc
    rustc=$(complete_rust) && [ -e "$("$rustc" --print sysroot)/lib/rustlib/src/rust/library/core/Cargo.toml" ]
}

# With rustup it is one small download. If that fails, distribution packages will do.
rust_from_rustup() {
    have rustup || return
    say "rustup target add $TARGET"
    timeout 120 rustup target add $TARGET >/dev/null 2>&1 &&
        timeout 120 rustup component add clippy rustfmt >/dev/null 2>&1 &&
        complete_rust >/dev/null
}

need_usual
need qemu-system-arm qemu_is_new_enough
need llvm llvm_mca
need shellcheck shellcheck --version
need elfutils eu-elflint --version
complete_rust >/dev/null || rust_from_rustup || missing+=(rust)
need lld linker
core_source || ! have rustup || timeout 120 rustup component add rust-src >/dev/null 2>&1 ||
    say "rustup has no rust-src now; tests/reproducible/main.rs says how to leave its part out"

# --- install it -----------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"
}
wants() { [[ " ${missing[*]} " == *" $1 "* ]]; }

# The names of a complete Rust toolchain with library source. Debian 12's own `rustc` is too old;
# the one kept current for web browsers (security suite) is not.
rust_packages() {
    if [ "$ID-${VERSION_CODENAME-}" = debian-bookworm ]; then
        echo rustc-web cargo-web rust-web-src rust-web-clippy rustfmt-web
    else
        echo rustc cargo rust-src rust-clippy rustfmt
    fi
}

# Is there a QEMU new enough in any configured suite?
qemu_is_offered() {
    apt-cache madison qemu-system-arm | awk -v lowest=$QEMU_LOWEST \
        '{ sub(/^[0-9]+:/, "", $3); if ($3 + 0 >= lowest) found = 1 } END { exit !found }'
}

# Debian 12 has QEMU 7.2, its backports have 10: take QEMU, and nothing else, from there.
qemu_from_backports() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 'Codename: bookworm' | sed -n 1p)
    say "preferring bookworm-backports, for QEMU only (/etc/apt/preferences.d/qemu-from-backports)"
    as_root tee /etc/apt/preferences.d/qemu-from-backports >/dev/null <<END
Package: src:qemu
Pin: release n=bookworm-backports
Pin-Priority: 990
END
    qemu_is_offered && return
    say "adding bookworm-backports, for QEMU only (/etc/apt/sources.list.d/qemu-from-backports.sources)"
    as_root tee /etc/apt/sources.list.d/qemu-from-backports.sources >/dev/null <<END
Types: deb
URIs: ${mirror:-http://deb.debian.org/debian}
Suites: bookworm-backports
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
END
    apt_get update
}

if [ ${#missing[@]} -gt 0 ]; then
    have apt-get || die "no apt-get here; install these, in your system's words: ${missing[*]} (QEMU >= $QEMU_LOWEST)"
    [ "$(id -u)" = 0 ] || have sudo || die "neither root nor sudo; as root, run: $0"
    . /etc/os-release
    say "package lists"
    apt_get update
    if wants qemu-system-arm && [ "$ID-${VERSION_CODENAME-}" = debian-bookworm ]; then
        qemu_from_backports
    fi
    packages=()
    for package in "${missing[@]}"; do
        case $package in
            rust) read -ra rust <<<"$(rust_packages)" && packages+=("${rust[@]}") ;;
            llvm) packages+=("$(newest_llvm)") ;;
            *) packages+=("$package") ;;
        esac
    done
    say "installing ${packages[*]}"
    apt_get install --no-install-recommends "${packages[@]}" >/dev/null
fi

# --- is it good? ----------------------------------------------------------------------------

qemu_is_new_enough || die "QEMU $QEMU_LOWEST or later is needed, this is: $(qemu-system-aarch64 --version | sed 1q)"
rustc=$(complete_rust) || die "no Rust 1.$RUSTC_LOWEST or later that can build for $TARGET: \
rustup target add $TARGET, or install your distribution's rustc, cargo, library source, clippy and rustfmt"
linker >/dev/null || die "no linker: neither rust-lld nor ld.lld is here"

say "$("$rustc" --version | cut -d' ' -f1,2) ($rustc), $(qemu-system-aarch64 --version | sed -n '1s/QEMU emulator version/QEMU/p')"
[ "$rustc" = "$(command -v "${RUSTC:-rustc}")" ] ||
    say "another rustc comes first on PATH and lacks $TARGET: build with RUSTC=$rustc make"
scripts/fetch.sh
say "ready"
