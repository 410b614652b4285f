"""What a report is: sections that answer, with the charts and tables that bear the answer out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import plotly.graph_objects as go

Align = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as they are read; numbers stand on the right."""

    caption: str
    columns: tuple[str, ...]
    aligned: tuple[Align, ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool = False
    """Whether the last row sums up the others."""
    folded: bool = False
    """Whether a reader has to unfold it."""


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """A figure with its title, what it shows in words, and the same numbers as a table."""

    title: str
    figure: go.Figure
    alt: str
    table: Table


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the few numbers that matter: its name, its value, its window or definition."""

    name: str
    value: str
    about: str


@dataclass(frozen=True, slots=True)
class Term:
    """A word and what it means here."""

    name: str
    meaning: str


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One step of a section: what it says, then its charts, tables and notes."""

    heading: str = ""
    text: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A question of the story and its answer."""

    key: str
    """Names the section in links: data, model, recommendations, value, scenario, definitions."""
    title: str
    answer: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All that is told, as values; `clvcore.report.html` makes a file of it."""

    title: str
    answer: str
    """The one sentence of the cover."""
    language: str
    """Code of the language that it is written in."""
    made_at: datetime
    """With its time zone."""
    data_id: str
    data_name: str
    run_id: str | None
    is_simulated: bool
    source: str
    """Where the data come from, with their licence; "" where it is not known."""
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    filters: tuple[Term, ...]
    """What the numbers were asked for: basis, horizon, level, grouping, scenario."""
