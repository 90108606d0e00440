#!/usr/bin/env bash
# Runs all tests but those of live sound through JACK, which .ci/run has. Installs what they need
# first: a linker, ALSA's header files, tmux, Rust, and a Python environment with Apple's coremltools
# (under target/), which is the oracle for our file formats.
#   scripts/test.sh [--without-python] [arguments for cargo test]
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

with_python=true
if [ "${1:-}" = --without-python ]; then
    with_python=false
    shift
fi

need_linker
need_audio_libraries
need_tmux
need_rust
if "$with_python"; then
    need_python
else
    unset ANE_SYNTH_PYTHON
fi

cd "$root"
if ! cargo test --workspace --locked "$@"; then
    fail "tests failed, see above"
fi
if "$with_python"; then
    say "all tests passed"
else
    say "all tests passed; those that need Python were left out"
fi
