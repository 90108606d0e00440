#!/usr/bin/env bash
# Plays ane-synth live for MINUTES, through a JACK server of its own that needs no sound card: random
# notes, bends, controllers, programs, instruments, devices and sample rates, and a server that goes away
# and comes back. Prints a table and fails where something is not as it must be: an overrun of our own, an
# allocation on the audio thread, memory that grows, a note that hangs. Installs what it needs first.
#   scripts/soak.sh MINUTES [SEED]
#   scripts/soak.sh --quick MINUTES [SEED]    # built as the tests are, which is sooner done
# Without --quick the program as it is shipped plays for a third of that time besides, for its resident memory:
# what counts allocations in the first run has the system give it more. Where a nightly Rust has
# RealtimeSanitizer's runtime, a minute of the same runs under that as well.
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
selection=(--package testkit --package ane-synth-app)
if [ "$profile" = dev ]; then
    folder=$root/target/debug
    # What the tests have built is then used again.
    selection=(--workspace)
fi

# Builds the soak and the program with these features besides, and keeps the program as $folder/$1.
build() {
    local kept=$1 features=synth-io/jack,testkit/jack,ane-synth-app/jack$2
    cargo build --locked --manifest-path "$root/Cargo.toml" --profile "$profile" "${selection[@]}" \
        --features "$features" --bin ane-synth --example soak
    cp "$folder/ane-synth" "$folder/$kept"
}

say "building the soak"
build ane-synth-soaked ,ane-synth-app/audit-allocations
say "playing for $minutes minutes"
"$folder/examples/soak" --synth "$folder/ane-synth-soaked" --minutes "$minutes" --seed "$seed"

if [ "$profile" = release ]; then
    say "building the program as it is shipped"
    build ane-synth-shipped ""
    third=$(awk "BEGIN { print $minutes / 3 }")
    say "playing it for $third minutes"
    "$folder/examples/soak" --synth "$folder/ane-synth-shipped" --minutes "$third" --seed "$seed" --shipped
fi

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
RTSAN_ENABLE=1 RTSAN_LIB_PATH=$runtime build ane-synth-sanitized \
    ,ane-synth-app/audit-allocations,ane-synth-app/realtime-sanitizer
say "playing for a minute under RealtimeSanitizer"
"$folder/examples/soak" --synth "$folder/ane-synth-sanitized" --minutes 1 --seed "$seed" --sanitized
