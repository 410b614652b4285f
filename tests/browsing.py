"""A server as the README starts it, and a real browser that visits it."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import clvcore

ROOT = Path(clvcore.__file__).parents[1]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
MISSING = (
    "no Chromium: what only a browser can tell is left out (install it, or name it in CHROMIUM)"
)
PATIENCE_MS = 180_000
"""How long the slowest step may take on two busy cores."""
ARGS = (
    "--no-sandbox",  # the tests run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)


@contextmanager
def chromium() -> Iterator:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGS))
        yield browser
        browser.close()


def command() -> list[str]:
    """How the README says to start the dashboard, with this interpreter."""
    line = re.search(r"uv run (streamlit run [^#\n]+)", (ROOT / "README.md").read_text("utf-8"))
    assert line, "README.md names no command that starts the dashboard"
    return [sys.executable, "-m", *shlex.split(line[1])]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@dataclass
class Server:
    """The app on the workspace ``home``; it can be stopped and started again on the same."""

    home: Path
    port: int = field(default_factory=_free_port)
    program: "subprocess.Popen[bytes] | None" = None

    def start(self) -> str:
        """Start it, wait until it is up; its address."""
        with self.home.with_suffix(".log").open("ab") as log:
            self.program = subprocess.Popen(
                [*command(), "--server.port", str(self.port)],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "CLV_HOME": str(self.home)},
            )
        address = f"http://127.0.0.1:{self.port}"
        _await(f"{address}/ready", self.program)
        return address

    def stop(self) -> None:
        """End it and wait until it has ended."""
        if self.program is not None:
            self.program.terminate()
            self.program.wait(30)
            self.program = None


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a server of its own on the workspace ``home``; it ends with the block."""
    server = Server(home)
    try:
        yield server.start()
    finally:
        server.stop()


def settle(page) -> None:
    """Wait until the page stands: its script has ended, and it has its heading."""
    page.locator("h1").first.wait_for(timeout=PATIENCE_MS)
    page.locator("[data-testid='stApp'][data-test-script-state='notRunning']").wait_for(
        timeout=PATIENCE_MS
    )
    page.wait_for_function(
        "() => !document.querySelector('[data-stale=true], [data-testid=stSkeleton]')",
        timeout=PATIENCE_MS,
    )


class Overheard:
    """What a page says on the console, whom it asks, and what it asks for in vain."""

    PROBES = ("/_stcore/health", "/_stcore/host-config")
    """Streamlit asks for these below the page's own path first, and finds them one level up."""

    def __init__(self, page) -> None:
        self.asked, self.failed, self.said = [], [], []
        page.on("request", lambda request: self.asked.append(urlsplit(request.url)))
        page.on("response", self._answered)
        page.on("console", self._spoken)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def complaints(self, address: str) -> list[str]:
        """Words to another host, files that were missing, errors: there should be none."""
        host = urlsplit(address).netloc
        strangers = {
            url.netloc
            for url in self.asked
            if url.scheme.startswith(("http", "ws")) and url.netloc != host
        }
        return [*strangers, *self.failed, *self.said]

    def _answered(self, response) -> None:
        path = urlsplit(response.url).path
        if response.status >= 400 and not path.endswith(self.PROBES):
            self.failed.append(f"{response.status} {path}")

    def _spoken(self, message) -> None:
        if message.type == "error" and "404" not in message.text:  # told by its response already
            self.said.append(message.text)


def _await(url: str, server: subprocess.Popen) -> None:
    for _ in range(480):
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 the address is our own
                return
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(url)


def says(page, pattern: str) -> None:
    """Wait until a heading says so."""
    from playwright.sync_api import expect

    said = page.get_by_role("heading").filter(has_text=re.compile(pattern))
    expect(said.first).to_be_visible(timeout=PATIENCE_MS)
