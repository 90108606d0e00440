# shellcheck shell=bash
# What the machine must have before anything is built. Sourced by the other scripts and .ci/run:
# finds what is missing, says what it will install, asks where a person sits in front of a machine
# of their own, and never goes on without.

root=$(CDPATH="" cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

say() {
    printf '== %s\n' "$*" >&2
}

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Ends with a status of its own, by which .ci/run knows that nothing was wrong with the code.
not_checked() {
    say "NOTHING WAS CHECKED: $*"
    exit 3
}

# The package manager of this machine, or nothing.
package_manager() {
    local manager
    for manager in apt-get dnf yum zypper pacman apk brew; do
        if command -v "$manager" >/dev/null; then
            echo "$manager"
            return
        fi
    done
}

# The version that apt would install of a package; fails where it knows none.
apt_version() {
    apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: \([0-9][0-9.]*\).*/\1/p' | grep .
}

# Whether version $1 is at least version $2.
at_least() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# The packages that hold what $1 names (linker, audio, jack, arm64, curl, zip, valgrind, chromium, tmux, ...), by package manager $2.
packages_for() {
    case "$1:$2" in
    linker:apt-get) echo gcc libc6-dev ;;
    linker:apk) echo gcc musl-dev ;;
    linker:zypper) echo gcc glibc-devel ;;
    linker:*) echo gcc ;;
    audio:apt-get) echo libasound2-dev pkg-config ;;
    audio:dnf | audio:yum) echo alsa-lib-devel pkgconf-pkg-config ;;
    audio:zypper) echo alsa-devel pkg-config ;;
    audio:pacman) echo alsa-lib pkgconf ;;
    audio:apk) echo alsa-lib-dev pkgconf ;;
    audio:brew) echo alsa-lib pkgconf ;;
    jack:apt-get) echo libjack-jackd2-dev jackd2 pkg-config ;;
    jack:dnf | jack:yum) echo jack-audio-connection-kit-devel jack-audio-connection-kit-example-clients pkgconf-pkg-config ;;
    jack:zypper) echo libjack-devel jack pkg-config ;;
    jack:apk) echo jack-dev jack jack-example-clients pkgconf ;;
    jack:pacman) echo jack2 jack-example-tools pkgconf ;;
    jack:brew) echo jack pkgconf ;;
    arm64:apt-get) echo gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user ;;
    curl:*) echo curl ca-certificates ;;
    zip:*) echo zip ;;
    valgrind:*) echo valgrind ;;
    chromium:*) echo chromium ;;
    tmux:*) echo tmux ;;
    shellcheck:dnf | shellcheck:yum) echo ShellCheck ;;
    shellcheck:*) echo shellcheck ;;
    python:apt-get) echo python3 python3-venv ;;
    python:pacman) echo python ;;
    python:apk) echo python3 py3-pip ;;
    python:brew) echo python ;;
    python:*) echo python3 python3-pip ;;
    peers:apt-get) echo libsleef3 libfluidsynth3 fluid-soundfont-gm ;;
    rust:pacman | rust:brew) echo rust ;;
    # Debian's stable releases carry a newer Rust under this name.
    rust:apt-get) apt_version rustc-web >/dev/null && echo cargo-web rustc-web || echo cargo rustc ;;
    rust:*) echo cargo rust ;;
    esac
}

# install WHAT: installs the packages for WHAT, as root where that is needed.
install() {
    local what manager packages
    manager=$(package_manager)
    case "$1" in
    linker) what="a C compiler (Rust links with it)" ;;
    audio) what="ALSA's header files (live sound is built with them)" ;;
    jack) what="the JACK sound server with its header files" ;;
    arm64) what="a C compiler for arm64, or the emulator" ;;
    python) what="Python 3 with venv" ;;
    tmux) what="tmux (the terminal that the interface is tested on)" ;;
    peers) what="SLEEF, FluidSynth or a SoundFont" ;;
    *) what=$1 ;;
    esac
    if [ -z "$manager" ]; then
        fail "$what is missing and no known package manager is here; install it by hand, then run this again"
    fi
    if [ "$manager" = apt-get ] && [ "$(id -u)" -eq 0 ]; then
        refresh_apt
    fi
    read -ra packages <<<"$(packages_for "$1" "$manager")"
    local command
    case "$manager" in
    apt-get) command=(apt-get -o DPkg::Lock::Timeout=300 install -y "${packages[@]}") ;;
    dnf | yum) command=("$manager" install -y "${packages[@]}") ;;
    zypper) command=(zypper --non-interactive install "${packages[@]}") ;;
    pacman) command=(pacman -S --needed --noconfirm "${packages[@]}") ;;
    apk) command=(apk add "${packages[@]}") ;;
    brew) command=(brew install "${packages[@]}") ;;
    esac
    if [ "$manager" = brew ] || [ "$(id -u)" -eq 0 ]; then
        say "$what is missing; installing it: ${command[*]}"
        run_install "${command[@]}"
        return
    fi
    if ! command -v sudo >/dev/null; then
        fail "$what is missing; have an administrator run: ${command[*]}"
    fi
    if [ ! -t 0 ]; then
        fail "$what is missing; run this by hand, then start again: sudo ${command[*]}"
    fi
    local answer
    read -r -p "$what is missing. Install it with 'sudo ${command[*]}'? [Y/n] " answer || answer=n
    case "$answer" in
    '' | [Yy]*) run_install sudo "${command[@]}" ;;
    *) fail "$what is missing; install it with: sudo ${command[*]}" ;;
    esac
}

