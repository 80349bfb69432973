#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Checks each recipe in packaging/: by its ecosystem's linters and parsers, if Debian or PyPI has
# them, and by running it on a stand-in for kexec-tools.
#   scripts/check-packaging.sh          in Debian trixie, with these tools (scripts/suite.sh; root)
#   scripts/check-packaging.sh --here   with what this machine has
# A missing tool fails; PURGATORY_WITHOUT=rpmlint,… goes on without it. The last lines say which
# tool checked what, and what was not checked.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "${1-}" != --here ]; then
    # pip needs this machine's certificates: a suite has only Debian's keys.
    requirements=scripts/check-packaging/requirements.txt
    install -D -m 644 -t target/suites/trixie /etc/ssl/certs/ca-certificates.crt $requirements
    scripts/suite.sh trixie linters "apt-get -qq -y install lintian make makepkg nix-bin \
pacman-package-manager python3-venv rpm rpmlint shellcheck
echo '$(sha256sum <$requirements | cut -d" " -f1)  requirements.txt' | sha256sum --check --quiet
python3 -m venv /opt/oelint
/opt/oelint/bin/pip -q --cert ca-certificates.crt install --require-hashes --only-binary=:all: -r requirements.txt
ln -s /opt/oelint/bin/oelint-adv /usr/bin/"
    cp -r --parents packaging scripts Cargo.lock Cargo.toml LICENSE-* "$work"
    scripts/enter.sh trixie linters "$work" \
        env PURGATORY_WITHOUT="${PURGATORY_WITHOUT-}" scripts/check-packaging.sh --here
    exit
fi

version=$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' Cargo.toml)
stand_ins=$PWD/scripts/check-packaging
failed=0
checked=()
unchecked=(
    "alpine: abuild and apkbuild-lint are not in Debian"
    "arch: namcap is not in Debian"
    "buildroot: its make and its check-package come with its source alone"
    "nix: Nixpkgs is not in Debian"
    "openembedded: bitbake and oe-core are not in Debian"
)

# check TOOL WHAT FUNCTION: calls it, unless the tool is missing.
check() {
    local tool=$1 what=$2 status
    if ! command -v "$tool" >/dev/null; then
        case ,${PURGATORY_WITHOUT-}, in
        *,"$tool",*) unchecked+=("$what: $tool is not there, PURGATORY_WITHOUT=$PURGATORY_WITHOUT") ;;
        *)
            echo "check-packaging: $what: no $tool: install it, or PURGATORY_WITHOUT=$tool goes on without" >&2
            failed=1
            ;;
        esac
        return
    fi
    set +e # within `if` or `||` the inner -e would be without effect
    (set -e; "$3") >"$work/log" 2>&1
    status=$?
    set -e
    if [ $status = 0 ]; then
        checked+=("$what: $tool")
    else
        cat "$work/log" >&2
        echo "check-packaging: $what: $tool: failed, see above" >&2
        failed=1
    fi
}

# says FILE LINE
says() { grep -qxF -- "$2" "$1" || { echo "$1 lacks the line: $2"; return 1; }; }

versions() {
    says packaging/rpm/kexec-purgatory.spec "Version:        $version"
    says packaging/alpine/kexec-purgatory/APKBUILD "pkgver=$version"
    says packaging/arch/kexec-purgatory/PKGBUILD "pkgver=$version"
    says packaging/buildroot/package/kexec-purgatory/kexec-purgatory.mk "KEXEC_PURGATORY_VERSION = $version"
    says packaging/nix/kexec-purgatory.nix "  version = \"$version\";"
    ls packaging/openembedded/recipes-kernel/kexec-purgatory/kexec-purgatory-native_"$version".bb
    grep "^kexec-purgatory ($version-" packaging/debian/debian/changelog
    # Each crate that the rpm names, as in Cargo.lock.
    sed -n 's/^Provides: *bundled(crate(\(.*\))) = /\1 /p' packaging/rpm/kexec-purgatory.spec |
        while read -r name crate; do
            grep -A1 "^name = \"$name\"" Cargo.lock | grep -x "version = \"$crate\"" ||
                { echo "the rpm's bundled $name $crate is not the one of Cargo.lock"; return 1; }
        done
}

# --- what a recipe does to kexec-tools ------------------------------------------------------

