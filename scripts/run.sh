#!/usr/bin/env bash
# Builds ane-synth and runs it: with arguments passes them on, without plays, or renders the demo to
# demo.wav where there is nobody to play or nothing to play on. Installs what is missing first.
#   scripts/run.sh
#   scripts/run.sh render FILE.mid -o FILE.wav
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

need_linker
need_audio_libraries
need_rust

build=(--release --locked --manifest-path "$root/Cargo.toml" --package ane-synth-app --bin ane-synth)
say "building ane-synth (the first time takes a few minutes)"
cargo build "${build[@]}"

if [ "$#" -gt 0 ]; then
    exec cargo run --quiet "${build[@]}" -- "$@"
fi
if [ -t 0 ] && ! cargo run --quiet "${build[@]}" -- devices --json | grep -q '"default": null'; then
    exec cargo run --quiet "${build[@]}"
fi
say "there is nothing to play on here; rendering the demo to demo.wav"
cargo run --quiet "${build[@]}" -- demo -o demo.wav
printf 'Listen to %s/demo.wav, then render a MIDI file of your own:\n' "$PWD"
printf '    %q render FILE.mid -o FILE.wav\n' "$root/scripts/run.sh"
