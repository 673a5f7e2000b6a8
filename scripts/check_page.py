"""Looks at the pages of `axum_server` in Chromium, as a recruiter would use them in English and in German, and at pages that
are files, such as `rank --html` writes, and has axe judge them.

    cargo build --release -p ranker-examples --example axum_server
    npm pack axe-core && tar xf axe-core-*.tgz package/axe.min.js      (or any other copy of axe.min.js)
    cargo xtask rank --compare p-0129 p-0172 --html account-en.html; the same with --words de --html account-de.html
    python3 scripts/check_page.py target/release/examples/axum_server package/axe.min.js OUT account-en.html account-de.html

Python's standard library and `chromium` (or --chromium) are all it needs; ORT_DYLIB_PATH is passed on, as for any example.
OUT gets a picture of each page at two widths, of one in the dark and of one in print. It ends with 1 where axe finds
anything, a page is wider than 320 pixels, the browser reports something (a violation of the content policy, say), or a
control cannot be reached by the Tab key.
"""

import argparse
import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

WIDE, NARROW = 1280, 320

# The first is the browser's own.
LANGUAGES = ("en", "de")

JOB = """Backend developer for a search team

Requirements
- At least five years of work as a developer
- Java or Kotlin
- PostgreSQL and Linux
- Fluent German

Nice to have
- Kubernetes
- A Master's degree
"""

RESUMES = {
    "Ana_Lopez.html": "<h1>Ana Lopez</h1><p>ana.lopez@example.com</p><p>Backend developer</p><h2>Experience</h2>"
    "<p>2017 - 2024 Backend developer, Norden GmbH: services in Java on PostgreSQL and Linux, run on Kubernetes.</p>"
    "<h2>Languages</h2><p>German (fluent), English (fluent), Spanish (native)</p>",
    "<img src=x onerror=alert(1)>.txt": "Tom Weber\nSoftware developer\nThree years of Kotlin and Linux. No experience with Java."
    " <script>alert(1)</script>",
    "broken.docx": "PK\x03\x04 and no more",
}


class Server:
    """The service over an empty folder, with the bundled people."""

    def __init__(self, binary, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{free.getsockname()[1]}"
        listen = self.address.removeprefix("http://")
        command = [binary, "--listen", listen, "--data", str(folder)]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(6000):
            try:
                urllib.request.urlopen(self.address + "/health").close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise SystemExit("the server did not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


class Browser:
    """Chromium over a pipe: messages of its protocol, each ended by a zero byte."""

    def __init__(self, chromium, folder):
        to_read, self.writing = os.pipe()
        self.reading, to_write = os.pipe()
        # It reads from 3 and writes to 4.
        shell = f"exec {chromium} \"$@\" 3<&{to_read} 4>&{to_write}"
        flags = ["--headless=new", "--no-sandbox", "--remote-debugging-pipe", "--hide-scrollbars", f"--user-data-dir={folder}"]
        self.process = subprocess.Popen(
            ["bash", "-c", shell, "chromium", *flags, "about:blank"], pass_fds=(to_read, to_write), stderr=subprocess.DEVNULL
        )
        os.close(to_read)
        os.close(to_write)
        self.number, self.rest, self.events, self.session = 0, b"", [], None
        targets = self.call("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "DOM"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def receive(self):
        while b"\0" not in self.rest:
            read = os.read(self.reading, 1 << 20)
            if not read:
                raise SystemExit("Chromium ended")
            self.rest += read
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def run(self, script):
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"{script[:100]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def loaded(self, act):
        """Does something that leads to another page, and waits for that."""
        self.run("window.before = true")
        act()
        for _ in range(1200):
            time.sleep(0.05)
            if self.run("!window.before && document.readyState === 'complete'"):
                return
        raise SystemExit("no page came")

    def go(self, address):
        self.loaded(lambda: self.call("Page.navigate", url=address))

    def click(self, selector):
        """Presses what a form is sent by."""
        self.loaded(lambda: self.run(f"document.querySelector({json.dumps(selector)}).click()"))

    def fill(self, selector, text):
        self.run(f"document.querySelector({json.dumps(selector)}).value = {json.dumps(text)}")

    def choose(self, selector, files):
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(file) for file in files], nodeId=node)

    def width(self, width):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def media(self, kind="", dark=False):
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media=kind, features=[scheme])

    def picture(self, file):
        image = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(image["data"]))

    def reported(self):
        """What the browser complained of since it was asked last."""
        found = []
        for event in self.events:
            if event.get("method") == "Log.entryAdded":
                found.append(event["params"]["entry"]["text"])
            if event.get("method") == "Runtime.exceptionThrown":
                found.append(event["params"]["exceptionDetails"]["text"])
        self.events = []
        return found

    def stop(self):
        self.call("Browser.close")
        self.process.wait(30)


AXE = """(async () => {
  const found = await axe.run(document, { resultTypes: ['violations'] });
  return found.violations.map(v => v.id + ' (' + v.impact + '): ' + v.help + ' ' + v.nodes.map(n => n.target.join(' ')).join(' | '));
})()"""

REACHABLE = """[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(e => e.checkVisibility() && !(e.type === 'radio' && !e.checked))"""


