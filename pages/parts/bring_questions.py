"""What cannot be told from the files is asked, each question with its readings side by side."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import streamlit as st

from clvcore.data.meaning.proposals import Question
from clvcore.data.meaning.understanding import Understanding
from clvcore.messages import say
from pages.parts.bring_table import Table, currency_key
from pages.parts.wording import plain

CURRENCIES = ("EUR", "USD", "GBP", "CNY", "JPY", "CHF")
FIRST_DAYS = date(1970, 1, 1)


def ask(tables: Mapping[str, Table], found: Mapping[str, Understanding]) -> None:
    """All open questions, before anything else."""
    count = sum(len(one.questions) for one in found.values())
    if not count:
        return
    with st.container(border=True):
        told = say("page_data.known.open_count", count=count)
        st.markdown(f":material/help: **{told}**")
        for name, one in found.items():
            _questions(tables[name], one)


def _questions(table: Table, found: Understanding) -> None:
    """The open questions of a table, each with its readings side by side."""
    for one in found.questions:
        answers = _answers(table, one)
        if one.about == "currency":
            _currency(one, table)
        elif one.about == "first_day":
            place = f"data_ask_first_day_{one.role}_{table.raw.name}_{table.title}"
            first_day(
                plain(one.text), place, on_change=_answer, args=(place, *_targets(table, one))
            )
        elif answers:
            st.radio(
                plain(one.text),
                list(answers),
                index=None,
                format_func=lambda value, told=answers: plain(told[value]),
                key=(place := _place(table, one)),
                on_change=_answer,
                args=(place, *_targets(table, one)),
            )
        else:
            st.markdown(plain(one.text))


def first_day(label: str, key: str, **told: Any) -> None:
    """The box for the day from which days are counted."""
    st.date_input(
        label,
        value=None,
        min_value=FIRST_DAYS,
        key=key,
        help=say("page_data.known.first_day_help"),
        width=560,
        **told,
    )


def _answers(table: Table, one: Question) -> dict[str, str]:
    """The answers that are left: a column that plays a role by now is none."""
    taken = table.column_map().roles.values()
    proposed = one.answers
    if one.about == "role":
        again = (q for q in table.proposal.questions if (q.about, q.role) == ("role", one.role))
        proposed = next(again, one).answers
    return {answer.value: answer.text for answer in proposed if answer.value not in taken}


def _place(table: Table, one: Question) -> str:
    """Name of the buttons of a question, others for other files."""
    about = "_".join([one.about, one.role, table.raw.name, table.title, *one.files])
    return f"data_ask_{about}"


def _targets(table: Table, one: Question) -> list[str]:
    """The boxes that an answer goes into."""
    if one.about == "role" or one.column is None:
        return [table.key(one.role)]
    return [table.reading_key(one.column, one.about, file) for file in one.files or ("",)]


def _answer(place: str, *targets: str) -> None:
    for target in targets:
        st.session_state[target] = st.session_state[place]


def _currency(one: Question, table: Table) -> None:
    st.pills(
        plain(one.text),
        CURRENCIES,
        key=(place := f"data_ask_currency_{table.title}"),
        on_change=_answer,
        args=(place, currency_key(table)),
        help=say("page_data.known.currency_help"),
    )
