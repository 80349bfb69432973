# SPDX-License-Identifier: MIT OR Apache-2.0
# To be sourced: what the system knows of Debian's mirrors.
# shellcheck shell=bash

# debian_mirror [LABEL]: the system's own mirror of `Debian` or `Debian-Security`, where it is a Debian.
# DEBIAN_MIRROR=… and DEBIAN_SECURITY_MIRROR=… choose others.
debian_mirror() {
    local label=${1-Debian} chosen configured
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
