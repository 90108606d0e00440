"""What the page says, against the files of the repository: links, figures, instruments, size."""

import html.parser
import os
import re

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Everything but the sound, and the sound, bytes.
PAGE_LIMIT = 340_000
SOUND_LIMIT = 2_000_000


class Element:
    """An element with its attributes, its children (elements and texts) and where it begins."""

    def __init__(self, name, attributes, line):
        self.name, self.attributes, self.line = name, attributes, line
        self.children = []

    def all(self, *names):
        """This and all elements below, or those of some names."""
        if not names or self.name in names:
            yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all(*names)

    def text(self):
        """All its text."""
        if self.name == "br":
            return "\n"
        return "".join(c.text() if isinstance(c, Element) else c for c in self.children)

    def words(self):
        """All its text, with single spaces."""
        return " ".join(self.text().split())


class _Builder(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.root = Element("", {}, 0)
        self._open = [self.root]

    def handle_starttag(self, tag, attrs):
        element = Element(tag, dict(attrs), self.getpos()[0])
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self._open[-1].children.append(Element(tag, dict(attrs), self.getpos()[0]))

    def handle_endtag(self, tag):
        if self._open[-1].name != tag:
            raise ValueError(f"line {self.getpos()[0]}: </{tag}> closes <{self._open[-1].name}>")
        self._open.pop()

    def handle_data(self, data):
        self._open[-1].children.append(data)


def parse(text):
    """The page as a tree. Every element but the void ones must be closed."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    return builder.root


def _read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def links(page, root):
    """Links that lead nowhere. `page` lies in docs/ of the repository `root`."""
    ids = [e.attributes["id"] for e in page.all() if "id" in e.attributes]
    faults = [f"id {i} is there twice" for i in sorted(set(ids)) if ids.count(i) > 1]
    for element in page.all():
        for attribute in ("href", "src", "srcset"):
            target = element.attributes.get(attribute)
            if target is None or target.startswith("https://") and element.name == "a":
                continue
            if fault := _leads_nowhere(target, ids, root):
                faults.append(f"line {element.line}: {attribute}=\"{target}\": {fault}")
    return faults


def _leads_nowhere(target, ids, root):
    path, _, fragment = target.partition("#")
    if re.match(r"[a-z]+:|//", path):
        return "neither a file of the repository nor a place on the page"
    if not path:
        return None if fragment in ids else "there is no such place on the page"
    file = os.path.normpath(os.path.join(root, "docs", path))
    if not file.startswith(os.path.join(root, "")) or not os.path.isfile(file):
        return "there is no such file"
    if fragment and fragment not in _headings(file):
        return "there is no such heading in the file"
    return None


def _headings(file):
    """Anchors that a Markdown file's headings have."""
    with open(file, encoding="utf-8") as opened:
        text = re.sub(r"^```.*?^```", "", opened.read(), flags=re.M | re.S)
    titles = re.findall(r"^#+ +(.+?) *$", text, flags=re.M)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def figures(page, root):
    """Figures, phrases and code that the files named by data-from do not have."""
    faults = []
    for element in page.all():
        source = element.attributes.get("data-from")
        if source is None:
            continue
        try:
            text = _read(root, source)
        except OSError as error:
            faults.append(f"line {element.line}: data-from=\"{source}\": {error.strerror}")
            continue
        if element.name == "tr":
            fault = _no_such_row(element, text)
        elif element.name == "pre":
            lines = [line.strip() for line in element.text().splitlines() if line.strip()]
            missing = [line for line in lines if line not in text]
            fault = f"has no line \"{missing[0]}\"" if missing else None
        else:
            plain = " ".join(text.replace("`", "").replace("*", "").split())
            fault = None if element.words() in plain else f"does not say \"{element.words()}\""
        if fault:
            faults.append(f"line {element.line}: {source} {fault}; put its present words on the page")
    return faults


def _no_such_row(row, text):
    """A row's figures stand, in their order, in one line of the file that begins with its label."""
    label = row.attributes["data-label"]
    figures = [cell.words() for cell in row.all("td") if "n" in cell.attributes.get("class", "").split()]
    if not figures:
        return f"is named by a row without figures ({label})"
    ours = r".*?".join(rf"(?<![\w.]){re.escape(figure)}(?![\w.]*\d)" for figure in figures)
    lines = [line.strip().lstrip("|").strip() for line in text.splitlines()]
    lines = [line[len(label):] for line in lines if re.match(re.escape(label) + r"(  | \||$)", line)]
    if any(re.search(ours, line) for line in lines):
        return None
    return f"has no row \"{label}\" with {', '.join(figures)}" + "".join(f"\n    it has: {label}{l}" for l in lines)


def instruments(page, root):
    """Differences between the table of instruments and NOTICE, which names each with maker and licence."""
    pattern = r"^(\S+) \((.+)\)\n  Recordings: .*\n  By: (.*)\n  Licence: (.*)$"
    wanted = {f"{title} {name}": (by, licence) for name, title, by, licence in
              re.findall(pattern, _read(root, "NOTICE"), flags=re.M)}
    tables = [table for table in page.all("table") if "data-notice" in table.attributes]
    found = {}
    for row in (row for table in tables for body in table.all("tbody") for row in body.all("tr")):
        head, *cells = [cell.words() for cell in row.all("th", "td")]
        found[head] = tuple(cells)
    return [f"{name}: the page has {found.get(name)}, NOTICE has {wanted.get(name)}"
            for name in sorted(wanted.keys() | found.keys()) if wanted.get(name) != found.get(name)]


def size(text, page, folder):
    """Files that are too large, and the page with what it needs. `folder` is the page's own."""
    sizes = {}
    for element in page.all("link", "script", "img", "source", "audio"):
        for attribute in ("href", "src", "srcset"):
            if path := element.attributes.get(attribute):
                file = os.path.join(folder, path)
                sizes[path] = os.path.getsize(file) if os.path.isfile(file) else 0
    sounds = {path: sizes.pop(path) for path in list(sizes) if path.endswith(".flac")}
    faults = [f"{path} has {bytes:,} bytes, at most {SOUND_LIMIT:,} are meant" for path, bytes in sounds.items()
              if bytes > SOUND_LIMIT]
    whole = len(text.encode()) + sum(sizes.values())
    if whole > PAGE_LIMIT:
        faults.append(f"the page without its sound has {whole:,} bytes, at most {PAGE_LIMIT:,} are meant: {sizes}")
    return faults


def shape(page):
    """What makes a page readable by programs: language, title, landmarks, headings, texts for pictures."""
    def count(name):
        return len(list(page.all(name)))

    faults = []
    html_element = next(page.all("html"), None)
    if html_element is None or not html_element.attributes.get("lang"):
        faults.append("<html> has no language")
    faults += [f"there is not one <{name}> but {count(name)}" for name in ("head", "main", "h1", "header", "footer")
               if count(name) != 1]
    if not any(title.words() for head in page.all("head") for title in head.all("title")):
        faults.append("<head> has no title")
    if not count("nav"):
        faults.append("there is no <nav>")
    level = 0
    for heading in page.all("h1", "h2", "h3", "h4", "h5", "h6"):
        if int(heading.name[1]) > level + 1:
            faults.append(f"line {heading.line}: <{heading.name}> \"{heading.words()}\" leaves a level out")
        level = int(heading.name[1])
    for picture in page.all("img"):
        if not picture.attributes.get("alt", "").strip():
            faults.append(f"line {picture.line}: <img> has no alt text")
    for drawing in page.all("svg"):
        if drawing.attributes.get("role") != "img" or not any(t.words() for t in drawing.all("title")):
            faults.append(f"line {drawing.line}: <svg> has no role=\"img\" or no <title>")
    for table in page.all("table"):
        if not any(caption.words() for caption in table.all("caption")):
            faults.append(f"line {table.line}: <table> has no caption")
        faults += [f"line {head.line}: <th> has no scope" for head in table.all("th") if "scope" not in head.attributes]
    return faults
