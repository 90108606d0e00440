#!/usr/bin/env bash
# Writes a corpus of nasty MIDI files (torn, lying, absurd, huge; the same bytes every time) into a
# folder, and prints a table: name, what a player has to make of it, size, what is wrong with it.
#   scripts/nasty-midi.sh FOLDER
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

[ "$#" -eq 1 ] || fail "give the folder to write to: scripts/nasty-midi.sh FOLDER"

need_linker
need_rust

cargo run --quiet --locked --manifest-path "$root/Cargo.toml" \
    --package testkit --example nasty_midi -- "$1"
