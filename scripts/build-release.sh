#!/usr/bin/env bash
# Builds what is released: ane-synth and ane-bench for macOS as universal programs, signed, notarised by
# Apple and zipped; or, with --host, for this Linux machine as a .tar.gz.
#   scripts/build-release.sh --identity NAME --notary-profile PROFILE --output DIR
#   scripts/build-release.sh --host --output DIR
#   scripts/build-release.sh [--host] --dry-run --output DIR
#     --identity NAME           who signs: "Developer ID Application: ...", as `security find-identity` has it
#     --notary-profile PROFILE  what `xcrun notarytool store-credentials PROFILE` has put into the keychain
#     --output DIR              folder for the result; made if need be, must be empty
#     --dry-run                 needs no Mac and no identity: stand-ins take the place of the compiler and of
#                               Apple's tools, and each of their calls is printed; all else is real
# DIR then holds ane-synth-VERSION-PLATFORM/ (the programs, README.md, CHANGELOG.md, LICENSE, NOTICE, the
# licences of what is linked in), the same as an archive, and SHA256SUMS. Nothing is left in it where a step
# fails. The script is never told a secret: passwords stay in the keychain.
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

apple_targets=(aarch64-apple-darwin x86_64-apple-darwin)
programs=(ane-synth ane-bench)

identity=
notary_profile=
output=
host=false
dry_run=false
while [ "$#" -gt 0 ]; do
    case "$1" in
    --identity | --notary-profile | --output)
        case "${2:-}" in
        '' | --*) fail "$1 needs a value" ;;
        esac
        case "$1" in
        --identity) identity=$2 ;;
        --notary-profile) notary_profile=$2 ;;
        --output) output=$2 ;;
        esac
        shift
        ;;
    --host) host=true ;;
    --dry-run) dry_run=true ;;
    *) fail "there is no option $1; there are --identity, --notary-profile, --output, --host and --dry-run" ;;
    esac
    shift
done
[ -n "$output" ] || fail "say where the release goes: --output DIR"
if "$host"; then
    [ -z "$identity$notary_profile" ] || fail "--host is not signed: leave out --identity and --notary-profile"
elif ! "$dry_run"; then
    [ -n "$identity" ] || fail "say who signs: --identity 'Developer ID Application: ...'"
    [ -n "$notary_profile" ] || fail "say how to ask Apple: --notary-profile PROFILE"
fi
if [ -e "$output" ]; then
    [ -d "$output" ] || fail "$output is no folder; name another --output"
    [ -z "$(ls -A "$output")" ] || fail "$output is not empty; empty it or name another --output"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build_folder=${CARGO_TARGET_DIR:-$root/target}

# build TARGET: the programs, under build_folder/TARGET/release.
build() {
    # Programs name the sources that they were made of, and with them whose machine it was.
    local flags=(--remap-path-prefix="$root=/ane-synth"
        --remap-path-prefix="${CARGO_HOME:-${HOME:-}/.cargo}=/cargo")
    CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && printf '%s' "${flags[*]}") \
        cargo build --locked --release --manifest-path "$root/Cargo.toml" --package ane-synth-app --bins \
        --target "$1" --target-dir "$build_folder"
}

# In a dry run these stand where the real tools would, and leave behind what those would.
stand_in_for_tools() {
    build_folder=$work/stand-ins
    identity=${identity:-IDENTITY}
    notary_profile=${notary_profile:-PROFILE}
    told() {
        printf 'dry run: %s\n' "$*" >&2
    }
    build() {
        told cargo build --target "$1"
        mkdir -p "$build_folder/$1/release"
        local program
        for program in "${programs[@]}"; do
            printf 'stand-in for %s, %s\n' "$program" "$1" >"$build_folder/$1/release/$program"
        done
    }
    security() {
        told security "$@"
        printf '  1) 0000 "%s"\n' "$identity"
    }
    codesign() {
        told codesign "$@"
    }
    lipo() {
        told lipo "$@"
        [ "$1" != -create ] || cat "$4" "$5" >"$3"
    }
    xcrun() {
        told xcrun "$@"
        echo "  status: Accepted"
    }
    ditto() {
        told ditto "$@"
        (cd "$(dirname "$4")" && zip -qr "$5" "$(basename "$4")")
    }
}

# need_tool NAME WHERE: fails where a program is missing, and says where it comes from.
need_tool() {
    command -v "$1" >/dev/null || fail "$1 is missing; it comes with $2"
}

need_apple_tools() {
    local tool target
    for tool in lipo codesign xcrun security ditto; do
        need_tool "$tool" "macOS and its command line tools (xcode-select --install); try --dry-run or --host here"
    done
    grep -qF "\"$identity\"" <<<"$(security find-identity -v -p codesigning)" ||
        fail "the keychain has no identity '$identity' to sign with; security find-identity -v -p codesigning lists those that it has"
    xcrun notarytool history --keychain-profile "$notary_profile" >/dev/null ||
        fail "notarytool cannot ask Apple with the keychain profile '$notary_profile'; make one with: xcrun notarytool store-credentials"
    "$dry_run" && return
    for target in "${apple_targets[@]}"; do
        has_target "$target" && continue
        command -v rustup >/dev/null ||
            fail "Rust's standard library for $target is missing and there is no rustup to install it"
        say "the standard library for $target is missing; installing it: rustup target add $target"
        rustup target add "$target" >&2 || fail "rustup cannot install the standard library for $target"
    done
}

# What is released is what is committed.
need_clean_tree() {
    "$dry_run" && return
    git -C "$root" rev-parse --git-dir >/dev/null 2>&1 || return 0
    [ -z "$(git -C "$root" status --porcelain)" ] ||
        fail "there are changes that are not committed; commit them or put them aside, then run this again"
}

