#!/usr/bin/env bash
# Leaves the interface open for MINUTES while a MIDI file is played on it through a JACK server that needs no
# sound card, beside a session without it that is played the same, and prints what either took of the machine.
# Fails where memory grows, or the load is not as without the interface. Installs what it needs first.
#   scripts/left-open.sh MINUTES
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

if [ "$#" -ne 1 ]; then
    fail "say for how many minutes: scripts/left-open.sh 60"
fi

need_linker
need_audio_libraries
need_jack
need_tmux
need_rust
cd "$root"
ANE_SYNTH_LEFT_OPEN_MINUTES=$1 cargo test --release --locked --package ane-synth-app \
    --features synth-io/jack,testkit/jack,ane-synth-app/jack --test left_open -- --nocapture
