#!/usr/bin/env bash
# Measures other people's means beside ours and prints the tables of docs/performance.md. Installs what
# that needs; takes some minutes to build and one to run. ANE_SYNTH_SOUNDFONT names another SoundFont.
#   scripts/bench-peers.sh
#   scripts/bench-peers.sh --quick    # only to see that everything runs and answers right
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

soundfont=${ANE_SYNTH_SOUNDFONT:-/usr/share/sounds/sf2/FluidR3_GM.sf2}

has_peers() {
    local libraries
    libraries=$(PATH=$PATH:/sbin ldconfig -p 2>/dev/null) || return 1
    [[ $libraries == *libsleef.so* && $libraries == *libfluidsynth.so* && -f $soundfont ]]
}

need_linker
need_rust
if ! has_peers; then
    if [ "$(package_manager)" = apt-get ]; then
        install peers
    else
        say "SLEEF, FluidSynth or the SoundFont $soundfont is missing; what needs it is not measured"
    fi
fi
peers=$root/bench/peers
python_with peers-python "$peers/python/requirements.txt" ||
    fail "the Python packages of bench/peers/python/requirements.txt cannot be installed, see above"
onnxruntime=$(compgen -G "$root/target/peers-python/lib/python3*/site-packages/onnxruntime/capi/libonnxruntime.so.*") ||
    fail "the Python package onnxruntime brought no libonnxruntime.so"

# Rivals that do not look at the processor while they run get its instructions when they are compiled.
export RUSTFLAGS="${RUSTFLAGS:-} -C target-cpu=native"
say "building bench/peers (the first time takes some minutes)"
cargo build --release --locked --manifest-path "$peers/Cargo.toml" --target-dir "$root/target/peers" >&2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
say "measuring"
# One thread each: candle asks rayon's variable.
RAYON_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 "$root/target/peers/release/peers" \
    --folder "$folder" --scripts "$peers/python" --python "$root/target/peers-python/bin/python" \
    --onnxruntime "$onnxruntime" --soundfont "$soundfont" "$@"