class Check:
    def __init__(self, browser, axe, out):
        self.browser, self.axe, self.out, self.faults = browser, axe, out, 0
        # The language that the pages of the service are asked for in.
        self.tag = None

    def page(self, name, *expected):
        """Has axe judge the page at both widths, light and dark, takes pictures and walks through it by the Tab key."""
        browser = self.browser
        if self.tag:
            name = f"{self.tag}-{name}"
        faults = [fault for fault in browser.reported() if fault not in expected]
        for width in (WIDE, NARROW):
            browser.width(width)
            for dark in (False, True):
                browser.media(dark=dark)
                browser.run(f"document.querySelectorAll('details').forEach(d => d.open = {'true' if dark else 'd.open'})")
                # axe runs in the page by the protocol, which no content policy concerns.
                browser.run(self.axe + "; true")
                faults += [f"{width}{' dark' if dark else ''}: {fault}" for fault in browser.run(AXE)]
                seen = browser.run("document.documentElement.scrollWidth")
                if seen > width:
                    faults.append(f"{width}: it is {seen} pixels wide")
            browser.media()
            browser.picture(self.out / f"{name}-{width}.png")
        browser.width(WIDE)
        faults += self.tab()
        if self.tag and (tag := browser.run("document.documentElement.lang")) != self.tag:
            faults.append(f"its language is {tag}")
        # Pictures are taken with all open; the page goes on as it was.
        browser.run("document.querySelectorAll('details').forEach(d => d.open = false)")
        print(f"{name}: {'; '.join(faults) or 'nothing found'}", flush=True)
        self.faults += len(faults)

    def tab(self):
        """Which controls the Tab key does not reach, in the order of the page."""
        browser = self.browser
        browser.run("document.activeElement.blur(); window.scrollTo(0, 0)")
        count = browser.run(f"{REACHABLE}.length")
        browser.run(f"window.wanted = {REACHABLE}; window.reached = new Set()")
        for _ in range(count + 50):
            for kind in ("keyDown", "keyUp"):
                browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
            browser.run("window.reached.add(document.activeElement)")
        missed = browser.run("wanted.filter(e => !reached.has(e)).map(e => e.outerHTML.slice(0, 80))")
        return [f"not reached by Tab: {element}" for element in missed]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("axe", help="axe.min.js of axe-core")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="pages that are files, to be looked at too")
    parser.add_argument("--chromium", default="chromium")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ranker-pages-"))
    server = Server(args.binary, folder / "data")
    browser = Browser(args.chromium, folder / "chromium")
    check = Check(browser, pathlib.Path(args.axe).read_text(), args.out)
    try:
        for file in args.files:
            browser.width(WIDE)
            browser.go(file.resolve().as_uri())
            check.page(file.stem)
        for tag in LANGUAGES:
            check.tag = tag
            use(server, check, folder)
    finally:
        browser.stop()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    raise SystemExit(1 if check.faults else 0)


def use(server, check, folder):
    """What a recruiter does, page by page."""
    browser = check.browser
    browser.width(WIDE)
    browser.go(f"{server.address}/?lang={check.tag}")
    check.page("rank")
    files = []
    for name, content in RESUMES.items():
        file = folder / name
        file.write_text(content)
        files.append(file)
    browser.fill("#title", "Backend developer")
    browser.fill("#job", JOB)
    browser.choose("#resumes", files)
    browser.click("button.go")
    check.page("not-read")
    browser.click("a.go")
    ranking = browser.run("location.href")
    check.page("ranking")
    for press in ("#place-1 [value=shortlist]", "#place-2 [value=reject]", "#place-3 [value=grade]"):
        browser.fill("#reason-2", "lives too far away")
        browser.fill("#grade-3", "2")
        browser.click(press)
    check.page("said")
    browser.media("print")
    browser.picture(check.out / f"{check.tag}-ranking-print.png")
    browser.media(dark=True)
    browser.picture(check.out / f"{check.tag}-ranking-dark.png")
    browser.media()
    browser.click("#place-1 h2 a")
    check.page("candidate")
    browser.go(ranking)
    browser.click("form[action$=compare] button")
    check.page("compare")
    browser.click("[value=preference]")
    hold = server.address
    browser.go(hold + "/learning")
    check.page("learning")
    browser.click("form[action='/learning'] button")
    for _ in range(200):
        if browser.run("location.pathname") != "/work":
            break
        time.sleep(0.1)
    time.sleep(2)
    check.page("learned")
    browser.go(hold + "/audit")
    check.page("audit")
    groups = folder / "groups.csv"
    people = [f"p-{number:04}" for number in range(1, 401)]
    groups.write_text("id,shift,site\n" + "".join(f"{p},{'day' if i % 3 else 'night'},{'north' if i % 2 else 'south'}\n" for i, p in enumerate(people)))
    browser.choose("#groups", [groups])
    browser.click("button.go")
    check.page("audited")
    browser.go(hold + "/rankings/none")
    check.page("no-such-page", "Failed to load resource: the server responded with a status of 404 (Not Found)")


if __name__ == "__main__":
    main()
