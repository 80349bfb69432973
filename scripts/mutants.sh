#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The library's mutation score: cargo-mutants makes one change at a time in a copy of the tree. Each
# change must either fail a test on the host or be listed in tests/lab/mutants/library.txt, not both.
#
#   scripts/mutants.sh                           all of it, a quarter of an hour
#   scripts/mutants.sh --file src/request.rs     with arguments for cargo-mutants: a part
set -euo pipefail
# One order for everything that is sorted and compared.
export LC_ALL=C
cd "$(dirname "$0")/.."

readonly KNOWN=$PWD/tests/lab/mutants/library.txt
readonly OUT=$PWD/target/mutants/library
readonly COPY=$OUT/tree
# Modules with constructors that decide something, and the types that these make.
readonly MODULES=(region translation request cpu paging/layout paging/pool)
readonly TYPES='Region|PaRange|Regime|Request|Check|TableOffer|Cpu|Layout|Pool'

scripts/needs.sh mutants
rm -rf "$COPY"
mkdir -p "$COPY"
git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents -t "$COPY"
cd "$COPY"

# In the copy tests/pool, which needs nothing else, is one of the library's own, so that no instrument
# has to be compiled.
printf '\n[[test]]\nname = "pool"\npath = "tests/pool/main.rs"\n' >>Cargo.toml

# cargo-mutants does not change functions called `new`. Here these are the checks.
for module in "${MODULES[@]}"; do
    sed -i 's/\bfn new(/fn made(/' "src/$module.rs"
done
find src tests/pool -name '*.rs' ! -path 'src/arch/*' -print0 |
    xargs -0 sed -i -E "s/\b($TYPES)::new\(/\1::made(/g"

# Prints changed lines without their numbers, which move.
names() {
    local file line mutation
    while IFS=: read -r file line _ mutation; do
        printf '%s:%s: %s\n' "$file" "$mutation" "$(sed -n "${line}s/^ *//p" "$file")"
    done | sed 's/\bmade\b/new/g; s/::made/::new/g' | sort
}

# Most of the time goes into the tests, and optimising makes them faster. CPU time ends an endless
# loop, because wall time depends on what else the machine does.
export CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=1
export PROPTEST_CASES=${PROPTEST_CASES:-32}
host=$(rustc --print host-tuple)
host=${host//-/_}
export "CARGO_TARGET_${host^^}_RUNNER=prlimit --cpu=20"
status=0
# Each job has its own copy. One of git's files ignores the tree from which they are copied.
cargo mutants --jobs "${MUTANTS_JOBS:-$(nproc)}" --gitignore=false --no-shuffle -o "$OUT" "$@" || status=$?
# 2: some have survived. 3: some ran out of time.
case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac

found=$OUT/mutants.out
count() { wc -l <"$found/$1.txt"; }
caught=$(($(count caught) + $(count timeout)))
missed=$(count missed)
names <"$found/missed.txt" >"$OUT/survivors.txt"
echo "library: $caught of $((caught + missed)) mutants caught, $missed survive"
listed() { sed '/^#/d; /^$/d' "$KNOWN" | sort; }
new=$(comm -13 <(listed) "$OUT/survivors.txt")
gone=$(comm -23 <(listed) "$OUT/survivors.txt")
if [ -n "$new" ]; then
    printf 'mutants: not caught, and not in %s:\n%s\n' "$KNOWN" "$new" >&2
    exit 1
fi
# If only a part was tried, the others are missing.
if [ $# = 0 ] && [ -n "$gone" ]; then
    printf 'mutants: in %s, and caught or not there any more:\n%s\n' "$KNOWN" "$gone" >&2
    exit 1
fi
