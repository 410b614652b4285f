"""``clv data import --explain``: what is understood of the files, before anything is stored."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.data.meaning.known import Known
from clvcore.data.meaning.proposals import Question
from clvcore.data.meaning.understanding import Understanding
from clvcore.messages import listed, say

_OPTIONS = {
    "date_order": "--date-order {value}",
    "decimal": "--decimal {value}",
    "role": "--map {table}.{role}='{value}'",
}
_SEVERAL = 2


def explanation(found: Sequence[Understanding], known: Known | None) -> dict[str, Any]:
    """What is understood, as plain values."""
    return {
        "export": known.key if known else None,
        "tables": {one.table: _plain(one) for one in found},
    }


def _plain(one: Understanding) -> dict[str, Any]:
    return {
        "source": one.source,
        "roles": dict(one.map.roles),
        "constants": dict(one.map.constants),
        "columns": [asdict(column) for column in one.columns],
        "unused": list(one.unused),
        "questions": [asdict(question) for question in one.questions],
        "currencies": list(one.currencies),
    }


def explain(console: Console, found: Sequence[Understanding], known: Known | None) -> None:
    """Print what is understood for people, open questions first."""
    if known is not None:
        console.print(Text(say("data.known.looks", export=known.title)))
    asked = [question for one in found for question in one.questions]
    console.print(Text(say("data.known.open_questions" if asked else "data.known.no_questions")))
    for question in asked:
        _ask(console, question)
    for one in found:
        console.print()
        console.print(Text(f"{say(f'data.table.{one.table}')} ({one.source})", style="bold"))
        console.print(_columns(one))
        if one.unused:
            names = listed(one.unused, most=20)
            console.print(Text(say("data.known.unused", names=names), style="dim"))
    console.print()
    console.print(Text(say("data.known.explained_not_stored")))


def _ask(console: Console, question: Question) -> None:
    console.print(Text(f"  ? {question.text}"))
    if question.about == "currency":
        option = say("data.known.answer_with", option="--currency EUR")
        console.print(Text(f"      {option}", style="dim"))
    if question.about == "first_day":
        option = say("data.known.answer_with", option="--first-day 2017-01-01")
        console.print(Text(f"      {option}", style="dim"))
    for one in question.answers:
        option = say("data.known.answer_with", option=_option(question, one.value))
        console.print(Text(f"      {one.text}: {option}", style="dim"))


def _option(question: Question, value: str) -> str:
    """What stands on the command line for an answer, for every file that is asked about."""
    values = [f"'{file}={value}'" for file in question.files] or [value]
    told = {"table": question.table, "role": question.role}
    return " ".join(_OPTIONS[question.about].format(**told, value=one) for one in values)


def _columns(one: Understanding) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("column", "role", "how", "why"):
        table.add_column(say(f"data.known.column_{name}"))
    table.add_column("")
    for column in one.columns:
        table.add_row(
            Text(column.column),
            say(f"data.known.role.{column.role}"),
            Text(" ".join(column.reads)),
            Text(column.why),
            say(f"data.known.confidence.{column.confidence.value}"),
        )
    return table


def all_open(found: Sequence[Understanding]) -> str | None:
    """All questions that keep the files from being read, in one text; None where one is told already."""
    asked = [
        question.text
        for one in found
        for question in one.questions
        if question.required and question.about != "currency"
    ]
    if len(asked) < _SEVERAL:
        return None
    return say("data.known.several", count=len(asked), questions="\n".join(asked))
