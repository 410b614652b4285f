"""Pictures of every page as visitors see it, and the one that the README shows.

    poe screenshots [FOLDER] [--only PAGE ...]

A server of its own on a fresh workspace, so that the shipped run is all there is; every page in light
and dark, wide and narrow, in every language; and the pages that need a run where there is none. The
folder (by default docs/screenshots, which git ignores) gets an index.html that shows them all.
"""

import argparse
import html
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from clvcore.messages.languages import LANGUAGES
from pages.parts.places import places
from tests.browsing import PATIENCE_MS, chromium, served, settle

DOCS = Path(__file__).resolve().parent
WIDTHS = (1440, 1024)
WITHOUT_RUN = ("home", "train", "users", "quality")
SHOWN_IN_README = "value-storefront-en-light-1440"
README_HEIGHT = 960
"""Pixels: the upper part of the page, as a screen shows it."""


class Picture(NamedTuple):
    """One page as somebody sees it."""

    page: str
    data: str
    language: str
    scheme: str
    width: int

    @property
    def name(self) -> str:
        """The picture's file without its ending."""
        return "-".join(map(str, self))

    @property
    def link(self) -> str:
        """The page's address on the server."""
        path = "" if self.page == "home" else self.page
        return f"/{path}?data={self.data}&lang={self.language}"


def wanted() -> Iterator[Picture]:
    """All pictures, those of one look together."""
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            for language in LANGUAGES:
                for place in places():
                    yield Picture(place.name, "storefront", language, scheme, width)
    for name in WITHOUT_RUN:
        yield Picture(name, "online_retail", "en", "light", WIDTHS[0])


def taken(browser, address: str, picture: Picture, folder: Path) -> Path:
    """The picture of the whole page, as tall as what is on it."""
    context = browser.new_context(
        color_scheme=picture.scheme, viewport={"width": picture.width, "height": README_HEIGHT}
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(address + picture.link)
    settle(page)
    page.wait_for_load_state("networkidle")
    if picture.name == SHOWN_IN_README:
        page.screenshot(path=DOCS / "value.png")
    main = page.get_by_test_id("stMain")  # it scrolls, not the page
    tall = main.evaluate("(main) => main.scrollHeight")
    page.set_viewport_size({"width": picture.width, "height": max(README_HEIGHT, tall)})
    settle(page)
    page.wait_for_load_state("networkidle")
    file = folder / f"{picture.name}.png"
    page.screenshot(path=file, animations="disabled")
    context.close()
    return file


def sheet(files: list[Path]) -> str:
    """All pictures on one page."""
    figures = "".join(
        f'<figure><a href="{html.escape(file.name)}"><img loading="lazy" width="480" '
        f'alt="{html.escape(file.stem)}" src="{html.escape(file.name)}"></a>'
        f"<figcaption>{html.escape(file.stem)}</figcaption></figure>"
        for file in files
    )
    return f'<!doctype html><html lang="en"><title>CLV Studio</title><body>{figures}</body></html>'


def main() -> None:
    """Take them all and say where they are."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", nargs="?", type=Path, default=DOCS / "screenshots")
    asked.add_argument("--only", nargs="*", default=[], metavar="PAGE", help="names of pages")
    said = asked.parse_args()
    said.folder.mkdir(parents=True, exist_ok=True)
    files = []
    with (
        tempfile.TemporaryDirectory() as home,
        served(Path(home) / "home") as address,
        chromium() as browser,
    ):
        for picture in wanted():
            if not said.only or picture.page in said.only:
                files.append(taken(browser, address, picture, said.folder))
                print(files[-1], flush=True)
    (said.folder / "index.html").write_text(sheet(files), "utf-8")
    print(said.folder / "index.html")


if __name__ == "__main__":
    main()
