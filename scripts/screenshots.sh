#!/usr/bin/env bash
# Makes the pictures of the interface that the documentation shows: docs/terminal.svg (80 x 24) and
# docs/terminal-large.svg (200 x 60), of the program as it is, played to nobody.
#   scripts/screenshots.sh
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

need_linker
need_audio_libraries
need_tmux
need_rust
cd "$root"
cargo build --release --locked --bin ane-synth
cargo build --locked --package xtask
target=$(cd "${CARGO_TARGET_DIR:-target}" && pwd)
program=$target/release/ane-synth
tool=$target/debug/xtask

folder=$(mktemp -d)
terminal() {
    env -u TMUX -u NO_COLOR tmux -S "$folder/tmux" -f /dev/null "$@"
}
trap 'terminal kill-server 2>/dev/null; rm -rf "$folder"' EXIT

# Waits until the terminal shows $1.
wait_for() {
    local tries
    for tries in $(seq 600); do
        terminal capture-pane -p | grep -qF -- "$1" && return
        sleep 0.1
    done
    fail "after $tries looks the terminal does not show: $1"
}

# picture FILE WIDTH HEIGHT: plays a chord, holds it and takes the picture.
picture() {
    local file=$1 width=$2 height=$3
    rm -rf "$folder/kept"
    terminal new-session -d -x "$width" -y "$height" \
        "ANE_SYNTH_CONFIG=$folder/kept exec $(printf %q "$program") play --audio-device null"
    wait_for "18 instruments"
    terminal send-keys i
    wait_for "search:"
    terminal send-keys -l oboe
    terminal send-keys Enter
    wait_for "♪ oboe"
    terminal send-keys Down Down Down Right Right Right Right Right Right
    terminal send-keys -l l
    wait_for "waits for a MIDI controller"
    terminal send-keys -l ":cc 74 80"
    terminal send-keys Enter
    wait_for CC74
    # Held: two letters, and a key of MIDI's channel by a line.
    terminal send-keys -l a
    terminal send-keys -l zbq
    terminal send-keys -l ":on e5 90"
    terminal send-keys Enter
    wait_for "◆"
    # Until the last message is old.
    wait_for "network: cpu"
    terminal capture-pane -p -e -N >"$folder/capture"
    terminal kill-server
    "$tool" terminal-picture <"$folder/capture" >"$folder/picture.svg"
    mv "$folder/picture.svg" "$file"
    say "$file"
}

picture docs/terminal.svg 80 24
picture docs/terminal-large.svg 200 60
