"""Where a data set came from, and how sound it is, as two closed parts of the Data page."""

import json
import re
from collections.abc import Sequence
from datetime import datetime

import polars as pl
import streamlit as st

from clvcore.charts import data as charts
from clvcore.charts import words
from clvcore.charts.numbers import UNKNOWN
from clvcore.data import recipe as recipes
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.report.html import html_bytes
from clvcore.report.overview import step_of
from clvcore.report.quality import Column, Fact, Quality, quality_of
from clvcore.report.sections.lineage import DIGITS, lineage_answer, step_line
from clvcore.report.sections.quality import quality_answer
from clvcore.report.soundness import soundness
from pages.parts import choice
from pages.parts.drawing import chart
from pages.parts.wording import plain


@st.cache_resource(max_entries=8, show_spinner=say("page_data.reading"))
def _quality(dataset_id: str) -> Quality:
    """Facts of the chosen data set; the id is the key."""
    del dataset_id
    return quality_of(choice.dataset())


def origin(data: Dataset) -> None:
    """Files with their digests, how they were read, what came of them; and the recipe."""
    with st.expander(
        say("page_data.again_lineage"), icon=":material/account_tree:", key="data_origin"
    ):
        if not data.lineage:
            st.write(say("page_data.again_no_lineage"))
        else:
            st.write(lineage_answer(data.lineage))
            _files(data)
            for step in data.lineage:
                st.caption(plain(step_line(step)))
        st.download_button(
            say("page_data.again_recipe_file"),
            data=json.dumps(recipes.to_json(data.recipe), indent=1, ensure_ascii=False),
            file_name=f"{_file_name(data)}-recipe.json",
            mime="application/json",
            icon=":material/download:",
            key="data_recipe",
            help=say("page_data.again_recipe_file_help"),
            on_click="ignore",
        )


def _file_name(data: Dataset) -> str:
    return re.sub("[^A-Za-z0-9_-]+", "-", data.name).strip("-")[:60] or data.id


def _files(data: Dataset) -> None:
    rows = [
        {
            "step": number,
            "table": words.table(one.table),
            "file": file.name if file else one.source,
            "bytes": file.n_bytes if file else None,
            "digest": file.sha256[:DIGITS] if file else None,
            "reading": ", ".join(value for value in one.reading.values() if value),
            "rows": one.account.rows_in,
            "accepted": one.account.accepted,
        }
        for number, step in enumerate(data.lineage, 1)
        for one in step.origins
        for file in (one.files or (None,))
    ]
    st.dataframe(
        pl.DataFrame(rows, infer_schema_length=None),
        key="data_files",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            "table": say("page_data.col_table"),
            "file": say("page_data.again_col_file"),
            "digest": say("page_data.again_col_digest"),
            "reading": say("page_data.again_col_reading"),
            **{
                name: st.column_config.NumberColumn(label, format="localized")
                for name, label in (
                    ("step", say("page_data.again_col_step")),
                    ("bytes", say("page_data.again_col_bytes")),
                    ("rows", say("page_data.col_in")),
                    ("accepted", say("page_data.col_accepted")),
                )
            },
        },
    )


def sound(data: Dataset) -> None:
    """How full the columns are, the facts about the tables, and the same as a file."""
    with st.expander(
        say("page_data.again_quality"), icon=":material/fact_check:", key="data_sound"
    ):
        found = _quality(data.id)
        st.write(quality_answer(found))
        _empty(found)
        st.caption(say("page_data.again_completeness_help"))
        _columns([one for one in found.columns if one.filled])
        _facts(found.facts)
        st.download_button(
            say("page_data.again_quality_file"),
            data=lambda: html_bytes(
                soundness(data, made_at=datetime.now().astimezone().replace(microsecond=0))
            ),
            file_name=f"{_file_name(data)}-quality.html",
            mime="text/html",
            icon=":material/download:",
            key="data_quality_file",
            on_click="ignore",
        )


def _empty(found: Quality) -> None:
    """Empty cells over time, where columns waver."""
    if found.empty.is_empty():
        return
    every = step_of(found.data)
    step = say(f"page_data.step_{every}")
    st.markdown(f"**{say('page_data.again_empty_chart', step=step)}**")
    chart(
        charts.empty_cells(
            found.empty,
            step=say("page_data.axis_week" if every == "1w" else "page_data.axis_month"),
        ),
        found.empty,
        key="data_empty",
        alt=say("page_data.again_empty_alt", step=step),
        columns={
            "begin": say("page_data.col_begin"),
            "column": say("page_data.again_column"),
            "share": st.column_config.NumberColumn(say("page_data.again_empty"), format="percent"),
        },
    )


def _columns(columns: Sequence[Column]) -> None:
    rows = [
        {
            "table": words.table(one.table),
            "name": one.name,
            "type": say(f"page_data.again_type_{one.type}"),
            "empty": 1 - one.filled / one.rows if one.rows else None,
            "rows": one.rows,
            "distinct": one.distinct,
        }
        for one in columns
    ]
    st.dataframe(
        pl.DataFrame(rows, infer_schema_length=None),
        key="data_columns",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            "table": say("page_data.col_table"),
            "name": say("page_data.again_column"),
            "type": say("page_data.again_type"),
            "empty": st.column_config.NumberColumn(say("page_data.again_empty"), format="percent"),
            "rows": st.column_config.NumberColumn(
                say("page_data.again_of_rows"), format="localized"
            ),
            "distinct": st.column_config.NumberColumn(
                say("page_data.again_distinct"), format="localized"
            ),
        },
    )


def _facts(facts: Sequence[Fact]) -> None:
    rows = [
        {
            "dimension": say(f"page_data.again_{one.dimension}"),
            "name": say(f"page_data.again_fact_{one.name}"),
            "value": one.value,
            "share": one.value / one.of if one.of else None,
        }
        for one in facts
    ]
    st.dataframe(
        pl.DataFrame(rows, infer_schema_length=None),
        key="data_facts",
        hide_index=True,
        placeholder=UNKNOWN,
        column_config={
            "dimension": say("page_data.again_about"),
            "name": say("page_data.again_fact"),
            "value": st.column_config.NumberColumn(
                say("page_data.again_number"), format="localized"
            ),
            "share": st.column_config.NumberColumn(say("page_data.col_share"), format="percent"),
        },
    )
