"""What the page is like in a browser: requests, widths, contrast, names, keyboard, sound."""

import os
import time

WIDTHS = (320, 360, 768, 1280)
SCHEMES = ("light", "dark")
# Web Content Accessibility Guidelines 2.2, 1.4.3.
LEAST_CONTRAST = 4.5
# What a screen reader reads by name.
NAMED = {"button", "image", "img", "slider", "link", "navigation", "group", "Audio"}
# The piece has to begin in so long, and then to get so far in so long, s.
BEGUN_WITHIN_S = 5
HEARD_S = 0.5
HEARD_WITHIN_S = 30

with open(os.path.join(os.path.dirname(__file__), "measures.js"), encoding="utf-8") as _file:
    _MEASURES = _file.read().rstrip()


def _measure(page, call):
    return page.value(f"{_MEASURES}.{call}")


def quiet(page, address):
    """Words on the console, exceptions, and requests of anything but the page's own files."""
    faults = []
    page.look(1280)
    page.open(address)
    sound = "document.querySelector('audio')"
    page.value(f"{sound}.error || {sound}.readyState > 0 || new Promise((done) => {{ {sound}.onloadedmetadata = {sound}.onerror = done }})")
    for event in page.happened():
        method, said = event["method"], event["params"]
        if method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
            faults.append("console: " + " ".join(str(a.get("value", a.get("description"))) for a in said["args"]))
        elif method == "Runtime.exceptionThrown":
            details = said["exceptionDetails"]
            faults.append("exception: " + details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
            faults.append(f"browser: {said['entry']['text']} {said['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            url = said["request"]["url"]
            if not url.startswith(("file:", "data:")):
                faults.append("request: " + url)
        elif method == "Network.loadingFailed" and not said.get("canceled"):
            faults.append("not loaded: " + said["errorText"])
    return faults


def fits(page, address):
    """What is wider than the window, from small phones to desks."""
    faults = []
    for width in WIDTHS:
        page.look(width)
        page.open(address)
        faults += [f"at {width} px: {fault}" for fault in _measure(page, f"wider({width})")]
    return faults


def contrast(page, address):
    """Texts that stand out too little from their ground."""
    faults = []
    for scheme in SCHEMES:
        page.look(1280, scheme=scheme)
        page.open(address)
        faults += [f"{scheme}: {fault}" for fault in _measure(page, f"faint({LEAST_CONTRAST})")]
    return faults


def names(page, address):
    """What a screen reader meets without a name."""
    page.look(1280)
    page.open(address)
    faults, found = [], set()
    for node in page.ask("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value")
        if node["ignored"] or role not in NAMED:
            continue
        found.add(role)
        if not node.get("name", {}).get("value", "").strip():
            faults.append(f"a {role} has no name: {[p['value'].get('value') for p in node.get('properties', [])]}")
    return faults + [f"there is no {role} at all" for role in ("button", "slider", "link", "navigation") if role not in found]


def keyboard(page, address):
    """What Tab does not reach, and what does not show that it is reached."""
    page.look(1280)
    page.open(address)
    wanted, reached, faults = _measure(page, "reachable()"), {}, []
    for _ in range(len(wanted) + 5):
        page.press("Tab")
        focused = _measure(page, "focused()")
        reached.setdefault(focused["place"], focused["shown"])
    for place in wanted:
        told = _measure(page, f"tell({place})")
        if place not in reached:
            faults.append(f"{told} is not reached by Tab")
        elif not reached[place]:
            faults.append(f"{told} does not show that it is reached")
    return faults


def sound(page, address):
    """Whether the piece plays, by the keys that a person would press, and whether the page keeps up."""
    page.look(1280)
    page.open(address)
    button, place = "document.querySelector('.player button')", "document.querySelector('.player .place')"
    page.value(f"{button}.focus()")
    page.press(" ", text=" ")
    state = _wait(page, BEGUN_WITHIN_S, lambda state: not state["paused"])
    if state["paused"]:
        return [f"it does not begin: {state}"]
    state = _wait(page, HEARD_WITHIN_S, lambda state: state["time"] >= HEARD_S or state["ended"])
    if state["error"] or state["time"] < HEARD_S:
        return [f"it stops at {state['time']} s, or does not go on: error {state['error']}"]
    faults = []
    if not state["decoded"]:
        faults.append("no sound was decoded")
    if abs(state["length"] - state["said"]) > 0.05:
        faults.append(f"it lasts {state['length']} s, data-seconds says {state['said']}")
    if state["button"] != "Pause" or not 0 < state["place"] <= state["time"]:
        faults.append(f"the player does not show that it plays: {state}")
    page.press(" ", text=" ")
    page.value(f"{place}.focus()")
    paused = _wait(page, BEGUN_WITHIN_S, lambda state: state["button"] == "Play")
    page.press("ArrowRight")
    moved = _measure(page, "sound()")
    if not paused["paused"] or paused["button"] != "Play":
        faults.append(f"it cannot be paused: {paused}")
    if not paused["time"] < moved["time"] < moved["length"] or " of " not in (moved["words"] or ""):
        faults.append(f"the arrow keys do not move the place: from {paused} to {moved}")
    return faults


def _wait(page, patience_s, until):
    """The player's state once it is so, has failed or patience is at its end."""
    end = time.monotonic() + patience_s
    while True:
        state = _measure(page, "sound()")
        if until(state) or state["error"] or time.monotonic() > end:
            return state
        time.sleep(0.05)


def still(page, address):
    """What moves though the reader has asked that nothing does."""
    page.look(1280, still=True)
    page.open(address)
    return _measure(page, "moving()")


def without_scripts(page, address):
    """What is left of the player where no scripts run."""
    page.look(1280)
    page.ask("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(address)
        return _measure(page, "withoutScripts()")
    finally:
        page.ask("Emulation.setScriptExecutionDisabled", value=False)


def picture(page, address, width, scheme):
    """The whole page as base64 of a PNG picture."""
    page.look(width, scheme=scheme)
    page.open(address)
    return page.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
