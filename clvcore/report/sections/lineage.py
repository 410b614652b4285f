"""Where did the data come from? Every file with its digest, how it was read, what came of it."""

from collections.abc import Sequence

from clvcore.charts import words
from clvcore.charts.numbers import minute
from clvcore.data.dataset import Dataset, Origin, Step
from clvcore.messages import listed, say
from clvcore.report.cells import table
from clvcore.report.story import Block, Section, Table

DIGITS = 12
"""Of a digest, that are shown."""


def lineage_section(data: Dataset) -> Section:
    """The files of a data set, step by step, and its recipe in words."""
    title = say("page_data.again_lineage")
    if not data.lineage:
        return Section("lineage", title, say("page_data.again_no_lineage"))
    blocks = (Block(tables=(files_table(data),)), Block(notes=tuple(map(step_line, data.lineage))))
    return Section("lineage", title, lineage_answer(data.lineage), blocks)


def lineage_answer(steps: Sequence[Step]) -> str:
    """From how many files, in how many steps."""
    files = sum(len(one.files) or 1 for step in steps for one in step.origins)
    key = "once" if len(steps) == 1 else "often"
    return say(f"page_data.again_lineage_{key}", files=files, steps=len(steps))


def step_line(step: Step) -> str:
    """When a step was made, with which version, and what it was added to."""
    when = minute(step.at) if step.at else say("data.again_not_stored")
    told = "page_data.again_step" if step.parent is None else "page_data.again_step_added"
    return say(told, when=when, version=step.version, parent=step.parent)


def files_table(data: Dataset) -> Table:
    """A row a table of each step: its file, digest, how it was read, and what came of its rows."""
    rows = [
        _origin(number, one) for number, step in enumerate(data.lineage, 1) for one in step.origins
    ]
    columns = {
        "step": (say("page_data.again_col_step"), "count"),
        "table": (say("page_data.col_table"), "word"),
        "file": (say("page_data.again_col_file"), "word"),
        "bytes": (say("page_data.again_col_bytes"), "count"),
        "digest": (say("page_data.again_col_digest"), "word"),
        "reading": (say("page_data.again_col_reading"), "word"),
        "rows": (say("page_data.col_in"), "count"),
        "accepted": (say("page_data.col_accepted"), "count"),
    }
    return table(say("page_data.again_files"), rows, columns)


def _origin(number: int, one: Origin) -> dict[str, object]:
    return {
        "step": number,
        "table": words.table(one.table),
        "file": listed([file.name for file in one.files]) or one.source,
        "bytes": sum(file.n_bytes for file in one.files) if one.files else None,
        "digest": listed([file.sha256[:DIGITS] for file in one.files]),
        "reading": listed([value for value in one.reading.values() if value]),
        "rows": one.account.rows_in,
        "accepted": one.account.accepted,
    }
