#!/usr/bin/env bash
# Type-checks and lints for macOS, on its two processors, from any machine; nothing is run.
#   scripts/check-apple.sh [--link] [-p CRATE ...]
# Without -p, the whole workspace. Takes Rust's standard library for these targets from rustup; where
# that cannot be had, builds it from the sources of Debian's Rust, unpacked under target/ and installed
# nowhere. --link also links ane-bridge's example to a Mach-O program for arm64, with empty stand-ins for
# Apple's libraries: it shows that the code can be linked, not that Apple has what it asks for.
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

targets=(aarch64-apple-darwin x86_64-apple-darwin)
link=false
if [ "${1:-}" = --link ]; then
    link=true
    shift
fi
selection=("$@")
[ $# -gt 0 ] || selection=(--workspace)

has_targets() {
    local target
    for target in "${targets[@]}"; do
        has_target "$target" || return 1
    done
}

# The packages named and all that they need, without what is installed.
missing_packages() {
    local package wanted=("$@")
    local -A seen=()
    while [ ${#wanted[@]} -gt 0 ]; do
        package=${wanted[0]}
        wanted=("${wanted[@]:1}")
        [ -z "${seen[$package]:-}" ] || continue
        seen[$package]=1
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed && continue
        echo "$package"
        # Neither alternatives ('|') nor packages that exist in name alone ('<').
        mapfile -t -O "${#wanted[@]}" wanted < <(apt-cache depends "$package" | sed -n 's/^  Depends: \([a-z0-9].*\)/\1/p')
    done
}

# Unpacks Debian's newest Rust with its sources into target/apple-toolchain, and puts it first in PATH.
use_debian_rust() {
    local prefix=$root/target/apple-toolchain needed offered package
    [ "$(package_manager)" = apt-get ] || return 1
    [ "$(id -u)" -ne 0 ] || refresh_apt
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    offered=$(apt_version rustc-web) || return 1
    at_least "$offered" "$needed" || return 1
    if [ "$(cat "$prefix/version" 2>/dev/null)" != "$offered" ]; then
        say "unpacking Debian's Rust $offered into target/apple-toolchain (150 MB to download)"
        rm -rf "$prefix"
        mkdir -p "$prefix/packages"
        (
            cd "$prefix/packages"
            missing_packages rustc-web cargo-web rust-web-clippy libstd-rust-web-dev >missing
            echo rust-web-src >>missing
            xargs apt-get -qq download <missing >&2 || exit 1
            for package in *.deb; do
                case "$package" in
                # The compiler's own sources are large, and only the library's are needed.
                rust-web-src_*)
                    dpkg --fsys-tarfile "$package" |
                        tar -x -C "$prefix" --wildcards './usr/lib/*' './usr/src/*/library/*'
                    ;;
                *) dpkg -x "$package" "$prefix" ;;
                esac
            done
        ) || return 1
        rm -rf "$prefix/packages"
        echo "$offered" >"$prefix/version"
    fi
    local libraries
    libraries=$prefix/usr/lib/$(uname -m)-linux-gnu
    export PATH=$prefix/usr/bin:$PATH LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    # A standard library is built by a compiler that may use what is not stable.
    export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$root/target/apple
    rustc --version >&2
}

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

link_example() {
    local sdk=$root/target/apple-stand-ins name program
    for name in System.B objc.A iconv.2; do
        stand_in "$sdk/usr/lib/lib${name%.*}.tbd" "/usr/lib/lib$name.dylib"
    done
    for name in c m; do
        cp "$sdk/usr/lib/libSystem.tbd" "$sdk/usr/lib/lib$name.tbd"
    done
    for name in CoreFoundation Foundation IOSurface; do
        stand_in "$sdk/System/Library/Frameworks/$name.framework/$name.tbd" \
            "/System/Library/Frameworks/$name.framework/Versions/A/$name"
    done
    SDKROOT=$sdk MACOSX_DEPLOYMENT_TARGET=13.0 cargo rustc --locked "${build_std[@]}" --package ane-bridge \
        --example relu --target aarch64-apple-darwin --config profile.dev.strip=false -- \
        -Clinker=rust-lld -Clinker-flavor=ld64.lld -Clink-arg=-undefined -Clink-arg=dynamic_lookup
    program=${CARGO_TARGET_DIR:-$root/target}/aarch64-apple-darwin/debug/examples/relu
    # Mach-O's magic number for 64 bits, and arm64's: both little-endian.
    [ "$(od -An -tx1 -N8 "$program" | tr -d ' \n')" = cffaedfe0c000001 ] ||
        fail "what was linked is no Mach-O program for arm64: $program"
    say "linked $program"
}

need_linker
need_rust
build_std=()
deny=()
if ! has_targets && command -v rustup >/dev/null; then
    say "the standard library for macOS is missing; installing it: rustup target add ${targets[*]}"
    rustup target add "${targets[@]}" >&2 || say "rustup cannot install it; looking at Debian's packages"
fi
if has_targets; then
    rust_is_exact && deny=(-D warnings)
elif use_debian_rust; then
    build_std=('-Zbuild-std=std,panic_abort,test')
else
    fail "NOTHING WAS CHECKED for macOS: neither rustup nor Debian's packages have a standard library for it here; run 'rustup target add ${targets[*]}' where rustup's downloads can be reached"
fi

cd "$root"
for target in "${targets[@]}"; do
    say "linting for $target ($SECONDS s so far)"
    cargo clippy --locked "${build_std[@]}" "${selection[@]}" --all-targets --target "$target" -- "${deny[@]}"
done
say "compiling ane-bridge's examples in documentation ($SECONDS s so far)"
cargo test --locked "${build_std[@]}" --doc --package ane-bridge --target aarch64-apple-darwin
if "$link"; then
    say "linking ($SECONDS s so far)"
    link_example
fi
say "checked for macOS in $SECONDS s: types and lints; nothing was run"
