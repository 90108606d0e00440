#!/usr/bin/env bash
# Fuzzes targets for some seconds each, all of them unless one is named; makes the seeds first.
#   fuzz/run.sh [SECONDS [TARGET]]
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/prepare.sh"

seconds=${1:-120}
case "$seconds" in
*[!0-9]* | "") fail "give the seconds as a number: fuzz/run.sh 120 midi_file" ;;
esac
targets=(midi_file midi_stream midi_input weight_blob mil_text instrument wav audio_decode event_log)
[ "$#" -lt 2 ] || targets=("$2")

need_linker
need_audio_libraries
need_rust
cargo fuzz --version >/dev/null 2>&1 ||
    fail "cargo-fuzz is missing; install it: cargo install cargo-fuzz --locked"

cd "$root/fuzz"
cargo run --quiet --locked --no-default-features --example seeds -- corpus
# The coverage flags are a nightly compiler's; a stable one takes them when told so. AddressSanitizer
# it has not, and code that forbids `unsafe` has little need of it.
export RUSTC_BOOTSTRAP=1
for target in "${targets[@]}"; do
    say "$target, $seconds s"
    cargo fuzz run --sanitizer none "$target" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=16384 -print_final_stats=1
done
