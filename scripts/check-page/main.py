"""Checks docs/index.html in a headless Chromium; scripts/check-page.sh starts it.

Every check runs on the page, then on copies of it with one fault each, which it must find.
"""

import argparse
import base64
import os
import pathlib
import sys
import tempfile

import document
import planted
import rendered
from browser import Browser, BrowserError, Page

PICTURE_WIDTHS = (360, 768, 1280)


class Site:
    """The page in a folder, and the repository that it speaks of."""

    def __init__(self, folder, root, page):
        self.folder, self.root, self.page = folder, root, page
        index = pathlib.Path(folder, "index.html")
        self.address = index.as_uri()
        self.text = index.read_text(encoding="utf-8")
        self.tree = document.parse(self.text)


def in_browser(check):
    return lambda site: check(site.page, site.address)


CHECKS = {
    "links": ("all links lead somewhere", lambda site: document.links(site.tree, site.root)),
    "figures": ("figures and code are those of the repository", lambda site: document.figures(site.tree, site.root)),
    "instruments": ("instruments are those of NOTICE", lambda site: document.instruments(site.tree, site.root)),
    "size": ("the page is small", lambda site: document.size(site.text, site.tree, site.folder)),
    "shape": ("language, landmarks, headings and alt texts are there", lambda site: document.shape(site.tree)),
    "quiet": ("no word on the console, no request but of its own files", in_browser(rendered.quiet)),
    "fits": ("nothing is wider than the window", in_browser(rendered.fits)),
    "contrast": ("all text can be read, in light and dark", in_browser(rendered.contrast)),
    "names": ("everything has a name", in_browser(rendered.names)),
    "keyboard": ("the keyboard reaches everything", in_browser(rendered.keyboard)),
    "sound": ("the piece plays", in_browser(rendered.sound)),
    "still": ("nothing moves for those who want that", in_browser(rendered.still)),
    "without_scripts": ("it plays without scripts", in_browser(rendered.without_scripts)),
}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("root", help="the repository")
    options.add_argument("chromium", help="the browser")
    options.add_argument("--pictures", metavar="FOLDER", help="write pictures of the page there and check nothing")
    options = options.parse_args()
    try:
        browser = Browser(options.chromium)
    except BrowserError as error:
        sys.exit(f"{options.chromium}: {error}")
    try:
        site = Site(os.path.join(options.root, "docs"), options.root, Page(browser))
        if options.pictures:
            draw(site, options.pictures)
            return
        print(f"docs/index.html in {browser.version}")
        failed = check(site) + prove(site)
        total = len(CHECKS) + len(planted.FAULTS)
        print(f"{total - failed} passed, {failed} failed")
        sys.exit(1 if failed else 0)
    except (BrowserError, ValueError) as error:
        sys.exit(f"docs/index.html: {error}")
    finally:
        browser.close()


def check(site):
    """Runs every check on the page; how many failed."""
    failed = 0
    for title, run in CHECKS.values():
        faults = run(site)
        print(("ok      " if not faults else "FAILED  ") + title)
        for fault in faults:
            print(f"    docs/index.html: {fault}")
        failed += bool(faults)
    return failed


def prove(site):
    """Has every planted fault found; how many were not."""
    missed = 0
    for fault in planted.FAULTS:
        name, what = fault[:2]
        with tempfile.TemporaryDirectory(prefix="check-page.") as folder:
            planted.plant(fault, site.folder, folder)
            faults = CHECKS[name][1](Site(folder, site.root, site.page))
        print(f"found   {name}: {what}: {faults[0].splitlines()[0]}" if faults else f"MISSED  {name}: {what}")
        missed += not faults
    return missed


def draw(site, folder):
    """Writes pictures of the page."""
    for width in PICTURE_WIDTHS:
        for scheme in rendered.SCHEMES:
            path = pathlib.Path(folder, f"page-{width}-{scheme}.png")
            path.write_bytes(base64.b64decode(rendered.picture(site.page, site.address, width, scheme)))
            print(path)


if __name__ == "__main__":
    main()
