"""Each session hears its own language; who chose none hears that of the browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToJson
from streamlit.testing.v1 import AppTest

from clvcore.messages import catalogue, languages, say

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"
PART = re.compile(r"\{[^{}]*\}|%\{\{[^}]*\}\}|<[^>]*>|\*\*")
THREE_WORDS = re.compile(r"[A-Za-z]{2,}(\W+[A-Za-z]{2,}){2}")
OF_FILES = ("worlds.",)
"""Sentences that were written into files when these were made, as names of the data are."""


def english() -> list[str]:
    """Stretches of at least three words of what is said in English."""
    parts = [
        part.strip()
        for key, text in catalogue("en").items()
        if not key.startswith(OF_FILES)
        for part in PART.split(text)
    ]
    return [part for part in parts if THREE_WORDS.search(part)]


def shown(app: AppTest) -> str:
    """All that a page sends to the browser, as text."""
    return "\n".join(
        MessageToJson(node.proto, ensure_ascii=False)
        for block in (app.main, app.sidebar)
        for node in nodes(block)
        if getattr(node, "proto", None) is not None
    )


def nodes(block) -> Iterator:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from nodes(child)


def left_in_english(app: AppTest) -> list[str]:
    assert not app.exception
    text = shown(app)
    return [part for part in english() if part in text]


def test_the_search_finds_english_on_an_english_page(opened):
    found = left_in_english(opened("data"))
    assert {"Every row is accounted for: of", "Bring in your own"} <= set(found)


@pytest.mark.parametrize("page", ["home", "data", "train", "users", "quality", "value", "whatif"])
def test_a_page_in_chinese_says_nothing_in_english(opened, page):
    app = opened(None if page == "home" else page, lang="zh")
    assert left_in_english(app) == []
    assert app.title[0].value == catalogue("zh")[f"pages.{page}.title"]


@pytest.mark.parametrize("page", ["users", "quality", "train"])
def test_a_page_about_a_run_says_nothing_in_english(home, page):
    del home
    app = AppTest.from_file(SHELL, default_timeout=120)
    app.query_params["data"], app.query_params["lang"] = "storefront", "zh"
    app.run()
    with languages.speaking("zh"):  # AppTest asks for the words of choices outside of the session
        app.switch_page(f"{page}.py").run()
    assert left_in_english(app) == []


def test_two_sessions_at_once_hear_two_languages(opened):
    english_app, chinese_app = opened(), opened(lang="zh")
    for _ in range(2):
        for app, words in ((english_app, "Language"), (chinese_app, "语言")):
            app.run()
            assert not app.exception
            assert app.sidebar.segmented_control(key="choice.lang").label == words


def test_the_switch_keeps_what_was_chosen(opened, shop):
    app = opened("data", data_measure="money")
    app.sidebar.segmented_control(key="choice.lang").set_value("zh").run()
    assert app.session_state["data"] == shop.id
    assert app.segmented_control(key="data_measure").value == "money"
    with languages.speaking("zh"):
        assert app.title[0].value == say("pages.data.title")
    with languages.speaking("zh"):  # AppTest asks for the words of choices outside of the session
        app.sidebar.segmented_control(key="choice.lang").set_value("en").run()
    assert app.title[0].value == "Data"
