#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs a command in a Debian system that scripts/suite.sh has made, as root and without network:
#   scripts/enter.sh [--online] [--bind DIRECTORY]… SUITE LAYER WORK COMMAND…
# LAYER may be empty. The directory WORK is /work in there, and the current one; if it is empty there is none. A
# DIRECTORY has its own name in there too. Everything else that the command writes is lost, except with KEEP=NAME,
# which makes a layer of that name. All mounts, and all processes that it starts, end with it.
set -euo pipefail

die() { echo "enter: $*" >&2; exit 1; }

network=--net binds=()
[ "${1-}" != --online ] || { network='' && shift; }
while [ "${1-}" = --bind ]; do
    binds+=("$(realpath "$2")")
    shift 2
done
[ $# -ge 4 ] || die "usage: $0 [--online] [--bind DIRECTORY]… SUITE LAYER WORK COMMAND…"
[ "$(id -u)" = 0 ] || die "root alone may enter a suite"
suite=$(dirname "$0")/../target/suites/$1 layer=$2 work=${3:+$(realpath "$3")}
shift 3
[ -d "$suite/base" ] || die "no $suite/base: run scripts/suite.sh"

inside() {
    suite=$1 layer=$2 work=$3 binds=("${@:5:$4}")
    shift $((4 + $4))
    cd "$suite"
    keep=${KEEP-}
    if [ -z "$keep" ]; then
        keep=/run
        mount -t tmpfs tmpfs $keep
    fi
    mkdir -p "$keep"/{changes,work,root}
    # Names within the suite are relative, because the option allows neither comma nor colon in a
    # path.
    mount -t overlay overlay "$keep/root" \
        -o "lowerdir=${layer:+$layer/changes:}base,upperdir=$keep/changes,workdir=$keep/work"
    mount -t proc proc "$keep/root/proc"
    # Only devices that do not lead to anything of the machine's.
    mount -t tmpfs -o mode=755 tmpfs "$keep/root/dev"
    for node in null zero full random urandom tty; do
        touch "$keep/root/dev/$node"
        mount --bind "/dev/$node" "$keep/root/dev/$node"
    done
    mkdir -m 1777 "$keep/root/dev/shm"
    mkdir "$keep/root/dev/pts"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$keep/root/dev/pts"
    ln -s pts/ptmx "$keep/root/dev/ptmx"
    ln -s /proc/self/fd "$keep/root/dev/fd"
    ln -s fd/0 "$keep/root/dev/stdin"
    ln -s fd/1 "$keep/root/dev/stdout"
    ln -s fd/2 "$keep/root/dev/stderr"
    for bind in "${binds[@]}"; do
        mkdir -p "$keep/root$bind"
        mount --bind "$bind" "$keep/root$bind"
    done
    if [ -n "$work" ]; then
        mkdir -p "$keep/root/work"
        mount --bind "$work" "$keep/root/work"
    fi
    exec chroot "$keep/root" env -i -C "${work:+/work}/" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
        DEBIAN_FRONTEND=noninteractive "$@"
}

exec unshare --mount --pid --fork --kill-child $network \
    bash -euc "$(declare -f inside); inside \"\$@\"" enter "$suite" "$layer" "$work" ${#binds[@]} "${binds[@]}" "$@"