# An installation from a package list that is too old fails; a list that cannot be fetched may still
# do. "$@" is sudo or nothing.
refresh_apt() {
    "$@" apt-get update >&2 || say "the package lists could not be refreshed; trying with the old ones"
}

run_install() {
    if [ "$1 ${2:-}" = "sudo apt-get" ]; then
        refresh_apt sudo
    fi
    DEBIAN_FRONTEND=noninteractive "$@" >&2 || fail "this command failed; run it by hand to see why: $*"
}

# Whether a C compiler is here that can link a program: Rust needs it as a linker.
can_link() {
    command -v cc >/dev/null || return 1
    local folder result=0
    folder=$(mktemp -d)
    printf 'int main(void) { return 0; }\n' >"$folder/probe.c"
    cc "$folder/probe.c" -o "$folder/probe" 2>/dev/null || result=1
    rm -rf "$folder"
    return "$result"
}

need_linker() {
    can_link && return
    if [ "$(uname -s)" = Darwin ]; then
        fail "the command line tools are missing; run: xcode-select --install"
    fi
    install linker
    can_link || fail "there is still no working C compiler called cc; install one by hand"
}

# Whether pkg-config finds the header files of library $1.
has_headers() {
    command -v pkg-config >/dev/null && pkg-config --exists "$1"
}

# What live sound is built with: Linux has it in packages of its own, other systems bring it.
need_audio_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    has_headers alsa && return
    install audio
    has_headers alsa || fail "pkg-config still finds no alsa; install ALSA's header files by hand"
}

has_jack() {
    command -v jackd >/dev/null && command -v jack_lsp >/dev/null && has_headers jack
}

# What the tests of live sound through JACK need.
need_jack() {
    has_jack && return
    install jack
    has_jack || fail "there is still no jackd, jack_lsp or JACK header file; install them by hand"
}

# What the tests of the interface need: a terminal.
need_tmux() {
    command -v tmux >/dev/null && return
    install tmux
    command -v tmux >/dev/null || fail "there is still no tmux; install it by hand"
}

# Whether the cargo in reach is as new as Cargo.toml asks.
rust_is_new_enough() {
    command -v cargo >/dev/null && command -v rustc >/dev/null || return 1
    local needed found
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    found=$(cd "$root" && rustc --version 2>/dev/null | sed 's/^rustc \([0-9.]*\).*/\1/')
    [ -n "$found" ] || return 1
    at_least "$found" "$needed"
}

# Whether the Rust in reach is the very release that Cargo.toml names.
rust_is_exact() {
    local needed
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    [[ $(cd "$root" && rustc --version) == "rustc $needed."* ]]
}

# Whether the Rust in reach has a standard library for target $1.
has_target() {
    local folder
    folder=$(cd "$root" && rustc --print target-libdir --target "$1" 2>/dev/null) || return 1
    compgen -G "$folder/libstd-*.rlib" >/dev/null
}

