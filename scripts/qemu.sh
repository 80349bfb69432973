#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# Makes another Debian's QEMU a program here: scripts/qemu.sh SUITE (root)
#   target/suites/SUITE/qemu-system-aarch64   for `make test QEMU=…`, which runs it as such
# It sees this folder, the downloads, and temporary files, by their own names.
set -euo pipefail
cd "$(dirname "$0")/.."

[ $# = 1 ] || { echo "usage: $0 SUITE" >&2; exit 1; }
suite=$1
mkdir -p target/downloads
program=target/suites/$suite/qemu-system-aarch64
scripts/suite.sh "$suite" qemu 'apt-get -q install -y qemu-system-arm'

seen=$(printf -- ' --bind %q' "$PWD" "$(realpath target/downloads)")
cat >"$program.new" <<END
#!/bin/bash
exec $(printf %q "$PWD/scripts/enter.sh")$seen --bind "\${TMPDIR:-/tmp}" $suite qemu '' qemu-system-aarch64 "\$@"
END
chmod +x "$program.new"
mv "$program.new" "$program"
"$program" --version
