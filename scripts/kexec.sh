#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Builds kexec-tools with target/purgatory.ro, or with SHA256=sha2 target/purgatory-sha2.ro, in place of its
# own purgatory:
#   SRC=DIRECTORY    its source, of 2.0.14 or later
#   BUILD=DIRECTORY  where it is built, if not there
#   CROSS_COMPILE=aarch64-linux-gnu-   on another machine than arm64
#   CONFIGURE=…      more for ./configure, which runs if it has not run there
# and fails unless BUILD/build/sbin/kexec carries the image. `make install` there installs that.
set -euo pipefail

die() { echo "kexec: $*" >&2; exit 1; }

name=purgatory
[ "${SHA256-}" != sha2 ] || name=purgatory-sha2
ours=$(realpath "$(dirname "$0")/../target/$name.ro")
[ -e "$ours" ] || die "no target/$name.ro: run make"
[ -n "${SRC-}" ] || die "SRC=DIRECTORY: where is the source of kexec-tools?"
[ -e "$SRC/configure.ac" ] && [ -d "$SRC/purgatory" ] || die "SRC=$SRC: no source of kexec-tools"
src=$(realpath "$SRC")
mkdir -p "${BUILD:=$src}"
build=$(realpath "$BUILD")
[[ $src$build != *[[:space:]\\\"\'\`\#\$\&\;\:\%\*]* ]] ||
    die "$src or $build: its name has a space in it, or another character that configure or make takes for more"
# Releases have a stray config.h in their include/, which is searched before that of the build.
[ "$src" = "$build" ] || export CPPFLAGS="-I$build/include ${CPPFLAGS-}"
read -ra configure <<<"${CONFIGURE-}"
if [ -n "${CROSS_COMPILE-}" ]; then
    configure=("--host=$(basename "${CROSS_COMPILE%-}")" "${configure[@]}")
    export PATH="${CROSS_COMPILE%"$(basename "$CROSS_COMPILE")"}:$PATH" BUILD_CC=${BUILD_CC-gcc}
fi
# Only the number of jobs is passed on from the calling make to its Makefile.
flags=${MAKEFLAGS-} jobs=()
for flag in ${flags%% -- *}; do
    [[ $flag != -j* ]] || jobs=("$flag")
done
unset MAKEFLAGS MFLAGS MAKELEVEL SRC BUILD CROSS_COMPILE CONFIGURE

if [ ! -e "$build/config.status" ]; then
    [ -x "$src/configure" ] || (cd "$src" && ./bootstrap)
    (cd "$build" && "$src/configure" "${configure[@]}")
fi
arch=$(sed -n 's/^ARCH[[:space:]]*=[[:space:]]*//p' "$build/Makefile")
[ "$arch" = arm64 ] || die "$build is configured for $arch, not for arm64; on another machine: CROSS_COMPILE=aarch64-linux-gnu-"

# Its Makefiles compare times: the parts of its own purgatory must be older than ours.
make "${jobs[@]}" -C "$build"
cp "$ours" "$build/purgatory/purgatory.ro"
touch "$build/purgatory/purgatory.ro"
rm -f "$build/kexec/purgatory.c"
make "${jobs[@]}" -C "$build"

# A relocatable (e_type 1) 64-bit little-endian object for AArch64 (e_machine 183).
header='\x7fELF\x02\x01\x01\0{9}\x01\0\xb7\0'
kexec=$build/build/sbin/kexec
places=$(LC_ALL=C grep -obUaP "$header" "$kexec" | cut -d: -f1 | xargs)
[ "$(wc -w <<<"$places")" = 1 ] || die "$kexec has not one purgatory in it: ${places:-none}"
cmp -s "$ours" "$build/purgatory/purgatory.ro" &&
    cmp -s --ignore-initial=0:"$places" --bytes="$(stat -c %s "$ours")" "$ours" "$kexec" ||
    die "make in $build built its own purgatory again, and $kexec has it: are files there newer than now?"
echo "$kexec carries $(sha256sum "$ours")"
