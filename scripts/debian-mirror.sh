# SPDX-License-Identifier: MIT OR Apache-2.0
# To be sourced: the system's settings for Debian's mirrors.
# shellcheck shell=bash

# debian_mirror LABEL: the system's own mirror of `Debian` or `Debian-Security`, if it is a Debian. DEBIAN_MIRROR=…
# and DEBIAN_SECURITY_MIRROR=… choose others.
debian_mirror() {
    local label=$1 chosen configured
    case $label in
    Debian) chosen=${DEBIAN_MIRROR-} configured=http://deb.debian.org/debian ;;
    Debian-Security) chosen=${DEBIAN_SECURITY_MIRROR-} configured=http://deb.debian.org/debian-security ;;
    esac
    [ -n "$chosen" ] || chosen=$(apt-get indextargets --format '$(REPO_URI)' "Label: $label" 2>/dev/null | sed -n 1p)
    chosen=${chosen:-$configured}
    echo "${chosen%/}"
}

# apt_acquire: the system's proxies and the like, as lines of an apt.conf.
apt_acquire() { apt-config dump 2>/dev/null | grep -E '^Acquire::(https?::|Check-)' || true; }

# apt_state DIRECTORY SUITE TYPE…: makes an empty arm64 apt state there, which every apt command uses from then on.
# Proxies and the like stay the system's.
apt_state() {
    local state=$1 suite=$2 type system mirror keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    shift 2
    system=$(apt_acquire)
    mirror=$(debian_mirror Debian)
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
