#!/usr/bin/env bash
# Type-checks and lints for macOS, on its two processors, and links ane-synth for arm64, from any
# machine; nothing is run.
#   scripts/check-apple.sh [-p CRATE ...]
# Without -p, the whole workspace; with it, nothing is linked. Takes Rust's standard library for these
# targets from rustup; where that cannot be had, builds it from the sources of Debian's Rust.
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
# shellcheck source=scripts/debian-rust.sh
. "$(dirname "${BASH_SOURCE[0]}")/debian-rust.sh"

targets=(aarch64-apple-darwin x86_64-apple-darwin)
selection=("$@")
[ $# -gt 0 ] || selection=(--workspace)
# What is built as one, so that what both need has the same features and is built once.
built=(--package ane-bridge --package ane-synth-app)
stand_ins=$root/target/apple-stand-ins

# What macOS has and our program may ask the linker for: another name fails to link until it is here.
frameworks=(Accelerate AppKit AudioToolbox AudioUnit CoreAudio CoreFoundation CoreGraphics CoreMIDI CoreML
    Foundation IOKit IOSurface Metal Security)
libraries=(System.B objc.A iconv.2)

# An empty stand-in at $1 for the library that a Mac has at $2.
stand_in() {
    mkdir -p "$(dirname "$1")"
    cat >"$1" <<TBD
--- !tapi-tbd
tbd-version: 4
targets: [ arm64-macos ]
install-name: "$2"
current-version: 1
compatibility-version: 1
exports: []
...
TBD
}

make_stand_ins() {
    local name
    rm -rf "$stand_ins"
    for name in "${libraries[@]}"; do
        stand_in "$stand_ins/usr/lib/lib${name%.*}.tbd" "/usr/lib/lib$name.dylib"
    done
    # Names that are System in another guise.
    for name in c m; do
        cp "$stand_ins/usr/lib/libSystem.tbd" "$stand_ins/usr/lib/lib$name.tbd"
    done
    for name in "${frameworks[@]}"; do
        stand_in "$stand_ins/System/Library/Frameworks/$name.framework/$name.tbd" \
            "/System/Library/Frameworks/$name.framework/Versions/A/$name"
    done
}

link_program() {
    local program=${CARGO_TARGET_DIR:-$root/target}/aarch64-apple-darwin/debug/ane-synth
    rm -f "$program"
    cargo build --locked "${built[@]}" --bin ane-synth --target aarch64-apple-darwin
    # Mach-O's magic number for 64 bits, arm64, any kind of it, a program: each of four bytes, little-endian.
    [[ $(od -An -tx1 -N16 "$program" | tr -d ' \n') == cffaedfe0c000001????????02000000 ]] ||
        fail "what was linked is no Mach-O program for arm64: $program"
    say "linked $program, $(wc -c <"$program") bytes, which asks for"
    grep -ao '/usr/lib/lib[A-Za-z0-9.]*\.dylib\|/System/Library/Frameworks/[A-Za-z]*\.framework' "$program" | sort -u >&2
}

need_linker
need_rust
deny=()
# What changes any of these builds everything anew, so they are the same for all that follows. Without
# optimisation, since nothing is run.
export MACOSX_DEPLOYMENT_TARGET=13.0 CARGO_INCREMENTAL=0
export CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=false CARGO_PROFILE_DEV_STRIP=none
if [ "$(uname -s)" != Darwin ]; then
    make_stand_ins
    # The stand-ins hold no name, so all are left to be looked up when the program starts.
    export SDKROOT=$stand_ins CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER=rust-lld
    export CARGO_TARGET_AARCH64_APPLE_DARWIN_RUSTFLAGS="-Clinker-flavor=ld64.lld -Clink-arg=-undefined -Clink-arg=dynamic_lookup"
fi
if ! use_rustup "${targets[@]}" && ! { use_debian_rust && build_standard_library "${targets[@]}"; }; then
    not_checked "neither rustup nor Debian's packages have a standard library for macOS here; run 'rustup target add ${targets[*]}' where rustup's downloads can be reached"
fi
# The warnings of another release of Rust are shown, and do not decide.
! rust_is_exact || deny=(-D warnings)
cd "$root"
for target in "${targets[@]}"; do
    say "checking types and lints for $target ($SECONDS s so far)"
    cargo clippy --locked "${selection[@]}" --all-targets --target "$target" -- "${deny[@]}"
done
if [ "${selection[*]}" = --workspace ]; then
    say "linking ane-synth for arm64 ($SECONDS s so far)"
    link_program
    say "compiling ane-bridge's examples in documentation ($SECONDS s so far)"
    cargo test --locked --doc "${built[@]}" --target aarch64-apple-darwin
    say "checked for macOS in $SECONDS s: types, lints, and that code for arm64 can be made and linked; nothing was run"
    [ "$(uname -s)" = Darwin ] ||
        say "Apple's libraries were empty stand-ins, so a function that macOS lacks would not have shown"
else
    say "checked for macOS in $SECONDS s: types and lints; nothing was linked or run"
fi
