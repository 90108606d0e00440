#!/usr/bin/env bash
# Counts the instructions of the hot kernels under callgrind and holds them against
# scripts/bench-gate.tsv: none may take 3 % more. Then has every kernel called 5 % more often and asks
# that each is caught.
#   scripts/bench-gate.sh [--record]
# With --record, writes the baseline anew.
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

baseline=$root/scripts/bench-gate.tsv
planted_percent=5

record=false
case "$*" in
'') ;;
--record) record=true ;;
*) fail "usage: scripts/bench-gate.sh [--record]" ;;
esac

[ "$(uname -sm)" = "Linux x86_64" ] || not_checked "the baseline is one of Linux on x86-64"
need_linker
need_rust
has_valgrind() {
    command -v valgrind >/dev/null
}
has_valgrind || { (install valgrind) && has_valgrind; } || not_checked "valgrind cannot be had here"
cd "$root"
# Two builds of one release of Rust may have two releases of LLVM.
compiler=$(rustc -vV | sed -n 's/^release: /rustc /p; s/^LLVM version: /LLVM /p' | paste -sd, | sed 's/,/, /')
# Code made for this very processor, or in small parts, counts otherwise; and AVX-512 is no instruction to valgrind.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
export CARGO_INCREMENTAL=0
say "building what is counted, as it is released"
cargo build --release --locked --package bench-gate
gate=${CARGO_TARGET_DIR:-$root/target}/release/bench-gate
say "counting instructions ($SECONDS s so far)"
if "$record"; then
    "$gate" record "$baseline" --compiler "$compiler"
    say "recorded in ${baseline#"$root"/}, in $SECONDS s"
    exit
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$gate" check "$baseline" --compiler "$compiler" --keep "$folder/now"

# Against what was counted just now, which may be a little less than the baseline.
say "counting with $planted_percent % planted, every kernel must be caught ($SECONDS s so far)"
status=0
"$gate" check "$folder/now" --compiler "$compiler" --plant "$planted_percent" \
    >"$folder/table" 2>"$folder/lines" || status=$?
[ "$status" -eq 1 ] || fail "the gate let $planted_percent % pass, or failed otherwise: exit code $status, $(cat "$folder/lines")"
# Every row but the heading.
counted=$(sed 1d "$folder/table" | wc -l)
caught=$(awk '/more instructions than recorded/ { caught++ } END { print caught + 0 }' "$folder/lines")
[ "$caught" -eq "$counted" ] || fail "$planted_percent % more was caught in $caught of $counted kernels: $(cat "$folder/lines")"
say "no kernel takes 3 % more instructions than recorded; $planted_percent % would have been caught in each of $counted, in $SECONDS s"
