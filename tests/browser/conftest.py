"""A server with an empty workspace and a real browser; without Chromium the tests are skipped."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGS = [
    "--no-sandbox",  # the tests run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.skip("no Chromium here: install it, or name it in CHROMIUM")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        chromium.close()


@dataclass
class Server:
    """The app at an address of its own; it can be stopped and started again on the same workspace."""

    folder: Path
    port: int
    program: "subprocess.Popen[bytes] | None" = None

    def start(self) -> str:
        """Start it, wait until it is up; its address."""
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        with (self.folder / "log").open("ab") as log:
            self.program = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, "CLV_HOME": str(self.folder / "home")},
            )
        url = f"http://127.0.0.1:{self.port}"
        _await(f"{url}/ready", self.program)
        return url

    def stop(self) -> None:
        """End it and wait until it has ended."""
        if self.program is not None:
            self.program.terminate()
            self.program.wait(20)
            self.program = None


@pytest.fixture
def server(browser, tmp_path):
    """A server with an empty workspace, still to be started."""
    del browser  # without one no server is needed
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        made = Server(tmp_path, free.getsockname()[1])
    yield made
    made.stop()


@pytest.fixture
def address(server):
    """The address of a server that nobody has visited yet."""
    return server.start()


def _await(url, server):
    for _ in range(240):
        assert server.poll() is None, "the server has ended"
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 the address is our own
                return
        except OSError:
            time.sleep(0.25)
    pytest.fail("the server did not get ready within a minute")
