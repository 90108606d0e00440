#!/usr/bin/env bash
# Runs the tests of what computes - kernels, programs, models, the engine - on arm64: natively on such a
# machine, else built for Linux on arm64 and run in QEMU's emulator. It shows whether NEON computes what
# it should, and never how fast.
#   scripts/check-arm64.sh [arguments for cargo test]
# With arguments, what they select and nothing else: -p synth-dsp --test noise_power. Takes Rust's
# standard library for arm64 from rustup or from Debian's packages, and installs a compiler to link with
# and the emulator where they are missing.
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
# shellcheck source=scripts/debian-rust.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-rust.sh"

target=aarch64-unknown-linux-gnu
# The engine is not among them: of its tests some are left out as a whole.
crates=(synth-dsp mil mil-runtime ane-bridge synth-model)
# Where Debian, Fedora and Arch keep arm64's C library.
system=/usr/aarch64-linux-gnu
emulator="qemu-aarch64 -L $system"

# What takes minutes in an emulator and tests little that differs between processors. Files of the
# engine's tests, and tests whose names contain these.
slow_files=(changes faults hanging miss_storm noise shedding)
slow_tests=(
    # Orders of memory accesses, modelled or tried: the emulator has the ones of this machine.
    inference::protocol_model a_million_jobs
    # The third of its kind, at full polyphony, stays.
    bit_at_a_high_rate bit_while_stealing
    # Twenty thousand damaged files each, read by code that knows no processor.
    small_files_damaged numbers_and_texts_of_headers
    # Thousands of notes, and a meter much finer than the limiter's own, whose SIMD has tests of its own.
    a_parameter_moved_under_notes true_peaks_stay
)

# Whether a C program for arm64 can be linked and run here.
can_emulate() {
    command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null || return 1
    local folder result=0
    folder=$(mktemp -d)
    printf 'int main(void) { return 0; }\n' >"$folder/probe.c"
    { aarch64-linux-gnu-gcc "$folder/probe.c" -o "$folder/probe" && $emulator "$folder/probe"; } 2>/dev/null || result=1
    rm -rf "$folder"
    return "$result"
}

need_emulator() {
    can_emulate && return
    [ "$(package_manager)" = apt-get ] ||
        not_checked "install aarch64-linux-gnu-gcc with its C library under $system, and qemu-aarch64, by hand"
    install arm64
    can_emulate || not_checked "a C program for arm64 still cannot be linked and run here"
}

# Debian's own standard library for arm64, from package lists of our own: the system's need not name
# arm64. Fails where it cannot be had.
use_debian_arm64() {
    has_targets "$target" && return
    local folder=$debian_rust/arm64
    say "unpacking Debian's standard library for arm64 into target/debian-rust (34 MB to download)"
    rm -rf "$folder"
    mkdir -p "$folder/lists/partial"
    local apt=(apt-get -qq -o APT::Architectures::=amd64 -o APT::Architectures::=arm64
        -o "Dir::State::Lists=$folder/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
    (cd "$folder" && "${apt[@]}" update && "${apt[@]}" download libstd-rust-web-dev:arm64 &&
        dpkg -x libstd-rust-web-dev_*_arm64.deb . &&
        mv "usr/lib/rustlib/$target" "$debian_rust/usr/lib/rustlib/") >&2 || return 1
    rm -rf "$folder"
    has_targets "$target"
}

crates=("${crates[@]/#/--package=}")
need_linker
need_rust
cd "$root"
case "$(uname -m)" in
aarch64 | arm64)
    say "this machine is arm64: no emulator is needed, and nothing is left out"
    if [ $# -gt 0 ]; then
        cargo test --locked "$@"
    else
        cargo test --locked --tests "${crates[@]}" --package synth-engine
    fi
    say "the tests passed on arm64 in $SECONDS s"
    exit
    ;;
esac

if ! use_rustup "$target" && ! { use_debian_rust && use_debian_arm64; }; then
    not_checked "neither rustup nor Debian's packages have a standard library for arm64 here; run 'rustup target add $target' where rustup's downloads can be reached"
fi
need_emulator

export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=$emulator ANE_SYNTH_TEST_EMULATOR=$emulator
# Less to write and to link; a failure names its line without it.
export CARGO_PROFILE_DEV_DEBUG=false CARGO_INCREMENTAL=0
if [ $# -gt 0 ]; then
    cargo test --locked --target "$target" "$@"
    say "these tests passed on an emulated arm64 in $SECONDS s"
    exit
fi

say "left out here, as with --without-python: what needs Python. Nor tested: live sound, files, training, the command"
say "left out as too slow to emulate: the engine's ${slow_files[*]}; tests called ${slow_tests[*]}"
engine=(--package synth-engine --lib)
for file in crates/synth-engine/tests/*.rs; do
    file=$(basename "$file" .rs)
    [[ " ${slow_files[*]} " == *" $file "* ]] || engine+=(--test "$file")
done
skip=()
for name in "${slow_tests[@]}"; do
    skip+=(--skip "$name")
done
unset ANE_SYNTH_PYTHON
say "building for arm64 ($SECONDS s so far)"
cargo test --no-run --locked --target "$target" --tests "${crates[@]}"
cargo test --no-run --locked --target "$target" "${engine[@]}"
say "running in the emulator ($SECONDS s so far)"
cargo test --locked --target "$target" --tests "${crates[@]}" -- "${skip[@]}"
cargo test --locked --target "$target" "${engine[@]}" -- "${skip[@]}"
say "the tests passed on an emulated arm64 in $SECONDS s"
