"""How long an analyst waits: the first page, and every control of every page on the storefront.

    python -m benchmarks.pages [--times 20] [--only PAGE ...]

The server is started as the README says, on a fresh workspace with the run that ships; a real browser
does what a person does. A wait is measured in the browser: from the key or the mouse until the script
has ended and two frames were drawn. What a choice costs the first time it is made (a model is fitted,
a file read) is printed apart as "first", the slowest of one round through all options.
"""

import argparse
import contextlib
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import TimeoutError as NotInTime

from tests.browsing import PATIENCE_MS, Server, chromium, settle

Act = Callable[[Any], None]
WATCH = """
() => {
    const app = document.querySelector("[data-testid=stApp]")
    const state = () => app.getAttribute("data-test-script-state")
    let begun = performance.now(), ran = false
    const mark = () => { if (!ran) begun = performance.now() }
    const kinds = ["pointerdown", "keydown", "click"]
    kinds.forEach((kind) => addEventListener(kind, mark, { capture: true }))
    window.waited = new Promise((tell, fail) => {
        setTimeout(() => fail(new Error("nothing happened within two minutes")), 120000)
        const look = () => {
            if (state() !== "notRunning") { ran = true; return }
            if (!ran) return
            requestAnimationFrame(() => requestAnimationFrame(() => {
                if (state() !== "notRunning") return
                watch.disconnect()
                kinds.forEach((kind) => removeEventListener(kind, mark, { capture: true }))
                tell(performance.now() - begun)
            }))
        }
        const watch = new MutationObserver(look)
        watch.observe(app, { attributes: true })
    })
}
"""


def segment(key: str) -> Act:
    """The next of the options that stand side by side."""

    def act(page: Any) -> None:
        buttons = page.locator(f".st-key-{key} button")
        chosen = buttons.evaluate_all(
            "(all) => all.findIndex((one) => one.dataset.selected === 'true')"
        )
        buttons.nth((chosen + 1) % buttons.count()).click()

    return act


def box(key: str) -> Act:
    """The next option of a list."""

    def act(page: Any) -> None:
        field = page.locator(f".st-key-{key} [role=combobox], .st-key-{key} input").first
        options = page.get_by_role("option")
        for _ in range(20):  # a list closes where the page moves under it
            field.press("ArrowDown")
            with contextlib.suppress(NotInTime):
                options.first.wait_for(timeout=1000)
                names = options.all_inner_texts()
                if not names:
                    continue
                now = field.evaluate("(one) => one.value ?? one.innerText").strip()
                chosen = names.index(now) if now in names else -1
                options.nth((chosen + 1) % len(names)).click(timeout=1000)
                return
        raise NotInTime(f"the list of {key} does not stay open")

    return act


def slider(key: str) -> Act:
    """One step to the right."""
    return lambda page: page.locator(f".st-key-{key}").get_by_role("slider").press("ArrowRight")


def press(key: str) -> Act:
    """A button, or a switch."""
    return lambda page: page.locator(f".st-key-{key} button, .st-key-{key} label").first.click()


CONTROLS: dict[str, dict[str, tuple[Act, int]]] = {
    "data": {"measure": (segment("data_measure"), 2), "kind": (box("data_kind"), 7)},
    "users": {
        "a busy user": (press("users_busy"), 3),
        "also what they had": (press("users_again"), 2),
        "more about": (segment("users_more"), 2),
    },
    "quality": {
        "metric": (box("quality_metric"), 7),
        "list length": (segment("quality_k"), 3),
        "again": (press("quality_again"), 2),
    },
    "value": {
        "group by": (segment("value_by"), 3),
        "count as": (segment("value_basis"), 2),
        "horizon": (box("value_days"), 4),
        "users behind": (box("value_group"), 6),
    },
    "whatif": {
        "retention": (slider("whatif_retention"), 1),
        "order value": (slider("whatif_order_value"), 1),
        "for whom": (box("whatif_scope"), 7),
        "count as": (segment("whatif_basis"), 2),
    },
}
"""Page, control, what a person does, and how many options there are to go through once."""


def waited(page: Any, act: Act) -> float:
    """Seconds from the last key or click of ``act`` until the page stands."""
    page.evaluate(WATCH)
    act(page)
    return page.evaluate("() => window.waited") / 1000


def p95(spans: list[float]) -> float:
    """The time that 95 in 100 stay below."""
    return statistics.quantiles(spans, n=20, method="inclusive")[-1]


def told(what: str, spans: list[float], first: float | None = None) -> None:
    """One line."""
    begin = "" if first is None else f"  first {first:7.3f} s"
    print(
        f"{what:<34} n {len(spans):>3}  median {statistics.median(spans):6.3f} s"
        f"  p95 {p95(spans):6.3f} s{begin}",
        flush=True,
    )


def first_pages(browser: Any, address: str, times: int) -> Iterator[float]:
    """Seconds from the address to a page that stands, each time as a new visitor."""
    for _ in range(times):
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        page = context.new_page()
        begun = time.perf_counter()
        page.goto(address)
        settle(page)
        yield time.perf_counter() - begun
        context.close()


def measured(browser: Any, address: str, name: str, times: int) -> list[float]:
    """Waits at all controls of a page, printed by control."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{address}/{name}?data=storefront")
    settle(page)
    every = []
    for control, (act, n_options) in CONTROLS[name].items():
        first = max(waited(page, act) for _ in range(n_options))
        spans = [waited(page, act) for _ in range(times)]
        told(f"{name}: {control}", spans, first)
        every += spans
    context.close()
    return every


def main() -> None:
    """Print every wait, and all of them together."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=20)
    asked.add_argument("--only", nargs="*", default=list(CONTROLS), choices=list(CONTROLS))
    said = asked.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"load at the start {os.getloadavg()[0]:.2f}")
    every = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        server = Server(Path(folder) / "home")
        begun = time.perf_counter()
        address = server.start()
        print(f"server ready after {time.perf_counter() - begun:.2f} s")
        try:
            (cold,) = first_pages(browser, f"{address}/?data=storefront", 1)
            print(f"first page of a cold server {cold:.2f} s")
            told("first page, warm", [*first_pages(browser, f"{address}/?data=storefront", 10)])
            for name in said.only:
                every += measured(browser, address, name, said.times)
        finally:
            server.stop()
    told("all controls", every)
    print(f"load at the end {os.getloadavg()[0]:.2f}")


if __name__ == "__main__":
    main()
