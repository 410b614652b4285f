"""How sound are the data? Columns, repeats, time, what fits together, and both sides of every sum."""

from clvcore.charts import data as charts
from clvcore.charts import words
from clvcore.messages import say
from clvcore.report.cells import count, table
from clvcore.report.overview import step_of
from clvcore.report.quality import Check, Column, Fact, Quality
from clvcore.report.story import Block, Chart, Section, Table


def quality_answer(quality: Quality) -> str:
    """Whether the sums agree and how full the columns are, in one sentence."""
    broken = sum(not check.holds for check in quality.checks)
    if broken:
        return say("page_data.again_sums_differ", broken=broken, sums=len(quality.checks))
    told = [one for one in quality.columns if one.filled]
    full = sum(one.filled == one.rows for one in told)
    return say("page_data.again_sums_agree", sums=len(quality.checks), full=full, columns=len(told))


def quality_section(quality: Quality) -> Section:
    """The plain facts about every table and column."""
    blocks = [_completeness(quality)]
    blocks += [
        _facts(quality, dimension) for dimension in ("uniqueness", "timeliness", "consistency")
    ]
    blocks.append(
        Block(
            say("page_data.again_sums"),
            say("page_data.again_sums_help"),
            tables=(checks_table(quality),),
        )
    )
    title = say("page_data.again_quality")
    return Section("quality", title, quality_answer(quality), tuple(blocks))


def _completeness(quality: Quality) -> Block:
    heading, text = say("page_data.again_completeness"), say("page_data.again_completeness_help")
    shown = (columns_table(quality),)
    if quality.empty.is_empty():
        return Block(heading, text, tables=shown)
    every = step_of(quality.data)
    step = say(f"page_data.step_{every}")
    columns = {
        "begin": (say("page_data.col_begin"), "word"),
        "column": (say("page_data.again_column"), "word"),
        "share": (say("page_data.again_empty"), "share"),
    }
    rows = [one | {"begin": str(one["begin"])} for one in quality.empty.to_dicts()]
    chart = Chart(
        title=say("page_data.again_empty_chart", step=step),
        figure=charts.empty_cells(
            quality.empty,
            step=say("page_data.axis_week" if every == "1w" else "page_data.axis_month"),
        ),
        alt=say("page_data.again_empty_alt", step=step),
        table=table(say("page_data.again_empty_chart", step=step), rows, columns, folded=True),
    )
    return Block(heading, text, charts=(chart,), tables=shown)


def columns_table(quality: Quality) -> Table:
    """How full every column is that holds something, and how many columns hold nothing."""
    rows = [_column(one) for one in quality.columns if one.filled]
    columns = {
        "table": (say("page_data.col_table"), "word"),
        "name": (say("page_data.again_column"), "word"),
        "type": (say("page_data.again_type"), "word"),
        "filled": (say("page_data.again_filled"), "count"),
        "rows": (say("page_data.again_of_rows"), "count"),
        "share": (say("page_data.again_empty"), "share"),
        "distinct": (say("page_data.again_distinct"), "count"),
    }
    return table(say("page_data.again_columns_table"), rows, columns)


def _column(one: Column) -> dict[str, object]:
    return {
        "table": words.table(one.table),
        "name": one.name,
        "type": say(f"page_data.again_type_{one.type}"),
        "filled": one.filled,
        "rows": one.rows,
        "share": 1 - one.filled / one.rows if one.rows else None,
        "distinct": one.distinct,
    }


def _facts(quality: Quality, dimension: str) -> Block:
    rows = [_fact(one) for one in quality.facts if one.dimension == dimension]
    columns = {
        "name": (say("page_data.again_fact"), "word"),
        "value": (say("page_data.again_number"), "count"),
        "of": (say("page_data.again_of"), "count"),
        "share": (say("page_data.col_share"), "share"),
    }
    heading = say(f"page_data.again_{dimension}")
    return Block(heading, tables=(table(heading, rows, columns),))


def _fact(one: Fact) -> dict[str, object]:
    return {
        "name": say(f"page_data.again_fact_{one.name}"),
        "value": one.value,
        "of": one.of,
        "share": one.value / one.of if one.of else None,
    }


def checks_table(quality: Quality) -> Table:
    """Both sides of every sum."""
    rows = [_check(one, quality.data.currency) for one in quality.checks]
    columns = {
        "name": (say("page_data.again_sum"), "word"),
        "one": (say("page_data.again_one_side"), "number"),
        "other": (say("page_data.again_other_side"), "number"),
        "holds": (say("page_data.again_agrees"), "word"),
    }
    return table(say("page_data.again_sums"), rows, columns)


def _check(one: Check, currency: str) -> dict[str, str]:
    in_rows = one.name == "rows"
    sides = (one.one, one.other)
    shown = [count(int(n)) if in_rows else f"{n:,.4f}" for n in sides]
    named = {"table": words.table(one.table), "currency": currency}
    return {
        "name": say(f"page_data.again_check_{one.name}", **named),
        "one": shown[0],
        "other": shown[1],
        "holds": say("report.value.equal" if one.holds else "report.value.differs"),
    }
