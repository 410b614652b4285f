"""The file is whole, safe, and the same for the same report."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from clvcore.messages import languages
from clvcore.report.html import file_name, framed, html_bytes
from tests.report.material import EVIL, HOSTILE_CHANNEL, HOSTILE_NAME

VOID = {"meta", "br", "img", "link"}


class Reader(HTMLParser):
    """The elements of a file in their order, with what stands in each."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self._open = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "text": "", **dict(attrs)}
        self.found.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag):
        assert self._open.pop()["tag"] == tag

    def handle_data(self, data):
        if self._open:
            self._open[-1]["text"] += data

    def all(self, *tags):
        return [element for element in self.found if element["tag"] in tags]


@pytest.fixture(scope="session")
def read(page):
    return Reader(page)


def test_the_same_report_gives_the_same_bytes_and_another_date_gives_others(report, page):
    assert html_bytes(report).decode() == page
    later = replace(report, made_at=report.made_at + timedelta(days=1))
    assert html_bytes(later).decode() != page


def test_names_from_data_are_text_and_never_markup(read, page, report):
    assert read.all("title")[0]["text"] == report.title
    assert HOSTILE_NAME in report.title
    cells = {cell["text"] for cell in read.all("td", "th")}
    assert HOSTILE_CHANNEL in cells
    assert any(cell.startswith(EVIL) for cell in cells)
    assert EVIL not in page
    assert not read.all("img", "b", "iframe", "object", "link")
    assert not [name for element in read.found for name in element if name.startswith("on")]


def test_names_from_data_are_drawn_in_charts_letter_by_letter(read):
    blocks = [one for one in read.all("script") if one.get("type") == "application/json"]
    drawn = [text for block in blocks for text in texts(json.loads(block["text"])["data"])]
    shown = [text for text in drawn if "script" in text or "img" in text]
    labels = [text for text in shown if text != HOSTILE_CHANNEL]  # the key of a bar is not drawn
    assert labels
    assert all("<script" not in text and "<img" not in text for text in labels)
    assert not any("<" in block["text"] for block in blocks)


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts(part)


def test_the_policy_lets_only_the_two_own_scripts_run_and_nothing_be_asked_for(read):
    policy = next(
        one["content"]
        for one in read.all("meta")
        if one.get("http-equiv") == "Content-Security-Policy"
    )
    own = [one["text"] for one in read.all("script") if "type" not in one]
    packed = next(one["text"] for one in read.all("script") if one.get("id") == "library")
    library = gzip.decompress(base64.b64decode(packed)).decode()
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (library, *own)
    ]
    assert len(own) == 1
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert "default-src 'none'" in policy
    named = [element.get(name, "") for element in read.found for name in ("src", "href")]
    assert all(address.startswith("#") for address in named if address)


def test_whoever_cannot_see_finds_headings_in_order_words_for_charts_and_names_of_tables(read):
    headings = [one for one in read.all("h1", "h2", "h3") if one.get("id") != "contents"]
    levels = [int(one["tag"][1]) for one in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    charts = [one for one in read.found if one.get("class") == "chart"]
    assert all(one["role"] == "img" and len(one["aria-label"]) > 20 for one in charts)
    assert len(read.all("caption")) == len(read.all("table")) >= len(charts)
    assert all(one["text"] for one in read.all("caption"))
    ids = {one["id"] for one in read.found if "id" in one}
    assert {one["href"].removeprefix("#") for one in read.all("a")} <= ids


def test_every_chart_has_its_numbers_below_it(report):
    charts = [c for section in report.sections for block in section.blocks for c in block.charts]
    assert len(charts) >= 6
    assert all(chart.table.rows for chart in charts)
    widths = {len(row) == len(c.table.columns) for c in charts for row in c.table.rows}
    assert widths == {True}


def test_simulated_data_are_called_so_on_the_cover_and_at_every_section(read, report):
    badges = [one for one in read.found if one.get("class") == "badge"]
    assert len(badges) == len(report.sections)  # the cover's, and all but that of the definitions
    real = replace(report, is_simulated=False)
    assert 'class="badge"' not in html_bytes(real).decode()


def test_the_cover_says_when_it_was_made_with_the_time_zone(report):
    east = datetime(2026, 11, 24, 20, 0, tzinfo=timezone(timedelta(hours=8), "CST"))
    assert "24 Nov 2026, 20:00 UTC+08:00" in html_bytes(replace(report, made_at=east)).decode()
    utc = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert "24 Nov 2026, 12:00 UTC<" in html_bytes(replace(report, made_at=utc)).decode()


def test_it_names_its_language_and_keeps_it_whoever_asks(report, page):
    assert '<html lang="en">' in page
    with languages.speaking("zh"):
        assert html_bytes(report).decode() == page


def test_the_frame_holds_the_file_and_gives_it_no_way_out(report):
    frame = Reader(framed(html_bytes(report), about="the report")).all("iframe")[0]
    assert frame["srcdoc"] == html_bytes(report).decode()
    assert frame["sandbox"] == "allow-scripts"


def test_the_file_has_a_name_that_any_system_takes(report):
    assert re.fullmatch(r"report-[A-Za-z0-9_-]+\.html", file_name(report))
    assert file_name(replace(report, data_name="autumn 2026/北京")) == "report-autumn-2026.html"
