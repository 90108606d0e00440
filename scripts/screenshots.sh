#!/usr/bin/env bash
# Makes the pictures of the interface that the documentation shows, of the program as it is, played to nobody:
# docs/terminal.svg (80 x 24), docs/terminal-large.svg (200 x 60), and docs/terminal-film.svg, in which it is played.
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

# Takes another frame of the film.
frame() {
    [ ! -s "$folder/frames" ] || printf '\f' >>"$folder/frames"
    terminal capture-pane -p -e -N >>"$folder/frames"
}

# frames COUNT: that many, as they are seen.
frames() {
    local left=$1
    while [ "$left" -gt 0 ]; do
        sleep 0.2
        frame
        left=$((left - 1))
    done
}

# film FILE: chooses an instrument, turns a knob and plays a tune.
film() {
    local file=$1 key
    rm -rf "$folder/kept" "$folder/frames"
    terminal new-session -d -x 80 -y 24 \
        "ANE_SYNTH_CONFIG=$folder/kept exec $(printf %q "$program") play --audio-device null"
    wait_for "18 instruments"
    frames 2
    terminal send-keys i
    wait_for "search:"
    frame
    for key in f l u t; do
        terminal send-keys -l "$key"
        frames 1
    done
    terminal send-keys Enter
    wait_for "♪ flute"
    frames 1
    terminal send-keys Down Down Down
    for key in 1 2 3; do
        terminal send-keys Right Right
        frames 1
    done
    for key in z c b q w e r e w q; do
        terminal send-keys -l "$key"
        frames 1
    done
    terminal send-keys -l a
    terminal send-keys -l zbqe
    frames 5
    terminal kill-server
    "$tool" terminal-film --seconds 0.3 <"$folder/frames" >"$folder/film.svg"
    mv "$folder/film.svg" "$file"
    say "$file"
}

picture docs/terminal.svg 80 24
picture docs/terminal-large.svg 200 60
film docs/terminal-film.svg
