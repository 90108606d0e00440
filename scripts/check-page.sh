#!/usr/bin/env bash
# Checks docs/index.html in a headless Chromium: no word on its console, no request but of its own files, the
# piece plays, nothing is wider than a phone or cannot be read or reached, links and figures are those of the
# repository. Every check has to find a fault planted in a copy of the page too.
#   scripts/check-page.sh [--pictures FOLDER]      pictures of the page instead, to be looked at
# ANE_SYNTH_CHROMIUM names another browser of that family.
set -euo pipefail

# shellcheck source=scripts/prepare.sh
. "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

case "$*" in
'') ;;
'--pictures '*) [ "$#" -eq 2 ] && mkdir -p "$2" ;;
*) fail "usage: scripts/check-page.sh [--pictures FOLDER]" ;;
esac

need_plain_python
chromium=$(find_chromium) || { (install chromium) && chromium=$(find_chromium); } ||
    not_checked "Chromium cannot be had here"
python3 -B "$root/scripts/check-page/main.py" "$root" "$chromium" "$@" || fail "the page is not as it should be, see above"
