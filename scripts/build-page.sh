#!/usr/bin/env bash
# Makes what docs/index.html plays and shows: the demo piece, as
# ane-synth demo --bits 16 --from 12 --normalise -22 -o evening-round.flac
# renders it, and its spectrogram on dark and on light ground.
#   scripts/build-page.sh
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

[ "$#" -eq 0 ] || fail "usage: scripts/build-page.sh"

need_linker
need_audio_libraries
need_rust

run() {
    cargo run --quiet --release --locked --manifest-path "$root/Cargo.toml" --package ane-synth-app "$@"
}

say "building ane-synth (the first time takes a few minutes)"
sound=$root/docs/page/evening-round.flac
run --bin ane-synth -- demo --bits 16 --from 12 --normalise -22 -o "$sound"
run --example draw_spectrogram -- "$sound" "$root/docs/page"
