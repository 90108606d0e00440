# shellcheck shell=bash
# Rust's standard library for other machines than this one: rustup's where it can be had, else that of
# Debian's Rust, unpacked into target/debian-rust and installed nowhere. Sourced by check-apple.sh and
# check-arm64.sh after prepare.sh, which sets $root. ANE_SYNTH_DEBIAN_RUST=1 passes rustup over.

# shellcheck disable=SC2154
debian_rust=$root/target/debian-rust

# Whether the Rust in reach has a standard library for each target named.
has_targets() {
    local target
    for target in "$@"; do
        has_target "$target" || return 1
    done
}

# Has rustup bring the standard library for the targets named; fails where it cannot.
use_rustup() {
    [ -z "${ANE_SYNTH_DEBIAN_RUST:-}" ] || return 1
    has_targets "$@" && return
    command -v rustup >/dev/null || return 1
    say "a standard library is missing; installing it: rustup target add $*"
    if ! (cd "$root" && rustup target add "$@" >&2); then
        say "rustup cannot install it; looking at Debian's packages"
        return 1
    fi
    has_targets "$@"
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

# Unpacks Debian's newest Rust with its sources, unless it is there, and puts it first in PATH. Fails
# where Debian has none that is new enough.
use_debian_rust() {
    local needed offered package
    [ "$(package_manager)" = apt-get ] || return 1
    [ "$(id -u)" -ne 0 ] || refresh_apt
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    offered=$(apt_version rustc-web) || return 1
    at_least "$offered" "$needed" || return 1
    if [ "$(cat "$debian_rust/version" 2>/dev/null)" != "$offered" ]; then
        say "unpacking Debian's Rust $offered into target/debian-rust (150 MB to download)"
        rm -rf "$debian_rust"
        mkdir -p "$debian_rust/packages"
        (
            cd "$debian_rust/packages" || exit 1
            # The linker of the LLVM that this Rust is built on: rustup's Rust comes with its own.
            linker=$(apt-cache depends rust-web-llvm | sed -n 's/^  Depends: llvm-\([0-9]*\)$/lld-\1/p')
            missing_packages rustc-web cargo-web rust-web-clippy libstd-rust-web-dev "$linker" >missing
            echo rust-web-src >>missing
            xargs apt-get -qq download <missing >&2 || exit 1
            for package in *.deb; do
                case "$package" in
                # The compiler's own sources are large, and only the library's are needed.
                rust-web-src_*)
                    dpkg --fsys-tarfile "$package" |
                        tar -x -C "$debian_rust" --wildcards './usr/lib/*' './usr/src/*/library/*' || exit 1
                    ;;
                *) dpkg -x "$package" "$debian_rust" || exit 1 ;;
                esac
            done
        ) || return 1
        ln -s "$(cd "$debian_rust/usr/lib" && echo ../lib/llvm-*/bin/lld)" "$debian_rust/usr/bin/rust-lld"
        rm -rf "$debian_rust/packages"
        echo "$offered" >"$debian_rust/version"
    fi
    local libraries
    libraries=$debian_rust/usr/lib/$(uname -m)-linux-gnu
    export PATH=$debian_rust/usr/bin:$PATH LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    # What another release of Rust has built is of no use to this one.
    export CARGO_TARGET_DIR=$root/target/debian
    rustc --version >&2
}

# Builds the standard library for the targets named from Debian's sources, once for all that is checked
# with it later.
build_standard_library() {
    local target crate=$debian_rust/empty libraries=$debian_rust/usr/lib/rustlib
    for target in "$@"; do
        has_targets "$target" && continue
        say "building the standard library for $target ($SECONDS s so far)"
        rm -rf "$crate"
        mkdir -p "$crate/src"
        printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$crate/Cargo.toml"
        printf '#![no_std]\n' >"$crate/src/lib.rs"
        # A compiler of a stable release builds its own library only if told that it may.
        (cd "$crate" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$crate/target CARGO_INCREMENTAL=0 \
            CARGO_PROFILE_DEV_OPT_LEVEL=0 CARGO_PROFILE_DEV_DEBUG=false \
            cargo build --quiet -Zbuild-std=std,panic_abort,panic_unwind,test --target "$target") || return 1
        rm -f "$crate/target/$target/debug/deps/"libempty-*
        # Put in place whole, or an interrupted run would leave half of it.
        mkdir -p "$crate/done/lib" "$libraries"
        mv "$crate/target/$target/debug/deps/"*.rlib "$crate/done/lib"
        rm -rf "${libraries:?}/$target"
        mv "$crate/done" "$libraries/$target"
        rm -rf "$crate"
    done
}
