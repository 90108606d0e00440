#!/usr/bin/env bash
# Takes the place of cargo, rustc, git, a C compiler and Apple's tools, by the name it is called by: writes
# each call down and leaves behind what the real one would.
set -euo pipefail
name=${0##*/}
call="$name $*"
printf '%s\n' "$call" >>"$STAGE/calls"
case "$call" in
"${REFUSED:-nothing}"*)
    echo "$name: refused" >&2
    exit 1
    ;;
esac
case "$call" in
"rustc --version") echo "rustc 999.0.0 (a stand-in)" ;;
"rustc --print sysroot") echo "$STAGE/sysroot" ;;
"rustc --print target-libdir"*) echo "$STAGE/libdir" ;;
"cargo build "*)
    while [ "$#" -gt 0 ]; do
        case "$1" in
        --target) target=$2 ;;
        --target-dir) folder=$2 ;;
        esac
        shift
    done
    mkdir -p "$folder/$target/release"
    for program in ${BUILT-ane-synth ane-bench}; do
        printf '#!/bin/sh\necho %s %s\nexit\n# %s\n' "$program" "$VERSION" "$target" >"$folder/$target/release/$program"
    done
    ;;
"cargo run "*" licences "*) printf '%s' "${LICENCES-all the terms}" ;;
"security "*) echo '  1) 0123ABCD "Developer ID Application: Someone (TEAM)"' ;;
"lipo -create -output "*) cat "$4" "$5" >"$3" ;;
"xcrun notarytool submit "*) printf '  id: 42-id\n  status: %s\n' "${ANSWER:-Accepted}" ;;
"ditto -c -k --keepParent "*) (cd "$(dirname "$4")" && tar -cf "$5" "$(basename "$4")") ;;
"git "*" status --porcelain") printf '%s' "${CHANGES:-}" ;;
esac