# Makes kexec-tools in $work/tree, and an older image.
new_tree() {
    rm -rf "${work:?}"/{tree,lib,old-times,host,host-kexec-purgatory}
    mkdir "$work/lib"
    cp -r "$stand_ins/kexec-tools" "$work/tree"
    echo "ours, purgatory: halted" >"$work/lib/purgatory.ro"
    touch -d 2001-01-01 "$work/lib/purgatory.ro"
}
carries_ours() { tail -n1 "$work/tree/build/sbin/kexec" | cmp -s - "$work/lib/purgatory.ro"; }

# tried COMMAND…, in the tree: its result must carry ours. If every cp keeps times, make passes over
# ours, and the command must notice.
tried() {
    new_tree
    (cd "$work/tree"; "$@") || { echo "failed: $*"; return 1; }
    carries_ours || { echo "kexec carries another purgatory after: $*"; return 1; }
    new_tree
    mkdir "$work/old-times"
    printf '#!/bin/sh\nexec %s -p "$@"\n' "$(command -v cp)" >"$work/old-times/cp"
    chmod +x "$work/old-times/cp"
    ! (cd "$work/tree"; PATH=$work/old-times:$PATH "$@") || { echo "no failure where cp keeps times: $*"; return 1; }
}

# Names the file of the installed kexec-purgatory in a recipe's script.
here() { sed "s,/usr/lib/kexec-tools/purgatory.ro,$work/lib/purgatory.ro,g" "$@"; }

