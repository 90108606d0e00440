#!/usr/bin/env bash
# Plays ane-synth live for MINUTES, through a JACK server of its own that needs no sound card: random
# notes, bends, controllers, programs, instruments, devices and sample rates, and a server that goes away
# and comes back. Prints a table and fails where something is not as it must be: an overrun of our own, an
# allocation on the audio thread, memory that grows, a note that hangs. Installs what it needs first.
#   scripts/soak.sh MINUTES [SEED]
#   scripts/soak.sh --quick MINUTES [SEED]    # built as the tests are, which is sooner done
# Where a nightly Rust has RealtimeSanitizer's runtime, a minute of the same runs under that as well.
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

profile=release
if [ "${1:-}" = --quick ]; then
    profile=dev
    shift
fi
if [ "$#" -lt 1 ] || [ "$#" -gt 2 ]; then
    fail "say for how many minutes, and perhaps a seed: scripts/soak.sh 2 7"
fi
minutes=$1
seed=${2:-1}

need_linker
need_audio_libraries
need_jack
need_rust

folder=$root/target/$profile
[ "$profile" = release ] || folder=$root/target/debug
build=(cargo build --locked --manifest-path "$root/Cargo.toml" --profile "$profile")
say "building the soak"
"${build[@]}" --package testkit --features jack --example soak
"${build[@]}" --package ane-synth-app --bin ane-synth --features jack,audit-allocations
cp "$folder/ane-synth" "$folder/ane-synth-soaked"
say "playing for $minutes minutes"
"$folder/examples/soak" --synth "$folder/ane-synth-soaked" --minutes "$minutes" --seed "$seed"

# RealtimeSanitizer's runtime comes with some nightly builds of Rust, for the machine at hand.
runtime=
for library in "${RUSTUP_HOME:-${HOME:-}/.rustup}"/toolchains/nightly-*/lib/rustlib/"$(uname -m)"-*/lib/librustc-nightly_rt.rtsan.a; do
    [ ! -e "$library" ] || runtime=$library
done
if [ -z "$runtime" ]; then
    say "RealtimeSanitizer's runtime is not here (a nightly Rust has it): the soak under it is left out"
    exit 0
fi
say "building for RealtimeSanitizer"
RTSAN_ENABLE=1 RTSAN_LIB_PATH=$runtime "${build[@]}" --package ane-synth-app --bin ane-synth \
    --features jack,realtime-sanitizer --target-dir "$root/target/realtime-sanitizer"
sanitized=$root/target/realtime-sanitizer/$(basename "$folder")/ane-synth
say "playing for a minute under RealtimeSanitizer"
"$folder/examples/soak" --synth "$sanitized" --minutes 1 --seed "$seed" --sanitized
