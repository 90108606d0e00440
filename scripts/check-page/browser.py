"""A headless Chromium, spoken to in its DevTools protocol over a pipe."""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time

# The longest that any answer may take, s: a loaded machine is slow, a hanging browser is not waited for.
PATIENCE_S = 30

# DevTools reads its pipe from descriptor 3 and writes to 4.
PIPE = 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2'


class BrowserError(Exception):
    """The browser does not start, does not answer or refuses."""


class Browser:
    """A browser with a profile of its own, which is gone with it."""

    def __init__(self, program):
        self._folder = tempfile.mkdtemp(prefix="check-page.")
        self._words = open(os.path.join(self._folder, "stderr"), "w+b")
        command = [
            program,
            "--headless",
            "--hide-scrollbars",
            "--remote-debugging-pipe",
            "--user-data-dir=" + os.path.join(self._folder, "profile"),
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-extensions",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-sync",
            "--mute-audio",
        ]
        # Chromium's sandbox refuses to be started by root; the page is our own.
        if os.geteuid() == 0:
            command.append("--no-sandbox")
        self._process = subprocess.Popen(
            ["sh", "-c", PIPE, "sh", *command, "about:blank"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._words,
        )
        self._messages = queue.Queue()
        self._events = {}
        self._last = 0
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self.version = self.ask("Browser.getVersion")["product"]
        except BrowserError:
            self.close()
            raise

    def _listen(self):
        rest = b""
        while chunk := os.read(self._process.stdout.fileno(), 1 << 16):
            *whole, rest = (rest + chunk).split(b"\0")
            for message in whole:
                self._messages.put(json.loads(message))
        self._messages.put(None)

    def _next(self, until):
        try:
            message = self._messages.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise BrowserError("the browser does not answer" + self._last_words()) from None
        if message is None:
            raise BrowserError("the browser has ended" + self._last_words())
        return message

    def _last_words(self):
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        return "".join("\n    " + line for line in lines[-8:])

    def ask(self, method, session=None, **parameters):
        """The browser's answer to a command; what happens meanwhile is kept for `events`."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\0")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise BrowserError("the browser has ended" + self._last_words()) from None
        until = time.monotonic() + PATIENCE_S
        while True:
            answer = self._next(until)
            if answer.get("id") == self._last:
                break
            self._keep(answer)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _keep(self, message):
        if "method" in message:
            self._events.setdefault(message.get("sessionId"), []).append(message)

    def events(self, session):
        """What has happened in a page since this was last asked."""
        while True:
            try:
                message = self._messages.get_nowait()
            except queue.Empty:
                return self._events.pop(session, [])
            if message is None:
                raise BrowserError("the browser has ended" + self._last_words())
            self._keep(message)

    def close(self):
        """Ends the browser and removes what it has written."""
        try:
            self.ask("Browser.close")
        except BrowserError:
            pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._words.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class Page:
    """A tab of a browser."""

    def __init__(self, browser):
        self._browser = browser
        self._seen = []
        self._target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.ask("Target.attachToTarget", targetId=self._target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")
        self.ask("Page.setLifecycleEventsEnabled", enabled=True)
        # Keys go to a page in front only.
        self.ask("Emulation.setFocusEmulationEnabled", enabled=True)

    def ask(self, method, **parameters):
        """The answer to a command about this page."""
        return self._browser.ask(method, self._session, **parameters)

    def value(self, expression):
        """What JavaScript says, promises awaited."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=False
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def look(self, width, height=800, scheme="light", still=False):
        """The window's size, the colours and the motion that the reader has asked for."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )
        features = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
        ]
        self.ask("Emulation.setEmulatedMedia", features=features)

    def open(self, address):
        """Opens a page and waits until it is there with everything in it."""
        self.happened()
        self._seen = []
        answer = self.ask("Page.navigate", url=address)
        if "errorText" in answer:
            raise BrowserError(f"{address}: {answer['errorText']}")
        until = time.monotonic() + PATIENCE_S
        loaded = {"name": "load", "loaderId": answer["loaderId"]}
        while not any(
            event["method"] == "Page.lifecycleEvent" and loaded.items() <= event["params"].items()
            for event in self.happened()
        ):
            if time.monotonic() > until:
                raise BrowserError(f"{address}: it is never loaded")
            time.sleep(0.02)

    def happened(self):
        """All events since the page was opened."""
        self._seen += self._browser.events(self._session)
        return self._seen

    def press(self, key, text=""):
        """A key pressed and let go by a person."""
        codes = {"Tab": 9, " ": 32, "ArrowRight": 39}
        common = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        self.ask("Input.dispatchKeyEvent", type="keyDown" if text else "rawKeyDown", text=text, **common)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **common)

    def close(self):
        """Closes the tab."""
        self._browser.ask("Target.closeTarget", targetId=self._target)
