"""Every sentence is used, and every sentence that is used is there with its gaps filled."""

import ast
import re
import string
from pathlib import Path

import pytest

import clvcore
from clvcore.messages import catalogue, listed, say

ROOT = Path(clvcore.__file__).parents[1]
SOURCES = sorted([*ROOT.glob("clvcore/**/*.py"), *ROOT.glob("pages/**/*.py")])
TEXT = "\n".join(file.read_text("utf-8") for file in SOURCES)


def calls() -> list[tuple[str, set[str] | None]]:
    """Keys that code asks for by a literal, with the names of the values it gives."""
    found = []
    for file in SOURCES:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "say"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                names = [keyword.arg for keyword in node.keywords]
                found.append((node.args[0].value, None if None in names else set(names)))
    return found


@pytest.mark.parametrize(("key", "given"), calls())
def test_a_sentence_that_is_asked_for_is_there_and_its_gaps_are_filled(key, given):
    gaps = {name for _, name, _, _ in string.Formatter().parse(catalogue()[key]) if name}
    assert given is None or gaps <= given


def test_every_sentence_is_used():
    """By its whole key, or by a key that the code puts together from its beginning or its end."""
    patterns = [
        re.compile(re.sub(r"\{[^}]*\}", "[a-z_0-9.]+", found.replace(".", r"\.")))
        for found in re.findall(r'f"([a-z_]+\.[^"\s]*\{[^"]*\}[^"\s]*)"', TEXT)
    ]
    unused = [
        key
        for key in catalogue()
        if f'"{key}"' not in TEXT
        and f"'{key}'" not in TEXT
        and not any(p.fullmatch(key) for p in patterns)
    ]
    assert unused == []


def test_a_long_list_is_cut():
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
    assert listed([]) == ""


def test_a_sentence_fills_its_gaps():
    assert (
        say("units.not_money", text="x") == "'x' is not an amount of money. Write it like 1234.50."
    )
