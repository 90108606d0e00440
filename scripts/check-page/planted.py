"""Faults put into copies of the page: a check that does not find its own has seen nothing."""

import os
import shutil

# The check that must find it, what is wrong, the file, what stands there and what instead of it. The first
# place counts. No text to be replaced: the file is cut after so many bytes.
FAULTS = [
    ("links", "a file that is not there", "index.html", 'href="apple.md"', 'href="aple.md"'),
    ("links", "a place that is not there", "index.html", 'href="#why"', 'href="#whi"'),
    ("links", "a heading that is not there", "index.html", "README.md#how-fast", "README.md#how-quick"),
    ("links", "a picture from elsewhere", "index.html", "page/icon.svg", "https://example.org/icon.svg"),
    ("figures", "a figure that was not measured", "index.html", '<td class="n">', '<td class="n">9'),
    ("figures", "a figure of another row", "index.html", 'data-label="CPU SIMD + ours"', 'data-label="CPU SIMD"'),
    ("figures", "code that is not ours", "index.html", "kernel.eval()?", "kernel.evaluate()?"),
    ("instruments", "another licence", "index.html", "<td>CC-BY-4.0</td>", "<td>MIT</td>"),
    ("size", "half a sound too much", "page/evening-round.flac", None, 2_000_001),
    ("shape", "a picture without words", "index.html", " alt=", " title="),
    ("shape", "a heading that leaves one out", "index.html", '<h2 id="why">Why it matters</h2>', '<h4 id="why">Why</h4>'),
    ("quiet", "a warning", "page/player.js", '"use strict";', '"use strict"; console.warn("planted");'),
    ("quiet", "an exception", "page/player.js", '"use strict";', '"use strict"; throw new Error("planted");'),
    ("quiet", "a request", "index.html", "</main>", '<img alt="planted" src="http://127.0.0.1:9/planted.png"></main>'),
    ("quiet", "a file that is not there", "index.html", "page/page.css", "page/pages.css"),
    ("fits", "a table that is too wide", "page/page.css", "table { border", "table { min-width: 420px; border"),
    ("fits", "code that is cut off", "page/page.css", "overflow-x: auto;", "overflow-x: hidden;"),
    ("contrast", "grey on grey", "page/page.css", "--soft: #4b575c", "--soft: #8b979c"),
    ("contrast", "grey on black", "page/page.css", "--soft: #9aa7ac", "--soft: #5a676c"),
    ("contrast", "a pale drawing", "page/page.css", ".on-black { fill: var(--paper)", ".on-black { fill: var(--soft)"),
    ("names", "a slider without a name", "index.html", 'aria-label="Place in the piece"', ""),
    ("keyboard", "a button that Tab leaves out", "index.html", '<button type="button">', '<button type="button" tabindex="-1">'),
    ("keyboard", "focus that is not seen", "page/page.css", "outline: 2px solid var(--accent)", "outline: none"),
    ("sound", "a sound that is cut short", "page/evening-round.flac", None, 4_000),
    ("sound", "a button that does nothing", "page/player.js", "audio.play().catch(failed)", "audio.load()"),
    ("sound", "a place that cannot be moved", "page/player.js", "audio.currentTime = Number(place.value);", ""),
    ("still", "motion for those who want none", "page/page.css", "html { -webkit", "html { scroll-behavior: smooth; -webkit"),
    ("without_scripts", "no player without scripts", "index.html", "<audio controls ", "<audio "),
]


def plant(fault, docs, folder):
    """Copies `docs` to `folder` with one fault in it."""
    _, what, file, old, new = fault
    shutil.copytree(docs, folder, dirs_exist_ok=True)
    path = os.path.join(folder, file)
    with open(path, "rb") as opened:
        content = opened.read()
    if old is None:
        changed = content[:new].ljust(new, b"\0")
    else:
        changed = content.replace(old.encode(), new.encode(), 1)
    if changed == content:
        raise ValueError(f"{what}: {file} has no {old!r} any more; change scripts/check-page/planted.py")
    with open(path, "wb") as opened:
        opened.write(changed)
