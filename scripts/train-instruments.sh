#!/usr/bin/env bash
# Makes the shipped instruments from nothing: fetches and gathers their recordings, trains each
# without the held-out pitches, measures it on them, then trains it on everything and writes the
# file, with those figures inside, to crates/ane-synth-app/instruments. Prints a table.
#   scripts/train-instruments.sh [OPTIONS] [NAME...]      (default: all of sources.toml)
#     --reports FOLDER   also write the evaluation of each as a page with pictures and sounds
#     --out FOLDER       write the files there instead
#     --shared FOLDER    where the recordings are that are handed over with the project
#                        (default: ../shared/recordings)
#     --cache FOLDER     where packaged recordings are kept (default: as fetch-recordings.sh)
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

sources=$root/crates/ane-synth-app/instruments/sources.toml
out=$root/crates/ane-synth-app/instruments
shared=$root/../shared/recordings
cache=${XDG_CACHE_HOME:-${HOME:-}/.cache}/ane-synth/recordings
reports=
names=()
while [ "$#" -gt 0 ]; do
    case "$1" in
    --reports | --out | --shared | --cache)
        [ "$#" -ge 2 ] || fail "$1 needs a folder"
        declare "${1#--}=$2"
        shift
        ;;
    -*) fail "there is no option $1; there are --reports, --out, --shared and --cache" ;;
    *) names+=("$1") ;;
    esac
    shift
done

need_linker
need_rust
# The paths given count from where the caller stands.
mkdir -p "$cache" "$out"
say "building ane-synth (the first time takes a few minutes)"
build=(--release --locked --manifest-path "$root/Cargo.toml")
cargo build "${build[@]}" --package ane-synth-app --bin ane-synth
cargo build "${build[@]}" --package xtask
xtask() {
    cargo run --quiet "${build[@]}" --package xtask -- "$@"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The command as it is now: the instruments inside it change while they are made.
target=$(cargo metadata --format-version 1 --no-deps --manifest-path "$root/Cargo.toml" |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
cp "$target/release/ane-synth" "$work/"

if [ "${#names[@]}" -eq 0 ]; then
    listed=$(xtask instruments --sources "$sources")
    read -r -d '' -a names <<<"$listed" || true
fi
"$root/scripts/fetch-recordings.sh" "$cache" ||
    say "going on with the instruments whose recordings are here"

# figure FILE KEY: the number or null that the object in FILE has under KEY; a dash without.
figure() {
    local found
    found=$(grep -o "\"$2\": *[-0-9.a-z]*" "$1" | head -n 1 | sed 's/.*: *//') || true
    case "$found" in
    '' | null) echo - ;;
    *) printf '%.2f\n' "$found" ;;
    esac
}

columns=(harmonic_db nearest_note_db average_spectrum_db noise_db lsd_db lsd_bound_db log_mag
    envelope_db envelope_flat_db f0_cents)

# make NAME: trains, measures, trains again, writes.
make() {
    local name=$1 facts=() line folder about report=() column row
    xtask gather "$name" --sources "$sources" --shared "$shared" --cache "$cache" \
        >"$work/facts" || return 1
    while IFS= read -r line; do
        facts+=("$line")
    done <"$work/facts"
    folder=${facts[0]}
    about=(--name "${facts[1]}" --author "${facts[2]}" --licence "${facts[3]}"
        --source "${facts[4]}" --programs "${facts[5]}" --bank "${facts[6]}")
    if [ -n "$reports" ]; then
        mkdir -p "$reports" || return 1
        report=(--report "$reports/$name")
    fi
    say "$name: training without the held-out pitches"
    "$work/ane-synth" train "$folder" -o "$work/$name-held-out.synth" --hold-out "${about[@]}" >&2 ||
        return 1
    say "$name: measuring it on the held-out pitches"
    "$work/ane-synth" evaluate "$work/$name-held-out.synth" "$folder" --json \
        ${report[@]+"${report[@]}"} \
        >"$work/$name.json" || return 1
    say "$name: training on everything"
    "$work/ane-synth" train "$folder" -o "$out/$name.synth" "${about[@]}" \
        --held-out-figures "$work/$name.json" >&2 || return 1
    row=$name
    for column in "${columns[@]}"; do
        row+=$'\t'$(figure "$work/$name.json" "$column")
    done
    printf '%s\n' "$row" >>"$work/table"
}

failed=()
for name in "${names[@]}"; do
    make "$name" || failed+=("$name")
done

if [ -s "$work/table" ]; then
    header=$(IFS=$'\t' && printf 'instrument\t%s' "${columns[*]}")
    { printf '%s\n' "$header" && cat "$work/table"; } |
        awk -F '\t' '{ printf "%-14s", $1; for (i = 2; i <= NF; i++) printf " %19s", $i; print "" }'
fi
say "done in $SECONDS s"
if [ "${#failed[@]}" -gt 0 ]; then
    fail "${#failed[@]} of ${#names[@]} instruments were not made (see above): ${failed[*]}"
fi