rpm_build() {
    local spec=packaging/rpm/kexec-tools.spec
    rpmspec -P --target aarch64 packaging/rpm/kexec-purgatory.spec >/dev/null
    rpmspec -P --target aarch64 $spec | sed '1,/^%build/d; /^%install/,$d' | here >"$work/build"
    tried bash -e "$work/build"
    rpmspec -q --buildrequires --target aarch64 $spec | grep -x kexec-purgatory
    # On other architectures it must not be required, nor its file touched.
    rpmspec -P --target x86_64 $spec | sed '/^ *#/d' >"$work/x86_64"
    ! grep -E '^BuildRequires:.*kexec-purgatory|purgatory\.ro' "$work/x86_64"
}
rpm_lint() { rpmlint -c packaging/rpm/rpmlint.toml packaging/rpm/*.spec; }

alpine_build() {
    here packaging/alpine/kexec-tools/APKBUILD >"$work/APKBUILD"
    tried env CARCH=aarch64 sh -euc ". $work/APKBUILD; CBUILD=x CHOST=y; build"
    CARCH=aarch64 sh -euc ". $work/APKBUILD; echo \$makedepends" | grep -qw kexec-purgatory
    ! CARCH=x86_64 sh -euc ". $work/APKBUILD; echo \$makedepends" | grep -w kexec-purgatory
}
# abuild and makepkg read the variables that are set here, and set others; they run cd under -e.
alpine_lint() { shellcheck -s ash -e SC2034,SC2154 packaging/alpine/*/APKBUILD; }
arch_lint() { shellcheck -s bash -e SC2034,SC2154,SC2164 packaging/arch/*/PKGBUILD; }

arch_build() {
    here packaging/arch/kexec-tools/PKGBUILD >"$work/PKGBUILD"
    # The folder that the source is unpacked into is the tree.
    tried bash -euc ". $work/PKGBUILD; CARCH=aarch64; ln -sfn . kexec-tools-\$pkgver; build"
}
# As nobody, because makepkg does not run as root.
arch_parse() {
    local package
    chmod 755 "$work"
    install -d -m 777 "$work"/{kexec-purgatory,kexec-tools}
    for package in kexec-purgatory kexec-tools; do
        install -D -m 644 -t "$work/$package" "packaging/arch/$package/PKGBUILD"
        echo 0123 ours >"$work/$package/purgatory-$version.tar.xz.sha256"
        (
            cd "$work/$package"
            [ "$(id -u)" != 0 ] || as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
            HOME=/ "${as_nobody[@]}" makepkg --printsrcinfo
        ) >"$work/srcinfo"
        grep -qx "pkgname = $package" "$work/srcinfo"
    done
    grep -q 'makedepends_aarch64 = kexec-purgatory' "$work/srcinfo"
    ! grep -rnw SKIP packaging/arch || { echo "a source without a sum"; return 1; }
}

buildroot_build() {
    local package=packaging/buildroot/package/kexec-purgatory
    buildroot() {
        make -f "$stand_ins/buildroot.mk" EXTERNAL="$external" ENABLED=y TREE="$work/tree" \
            OURS="$work/lib/purgatory.ro" WORK="$work" "$@"
    }
    external=$PWD/packaging/buildroot
    mkdir -p "$work"/{dist,dl}
    echo made >"$work/dist/purgatory-$version.tar.xz"
    (cd "$work/dist" && sha256sum "purgatory-$version.tar.xz" >"purgatory-$version.tar.xz.sha256")
    cp "$work/dist/purgatory-$version.tar.xz" "$work/dl/"
    tried buildroot
    # A library or a tarball without a known checksum is refused.
    new_tree
    ! buildroot RUST_BIN_VERSION=1.0.0 || { echo "rust-std 1.0.0 is taken without a sum"; return 1; }
    new_tree
    echo older >"$work/dl/purgatory-$version.tar.xz"
    ! buildroot || { echo "a tarball with another sum is taken"; return 1; }
    for licence in APACHE MIT; do
        says $package/kexec-purgatory.hash "$(sha256sum "LICENSE-$licence" | sed 's/^/sha256  /')"
    done
}

nix_build() {
    local nix=$PWD/packaging/nix
    nix_post_build() {
        nix-instantiate --eval --strict --json "$stand_ins/nixpkgs.nix" --arg aarch64 "$1" \
            --argstr ours "$work" --arg overlay "$nix/overlay.nix" |
            python3 -c 'import json, sys; print(json.load(sys.stdin))'
    }
    nix_post_build true | sed 's,/lib/kexec-tools/,/lib/,' >"$work/post-build"
    tried bash -euc "./configure; make; . $work/post-build"
    [ -z "$(nix_post_build false)" ]
}

oe_build() {
    local append=packaging/openembedded/recipes-kernel/kexec-tools/kexec-tools_%.bbappend
    sed -n '/^do_compile:append:aarch64() {/,/^}/p' $append | sed '1d; $d' >"$work/compile"
    grep -q 'DEPENDS:append:aarch64 = " kexec-purgatory-native"' $append
    # It is built outside the source, in $B.
    tried env B="$work/tree" KEXEC_PURGATORY="$work/lib/purgatory.ro" \
        bash -euc "oe_runmake() { make; }; ./configure; make; . $work/compile"
}
# There is no page to name, and changing kexec-tools is the purpose of this layer.
oe_lint() {
    oelint-adv --quiet --suppress oelint.var.mandatoryvar.HOMEPAGE \
        --suppress oelint.var.suggestedvar.BUGTRACKER --suppress oelint.vars.noncoreoverride \
        packaging/openembedded/recipes-*/*/*.bb* packaging/openembedded/conf/layer.conf
}

debian_jobs() {
    local jobs
    for jobs in '' 3; do
        [ "$(DEB_BUILD_OPTIONS="nocheck${jobs:+ parallel=$jobs}" make -s -f packaging/debian/debian/rules \
            --eval 'jobs: ; @echo "$$CARGO_BUILD_JOBS"' jobs)" = "$jobs" ]
    done
}
debian_lint() { shellcheck packaging/debian/debian/tests/{boots,carried}; }

check grep "versions" versions
check rpmspec "rpm, parsed, and its %build tried" rpm_build
check rpmlint "rpm" rpm_lint
check shellcheck "alpine" alpine_lint
check sh "alpine, its build() tried" alpine_build
check shellcheck "arch" arch_lint
check makepkg "arch, parsed" arch_parse
check bash "arch, its build() tried" arch_build
check make "buildroot, tried with a stand-in for its make" buildroot_build
check nix-instantiate "nix, evaluated with a stand-in for Nixpkgs, and its postBuild tried" nix_build
check bash "openembedded, its do_compile tried" oe_build
check oelint-adv "openembedded" oe_lint
check make "debian, its rules' number of jobs" debian_jobs
check shellcheck "debian, its tests" debian_lint

printf 'checked      %s\n' "${checked[@]}"
printf 'not checked  %s\n' "${unchecked[@]}"
exit $failed
