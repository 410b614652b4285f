"""The next file of a data set: read by its recipe, compared with what is there, and added."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl
import streamlit as st

from clvcore.charts import numbers, words
from clvcore.data import recipe as recipes
from clvcore.data.again.append import Appended, joined
from clvcore.data.again.changes import Change, Changes, shown
from clvcore.data.again.headers import Missing, fitted, known_columns, missing, under_their_names
from clvcore.data.again.money import is_without_money
from clvcore.data.again.replay import question, replay
from clvcore.data.clean import Intake, bring_in
from clvcore.data.dataset import Dataset, RawTable, Recipe
from clvcore.data.meaning.shaping import own_columns
from clvcore.messages import say
from clvcore.report.appended import came_told
from clvcore.report.wording import on_page
from clvcore.runs.workspace import Workspace
from pages.parts import choice, linked
from pages.parts.bring_questions import ask
from pages.parts.bring_stored import stored
from pages.parts.bring_table import Table, currency_key, readings
from pages.parts.findings import tell
from pages.parts.wording import plain

SHOWN = 6
"""Differences that are told at once."""
Answers = Mapping[tuple[str, str], str | None]


def again(raws: Mapping[str, RawTable]) -> bool:
    """Ask what the files are, and go on with them where they are no new data set of their own.

    Returns:
        Whether they are read by a recipe that is there; else the form for a new one is to come.
    """
    if "events" not in raws:
        if raws and choice.own():
            st.caption(say("page_data.again_without_events"))
            _add(raws, None)
        return bool(raws and choice.own())
    like = _alike(raws)
    how = linked.segments(
        say("page_data.again_as"),
        ["new", *(["next"] if choice.own() else []), "recipe"],
        default="new",
        key="data_as",
        shown=lambda one: say(f"page_data.again_as_{one}"),
    )
    if how == "new":
        if like:
            told = {"name": plain(choice.name_of(like)), "next": say("page_data.again_as_next")}
            st.caption(say("page_data.again_alike", **told))
        return False
    if how == "next":
        _add(raws, like)
    else:
        _by_file(raws)
    return True


def _alike(raws: Mapping[str, RawTable]) -> str | None:
    """Id of the newest own data set whose events had the same columns."""
    columns = set(own_columns(raws["events"]))
    for reference in reversed(choice.own()):
        if set(known_columns(choice.read(reference).lineage, "events")) == columns:
            return reference
    return None


def _add(raws: Mapping[str, RawTable], like: str | None) -> None:
    """The files come to a data set: the open questions, what differs, and the button."""
    own = [*reversed(choice.own())]
    chosen = linked.select(
        say("page_data.again_to"),
        own,
        default=like or own[0],
        key="data_again_to",
        shown=_label,
        help=say("page_data.again_to_help"),
    )
    previous = choice.read(chosen)
    answers = _answers(raws, previous)
    if answers is None:
        return
    told = _settled(raws, previous, answers)
    if told is None:
        return
    both, changes = _replayed(raws, previous, answers, told)
    intake = both.intake
    if intake.dataset.id == previous.id:
        st.info(say("page_data.again_nothing", name=plain(previous.name)))
        _came(both)
        return
    _tell(changes, both, previous)
    calm = "calm" if not changes.alarming else "alarming"
    st.button(
        say(f"page_data.again_add_{calm}"),
        key="data_again_accept",
        type="primary",
        help=say("page_data.again_add_help"),
        on_click=_accept,
        args=(intake, say("page_data.again_added", name=plain(previous.name))),
    )


def _label(reference: str) -> str:
    data = choice.read(reference)
    return say("page_data.again_data", name=data.name, last=numbers.day(data.observed[1]))


def _answers(raws: Mapping[str, RawTable], previous: Dataset) -> Answers | None:
    """What a person says about columns that are not there; None as long as it is open."""
    raws = under_their_names(raws, previous.recipe)
    gone = missing(raws, previous.recipe, previous)
    asked = [one for one in gone if one.near or one.required]
    if not asked:
        return {(one.table, one.column): None for one in gone}
    st.write(say("page_data.again_ask"))
    with st.form("data_again_form"):
        chosen = {(one.table, one.column): _box(one, raws[one.table], previous) for one in asked}
        st.form_submit_button(say("page_data.again_check"), key="data_again_check")
    if not st.session_state.get("data_again_check") and not _said(previous, raws):
        return None
    st.session_state["data_again_said"] = _key(raws, previous, {})
    unanswered = [one for one in asked if one.required and chosen[one.table, one.column] is None]
    for one in unanswered:
        st.error(plain(on_page(question(one, raws[one.table]))), icon=":material/error:")
    if unanswered:
        return None
    return {(one.table, one.column): None for one in gone} | chosen


@dataclass(frozen=True, slots=True)
class Said:
    """How the files are read, with what a person said."""

    recipe: Recipe
    currency: str | None
    """Of the first money; None where nobody had to say it."""


def _settled(raws: Mapping[str, RawTable], previous: Dataset, answers: Answers) -> Said | None:
    """How the files are read where they leave it open; None as long as a question is."""
    recipe = fitted(previous.recipe, answers)
    named = under_their_names(raws, recipe)
    tables = {
        name: Table(raw, None, recipe.options, recipe.maps.get(name)) for name, raw in named.items()
    }
    is_first = is_without_money(previous)
    said = [st.session_state.get(currency_key(one)) for one in tables.values()]
    chosen = next(filter(None, said), None) if is_first else None
    currency = chosen if is_first else recipe.currency
    found = {name: one.understood(recipe.time_zone, currency) for name, one in tables.items()}
    ask(tables, found)
    if any(one.questions for one in found.values()):
        return None
    maps = {name: one.column_map() for name, one in tables.items() if name not in recipe.maps}
    settled = {**recipe.options, **readings(tables.values())}
    return Said(replace(recipe, maps={**recipe.maps, **maps}, options=settled), chosen)


def _said(previous: Dataset, raws: Mapping[str, RawTable]) -> bool:
    """Whether the questions about these files were answered once."""
    return st.session_state.get("data_again_said") == _key(raws, previous, {})


def _box(one: Missing, raw: RawTable, previous: Dataset) -> str | None:
    """A box with the likeliest column chosen; it counts once the person checks."""
    read = set(previous.recipe.maps[one.table].roles.values())
    free = [name for name in raw.frame.columns if name not in read]
    return st.selectbox(
        say("page_data.again_box", column=one.column, table=words.table(one.table)),
        free,
        index=free.index(one.near[0]) if one.near else None,
        placeholder=say("page_data.bring.none"),
        key=f"data_again_{one.table}_{one.column}_{raw.source}",
        help=plain(on_page(question(one, raw))),
    )


def _key(raws: Mapping[str, RawTable], previous: Dataset, answers: Answers) -> object:
    """What the answer to the files depends on."""
    return (
        previous.id,
        tuple(
            (name, raw.source, raw.files, tuple(raw.reading.items())) for name, raw in raws.items()
        ),
        tuple(answers.items()),
    )


def _replayed(
    raws: Mapping[str, RawTable], previous: Dataset, answers: Answers, told: Said
) -> tuple[Appended, Changes]:
    """The data set with the files and what differs; worked out once for each state of the files."""
    settled = json.dumps([recipes.to_json(told.recipe), told.currency])
    key, said = (_key(raws, previous, answers), settled), st.session_state
    known = said.get("data_again")
    if known is None or known[0] != key:
        with st.spinner(say("page_data.bring.checking")):
            workspace = Workspace.default()
            there = workspace.intake_of(previous)
            fresh, changes = replay(
                raws,
                told.recipe,
                there,
                currency=told.currency,
                now=datetime.now(UTC),
                key=workspace.key(),
            )
            known = said["data_again"] = (key, joined(there, fresh), changes)
    return known[1], known[2]


def _tell(changes: Changes, both: Appended, previous: Dataset) -> None:
    """What the files add, and what differs, the gravest first."""
    first = both.came[0]
    told = {
        "more": numbers.headline_count(first.accepted),
        "table": words.table(first.table),
        "name": plain(previous.name),
        "alarming": len(changes.alarming),
        "compared": len(changes.all),
    }
    key = "page_data.again_ready_alarming" if changes.alarming else "page_data.again_ready"
    if first.table != "events":
        key = f"{key}_table"
    st.subheader(say(key, **told), anchor=False)
    _came(both)
    for one in changes.news[:SHOWN]:
        tell(one)
    if len(changes.all) < 2:  # nothing to look up beside what is told
        return
    with st.expander(say("page_data.again_all", compared=len(changes.all)), key="data_again_all"):
        for one in changes.news[SHOWN:]:
            tell(one)
        _table(changes.all)


def _came(both: Appended) -> None:
    """What became of every row of the files."""
    for one in came_told(both, both.intake.dataset.currency):
        st.write(plain(one))


def _table(compared: tuple[Change, ...]) -> None:
    """Every number before and after, and what is usual."""
    rows = [
        {
            "weight": say(f"page_data.again_weight_{one.severity.value}"),
            "what": say(f"page_data.again_what_{one.rule}"),
            "table": words.table(one.table),
            "column": words.kind(one.value) if one.value else one.column,
            "before": shown(one.before, one.unit),
            "after": shown(one.after, one.unit),
            "usual": _range(one),
        }
        for one in compared
        if one.unit is not None
    ]
    names = ("weight", "what", "column", "before", "after", "usual", "table")
    st.dataframe(
        pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)),
        key="data_again_table",
        hide_index=True,
        placeholder=numbers.UNKNOWN,
        column_config={name: say(f"page_data.again_col_{name}") for name in names},
    )


def _range(one: Change) -> str | None:
    if one.usual is None:
        return None
    low, high = (shown(end, one.unit) for end in one.usual)
    return say("page_data.again_range", low=low, high=high)


def _by_file(raws: Mapping[str, RawTable]) -> None:
    """The files become a new data set by a recipe that was kept in a file."""
    upload = st.file_uploader(
        say("page_data.again_recipe"),
        type=["json"],
        key="data_again_recipe",
        help=say("page_data.again_recipe_help"),
    )
    if upload is None:
        return
    recipe = recipes.from_text(upload.getvalue(), source=upload.name)
    name = st.text_input(
        say("page_data.bring.name"), value=recipe.name, max_chars=80, key="data_again_name"
    )
    with st.spinner(say("page_data.bring.checking")):
        intake = bring_in(
            raws,
            replace(recipe, name=name.strip() or recipe.name),
            now=datetime.now(UTC),
            key=Workspace.default().key(),
        )
    events = intake.dataset.accounts[0]
    counts = {
        part: numbers.headline_count(getattr(events, part))
        for part in ("rows_in", "accepted", "rejected", "ignored")
    }
    st.subheader(say("page_data.bring.ready", **counts), anchor=False)
    for one in intake.dataset.findings:
        tell(one)
    st.button(
        say("page_data.bring.accept"),
        key="data_again_accept",
        type="primary",
        help=say("page_data.bring.accept_help"),
        on_click=_accept,
        args=(intake, say("page_data.bring.accepted", name=plain(intake.dataset.name))),
    )


def _accept(intake: Intake, told: str) -> None:
    """Store the data set and let all pages be about it."""
    if stored(intake, told):
        for name in ("data_again", "data_again_said", "data_db_taken"):
            st.session_state.pop(name, None)
