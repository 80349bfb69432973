#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Downloads what tests/kexec boots, into target/downloads/<suite>/:
#   bookworm/Image                  Debian 12's arm64 cloud kernel
#   bookworm/busybox                a static arm64 busybox
#   bookworm/installed/             Debian 12's kexec as it is installed, and the libraries it needs
#   bookworm/kexec-tools_*.tar.xz   kexec-tools 2.0.25, as released (Debian's patches touch no arm64 code)
#   sid/kexec-tools_*.tar.xz        the newest kexec-tools
# through an apt state of its own: the system gets no foreign architecture and no source line, root
# is not needed, and apt checks Debian's signatures. A suite's directory appears when all of it is
# there; then nothing is left to do. DEBIAN_MIRROR=… chooses another mirror.
set -euo pipefail
cd "$(dirname "$0")/.."

downloads=$PWD/target/downloads
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "fetch: $*"; }
die() { echo "fetch: $*" >&2; exit 1; }

[ ! -d "$downloads/bookworm/installed" ] || [ ! -d "$downloads/sid" ] || exit 0

[ -e $keyring ] || die "no $keyring: run make setup"
mkdir -p "$downloads"
exec 9>"$downloads/.lock"
flock 9 # of two test runs at once, the second finds the work done

work=$downloads/.work
trap 'rm -rf "$work"' EXIT

# The system's own mirror, where it is a Debian.
debian_mirror() {
    local configured
    configured=$(apt-get indextargets --format '$(REPO_URI)' 'Label: Debian' 2>/dev/null | sed -n 1p)
    configured=${configured:-http://deb.debian.org/debian}
    echo "${DEBIAN_MIRROR:-${configured%/}}"
}

# apt_state SUITE TYPE…: makes an empty arm64 apt state; from here on every apt command uses it.
# Proxies and the like stay the system's.
apt_state() {
    local suite=$1 state=$work/apt type system
    shift
    system=$(apt-config dump | grep -E '^Acquire::(https?::|Check-)' || true)
    mkdir -p "$state"/etc/{apt.conf.d,preferences.d} "$state"/lists/partial "$state"/cache/archives/partial
    touch "$state/status"
    cat >"$state/apt.conf" <<END
$system
Dir "$state";
Dir::Etc "etc";
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "cache";
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "20";
END
    for type; do
        echo "$type [signed-by=$keyring] $mirror $suite main"
    done >"$state/etc/sources.list"
    export APT_CONFIG=$state/apt.conf
    apt-get -qq update
}

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

# Debian's kexec is linked to Xen's libraries, and these to one another.
installed_kexec() {
    local libraries=(
        libc6 zlib1g libxenmisc4.17
        libxen{call,devicemodel,evtchn,foreignmemory,gnttab,toolcore,toollog}1
    )
    mkdir "$work/installed" "$work/files/installed"
    cd "$work/installed"
    apt-get -qq download kexec-tools "${libraries[@]}"
    for package in ./*.deb; do dpkg-deb -x "$package" .; done
    cp -L sbin/kexec lib/aarch64-linux-gnu/{ld-linux-aarch64.so.1,libc.so.6,libz.so.1} \
        usr/lib/aarch64-linux-gnu/libxenctrl.so.4.17 \
        usr/lib/aarch64-linux-gnu/libxen{call,devicemodel,evtchn,foreignmemory,gnttab,toolcore,toollog}.so.1 \
        "$work/files/installed"
}

kexec_tools_source() {
    (cd "$work/files" && apt-get -qq source --download-only --tar-only kexec-tools)
}

bookworm() {
    apt_state bookworm deb deb-src
    local kernel
    kernel=$(apt-cache depends linux-image-cloud-arm64 | sed -n 's/.*Depends: \(linux-image-.*\)/\1/p')
    say "$kernel, busybox-static, kexec-tools"
    from_package "$kernel" 'boot/vmlinuz-*' Image
    from_package busybox-static bin/busybox busybox
    (installed_kexec)
    kexec_tools_source
}

sid() {
    apt_state sid deb-src
    kexec_tools_source
}

mirror=$(debian_mirror)
for suite in bookworm sid; do
    case $suite in
    bookworm) [ ! -d "$downloads/bookworm/installed" ] || continue ;;
    sid) [ ! -d "$downloads/sid" ] || continue ;;
    esac
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
        say "NOT HERE: kexec-tools of Debian sid, $mirror does not give it; its test fails unless PURGATORY_WITHOUT=sid"
    else
        die "nothing from $mirror; with network, or with DEBIAN_MIRROR=… set, run: scripts/fetch.sh"
    fi
done
