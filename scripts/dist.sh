#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Packs the image's source, without the tests, and with the crates that it, xtask and the tool need:
#   target/purgatory-VERSION.tar.xz, and its SHA-256 in a file beside it
# The same tree gives the same file. Its times are SOURCE_DATE_EPOCH, or the commit's. Crates that
# cargo does not have yet are downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

die() { echo "dist: $*" >&2; exit 1; }

git() { command git -c safe.directory='*' "$@"; }
[ -e .git ] || die "this tree has no .git, which says what belongs to it"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
name=purgatory-$version
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
new=$PWD/target/dist/$name
rm -rf target/dist "target/$name.tar.xz"{,.new,.sha256}
mkdir -p "$new"

# Leaves out everything that builds and runs tests.
left_out=(tests findings .cargo/{deny,mutants}.toml .ci .github .editorconfig .gitignore scripts/{fetch,mutants,needs,setup,suite,enter,dist,debian-mirror}.sh)
git ls-files -z -- . "${left_out[@]/#/:!}" | xargs -0 cp --parents -t "$new"
git describe --always --abbrev=12 --dirty --exclude='*' >"$new/COMMIT"

# The manifests without tests, paragraph by paragraph.
for manifest in {,xtask/,tool/,probe/}Cargo.toml; do
    awk -v RS= -v ORS='\n\n' '
        /(^|\n)\[(dev-dependencies|profile\.)/ { next }
        /^# SPDX/ { gsub(/    "tests[^"]*",\n/, ""); sub(/, "tests"\]/, "]") }
        { print }' $manifest >"$new/$manifest"
done
! grep '"tests' "$new/Cargo.toml" || die "its Cargo.toml still names tests"

cd "$new"
cargo() { command "${CARGO:-cargo}" --quiet "$@"; }
# Removes from Cargo.lock what is no longer needed; no other crate may be added.
cargo metadata --format-version=1 >/dev/null
added=$(grep ^checksum Cargo.lock | grep -vxFf ../../../Cargo.lock || true)
[ -z "$added" ] || die "Cargo.lock has got other crates: $added"
cargo vendor --locked vendor >/dev/null

cat >>.cargo/config.toml <<'END'

# Nothing is downloaded.
[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "vendor"
END

cd ..
find "$name" ! -type d -print0 | sort -z >files
tar --create --null --files-from=files --format=gnu --mtime="@$epoch" --owner=0 --group=0 --numeric-owner \
    --mode=u=rwX,go=rX | xz -9 --threads=1 >"../$name.tar.xz.new"
cd ..
mv "$name.tar.xz.new" "$name.tar.xz"
rm -rf dist
sha256sum "$name.tar.xz" | tee "$name.tar.xz.sha256"