need_rust() {
    if [ -d "${CARGO_HOME:-${HOME:-}/.cargo}/bin" ]; then
        PATH=${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH
    fi
    rust_is_new_enough && return
    local needed
    needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$root/Cargo.toml")
    if ! command -v rustup >/dev/null; then
        install_rustup "$needed"
        rust_is_new_enough && return
    fi
    if command -v rustup >/dev/null; then
        say "Rust $needed or newer is missing; installing it: rustup toolchain install $needed"
        rustup toolchain install "$needed" --profile minimal --component rustfmt --component clippy >&2 ||
            fail "this command failed; run it by hand to see why: rustup toolchain install $needed"
        export RUSTUP_TOOLCHAIN=$needed
        rust_is_new_enough && return
    fi
    fail "Rust $needed or newer is needed; install it from https://rustup.rs, then run this again"
}

# Rust's own installer into the home folder; the distribution's Rust where that cannot be had.
install_rustup() {
    local needed=$1 installer answer
    if [ -t 0 ] && [ "$(id -u)" -ne 0 ]; then
        read -r -p "Rust $needed or newer is missing. Install it into your home folder with the installer from https://rustup.rs? [Y/n] " answer || answer=n
        case "$answer" in
        '' | [Yy]*) ;;
        *) fail "Rust $needed or newer is needed; install it from https://rustup.rs, then run this again" ;;
        esac
    else
        say "Rust $needed or newer is missing; installing it with the installer from https://rustup.rs"
    fi
    command -v curl >/dev/null || install curl
    local folder
    folder=$(mktemp -d)
    # The program looks at the name it is called by.
    installer=$folder/rustup-init
    # The script of rustup.rs, else the program that it would fetch.
    if fetch https://sh.rustup.rs "$installer" ||
        fetch "https://static.rust-lang.org/rustup/dist/$(rust_host)/rustup-init" "$installer"; then
        chmod u+x "$installer"
        if "$installer" -y --no-modify-path --profile minimal --component rustfmt --component clippy >&2; then
            rm -rf "$folder"
            PATH=${CARGO_HOME:-${HOME:-}/.cargo}/bin:$PATH
            return
        fi
    fi
    rm -rf "$folder"
    say "rustup's installer could not be run; looking at the system's packages"
    if [ "$(package_manager)" = apt-get ]; then
        [ "$(id -u)" -ne 0 ] || refresh_apt
        local offered
        offered=$(apt_version rustc-web || apt_version rustc || echo 0)
        # Half a gigabyte of a Rust that is too old would help nobody.
        at_least "$offered" "$needed" || return 0
    fi
    install rust
}

# This machine as Rust names it.
rust_host() {
    local cpu
    cpu=$(uname -m)
    case "$(uname -s)" in
    Darwin) echo "${cpu/arm64/aarch64}-apple-darwin" ;;
    *) if ldd --version 2>&1 | grep -qi musl; then echo "$cpu-unknown-linux-musl"; else echo "$cpu-unknown-linux-gnu"; fi ;;
    esac
}

# Downloads $1 into the file $2; gives up on a network that swallows packets.
fetch() {
    curl --proto '=https' --tlsv1.2 --connect-timeout 20 --max-time 600 -sSf "$1" -o "$2"
}

# python_with NAME FILE: makes a Python environment in target/NAME with the packages that FILE names,
# unless it is there.
python_with() {
    local wanted=$2 venv=$root/target/$1
    cmp -s "$wanted" "$venv/installed.txt" && return
    python3 -c 'import ensurepip, venv' 2>/dev/null || install python
    say "making a Python environment in target/$1"
    rm -rf "$venv"
    mkdir -p "$root/target"
    python3 -m venv "$venv" >&2 &&
        "$venv/bin/python" -m pip install --quiet --requirement "$wanted" >&2 &&
        cp "$wanted" "$venv/installed.txt"
}

# A Python without any packages, new enough for the scripts that are written in it.
need_plain_python() {
    local is_new_enough='import sys; sys.exit(sys.version_info < (3, 8))'
    python3 -c "$is_new_enough" 2>/dev/null && return
    install python
    python3 -c "$is_new_enough" || fail "Python 3.8 or newer is needed; install it by hand"
}

# Prints the program of a browser of Chromium's family, if one is here.
find_chromium() {
    local name
    for name in "${ANE_SYNTH_CHROMIUM:-chromium}" chromium-browser google-chrome google-chrome-stable \
        /Applications/Chromium.app/Contents/MacOS/Chromium \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        command -v "$name" && return
    done
    return 1
}

# Sets ANE_SYNTH_PYTHON to a Python with the packages of requirements-test.txt.
need_python() {
    if [ -n "${ANE_SYNTH_PYTHON:-}" ]; then
        return
    fi
    python_with test-python "$root/scripts/requirements-test.txt" ||
        fail "the Python packages of scripts/requirements-test.txt cannot be installed (see above); run scripts/test.sh --without-python to leave out the tests that need them"
    export ANE_SYNTH_PYTHON=$root/target/test-python/bin/python
}
