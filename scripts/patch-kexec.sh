#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Puts target/purgatory.ro into a kexec that is already built: scripts/patch-kexec.sh KEXEC NEW
#
# kexec carries its purgatory as one ELF object among its data. Ours takes its place, with zeros up to
# the end of the old one; nothing moves, so nothing else has to know. KEXEC is left as it is.
set -euo pipefail

die() { echo "patch-kexec: $*" >&2; exit 1; }

[ $# = 2 ] || die "usage: $0 KEXEC NEW"
purgatory=$(dirname "$0")/../target/purgatory.ro
old=$1 new=$2
[ -e "$purgatory" ] || die "no target/purgatory.ro: run make"
[ -e "$old" ] || die "no $old"

# A relocatable (e_type 1) 64-bit little-endian object for AArch64 (e_machine 183).
header='\x7fELF\x02\x01\x01\0{9}\x01\0\xb7\0'
places=$(LC_ALL=C grep -obUaP "$header" "$old" | cut -d: -f1) || die "$old: no arm64 purgatory in it"
[ "$(wc -w <<<"$places")" = 1 ] || die "$old: more than one object in it, at" $places
at=$places

# field OFFSET SIZE: a number of the old object's header.
field() { od -An -v -t "u$2" -j $((at + $1)) -N "$2" --endian=little "$old" | tr -d ' '; }
# The section headers come last: e_shoff + e_shnum * e_shentsize.
slot=$(($(field 40 8) + $(field 60 2) * $(field 58 2)))
size=$(stat -c %s "$purgatory")
[ "$size" -le "$slot" ] || die "purgatory.ro has $size bytes, the place in $old $slot"

cp "$old" "$new"
{ cat "$purgatory"; head -c $((slot - size)) /dev/zero; } |
    dd of="$new" bs=1 seek="$at" conv=notrunc status=none
echo "$new: $size bytes in the place of $slot at $at"