# built TARGET PROGRAM: where the build left it.
built() {
    local file=$build_folder/$1/release/$2
    [ -s "$file" ] || fail "the build left no $file"
    printf '%s\n' "$file"
}

# Writes what goes beside the programs into $folder, for the targets named.
add_texts() {
    local file target library arguments=()
    for file in README.md CHANGELOG.md LICENSE NOTICE; do
        [ -s "$root/$file" ] || fail "$file is missing from $root"
        cp "$root/$file" "$folder/"
    done
    for target in "$@"; do
        arguments+=(--target "$target")
    done
    say "gathering the licences of what is linked in"
    (cd "$root" && cargo run --quiet --locked --package xtask -- licences "${arguments[@]}" \
        --texts "$root/scripts/licences") >"$folder/THIRD-PARTY-LICENSES.txt" ||
        fail "the licences of what is linked in are not complete, see above"
    [ -s "$folder/THIRD-PARTY-LICENSES.txt" ] || fail "no licence text of what is linked in was found"
    # Rust's own library is linked in as well.
    library=$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html
    [ -s "$library" ] ||
        fail "the licence texts of Rust's standard library are missing ($library); they come with Rust's own toolchains, from https://rustup.rs"
    cp "$library" "$folder/RUST-LIBRARY-LICENSES.html"
}

# The program must run and be the version that it is called.
try_program() {
    "$dry_run" && return
    local said
    said=$("$folder/ane-synth" --version) || fail "the program that was built does not run here"
    [ "$said" = "ane-synth $version" ] || fail "the program says it is '$said' and not ane-synth $version"
}

universal() {
    local program slice slices target
    for target in "${apple_targets[@]}"; do
        say "building for $target"
        build "$target" || fail "the build for $target failed, see above"
    done
    for program in "${programs[@]}"; do
        slices=()
        for target in "${apple_targets[@]}"; do
            slice=$(built "$target" "$program")
            slices+=("$slice")
        done
        lipo -create -output "$folder/$program" "${slices[@]}" || fail "lipo cannot join $program, see above"
        chmod 755 "$folder/$program"
        lipo "$folder/$program" -verify_arch arm64 x86_64 || fail "$program is not for both processors"
        # Apple notarises only what has the hardened runtime and a trusted time.
        codesign --force --options runtime --timestamp --sign "$identity" "$folder/$program" ||
            fail "$program cannot be signed as '$identity', see above"
        codesign --verify --strict "$folder/$program" || fail "the signature of $program does not hold"
    done
}

# Asks Apple about the archive $1 and waits for the answer.
notarise() {
    local answer id
    say "asking Apple to notarise it (some minutes)"
    answer=$(xcrun notarytool submit "$1" --keychain-profile "$notary_profile" --wait) ||
        fail "notarytool could not submit $(basename "$1"), see above"
    # The command succeeds as well where Apple refuses.
    if ! grep -q 'status: Accepted' <<<"$answer"; then
        id=$(sed -n 's/^ *id: *//p' <<<"$answer" | head -n 1)
        fail "Apple did not accept it; why: xcrun notarytool log ${id:-ID} --keychain-profile $notary_profile"
    fi
    say "notarised. Not stapled: a ticket can be stapled to an app, a disk image or an installer, not to bare programs; a Mac asks Apple for it when they are first run"
}

pack_tar() {
    local owner=()
    # Nobody needs to know who built it.
    if tar --version 2>/dev/null | grep -q GNU; then
        owner=(--owner=0 --group=0 --numeric-owner)
    fi
    tar -C "$work/release" ${owner[@]+"${owner[@]}"} -czf "$work/release/$name.tar.gz" "$name"
}

write_checksums() {
    local sum=(sha256sum)
    command -v sha256sum >/dev/null || sum=(shasum -a 256)
    need_tool "${sum[0]}" "coreutils or Perl"
    (cd "$work/release" && "${sum[@]}" "$1" >SHA256SUMS)
}

need_linker
need_audio_libraries
need_rust
version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$root/Cargo.toml" | head -n 1)
[ -n "$version" ] || fail "Cargo.toml names no version"
if "$dry_run"; then
    command -v zip >/dev/null || install zip
    stand_in_for_tools
fi
need_clean_tree

if "$host"; then
    [ "$(uname -s)" = Linux ] || fail "--host is for Linux; leave it out on a Mac"
    target=$(rust_host)
    name=ane-synth-$version-linux-$(uname -m)
    folder=$work/release/$name
    mkdir -p "$folder"
    say "building for $target"
    build "$target" || fail "the build for $target failed, see above"
    for program in "${programs[@]}"; do
        file=$(built "$target" "$program")
        cp "$file" "$folder/$program"
        chmod 755 "$folder/$program"
    done
    add_texts "$target"
    try_program
    archive=$name.tar.gz
    pack_tar
else
    need_apple_tools
    # The oldest macOS that the programs start on.
    export MACOSX_DEPLOYMENT_TARGET=13.0
    name=ane-synth-$version-macos-universal
    folder=$work/release/$name
    mkdir -p "$folder"
    universal
    add_texts "${apple_targets[@]}"
    try_program
    archive=$name.zip
    ditto -c -k --keepParent "$folder" "$work/release/$archive" || fail "ditto cannot pack it, see above"
    [ -s "$work/release/$archive" ] || fail "ditto wrote no $archive"
    notarise "$work/release/$archive"
fi
write_checksums "$archive"

mkdir -p "$output"
mv "$work/release/"* "$output/"
"$dry_run" && say "this was a dry run: the programs in it are stand-ins"
say "$output holds $archive and its SHA256SUMS ($SECONDS s)"
