#!/usr/bin/env bash
# Runs the tests of ane-bridge on its stand-in for the Neural Engine under valgrind: no byte is read that
# was not written, none outside its memory, and none is lost.
#   scripts/check-memory.sh
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

need_linker
need_rust
command -v valgrind >/dev/null || install valgrind
cd "$root"
# Threads that the test runner leaves at its end are reachable, not lost.
export VALGRIND_OPTS="--quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite"
host=$(rustc -vV | sed -n 's/^host: //p')
runner=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$host")_RUNNER
env "$runner=valgrind" cargo test --locked --package ane-bridge --lib
say "nothing is read unwritten, outside its memory or lost"
