"""Which rules rejected or ignored rows of a table, with the cells that made them do so."""

from collections import Counter
from collections.abc import Mapping

import polars as pl

from clvcore.data.cells.table import LINE, Cells
from clvcore.data.cleaning.noticed import Noticed, joined, told
from clvcore.data.cleaning.quality import BROKEN, IGNORING, MONEY_IN, WHY
from clvcore.data.dataset import Finding, Severity

_MOST_DIFFERENT = 10_000
"""Different cells of one rule that are counted in a piece; beyond that an example is as good as any."""


def verdicts(cells: Cells, judged: pl.DataFrame, columns: Mapping[str, str]) -> list[Finding]:
    """One finding for each rule that rejected or ignored rows, most rows first.

    Args:
        cells: The table as it was read.
        judged: Its rows with `WHY` and `MONEY_IN`.
        columns: rule -> role of the column that it is about
    """
    return [told(one) for one in joined(judgements(cells, judged, columns))]


def judgements(cells: Cells, judged: pl.DataFrame, columns: Mapping[str, str]) -> list[Noticed]:
    """The same as counts, which add up with those of other pieces of the table."""
    groups = (
        judged.filter(pl.col(WHY).is_not_null())
        .group_by(WHY)
        .agg(pl.len().alias("rows"), pl.col(MONEY_IN).sum(), pl.col(LINE).min())
        .sort("rows", WHY, descending=[True, False])
    )
    name, found = cells.raw.name, []
    for rule, rows, money, line in groups.rows():
        examples = _examples(cells, judged, rule, columns.get(rule))
        found.append(
            Noticed(
                severity=Severity.NOTE if rule in IGNORING else Severity.ERROR,
                rule=rule,
                table=name,
                rows=rows,
                money=money,
                column=cells.column(columns[rule]) if rule in columns else None,
                currency=cells.currency_code,
                gaps={"line": line, "examples": examples},
            )
        )
    broken, aside = cells.raw.broken, cells.raw.aside
    if broken.height:
        line, text = broken.row(0)[:2]
        gaps = {"line": line, "examples": (line, text or "")}
        found.append(Noticed(Severity.ERROR, BROKEN, name, broken.height, place=(1,), gaps=gaps))
    if aside.height:
        gaps = {"line": aside["line"][0]}
        found.append(
            Noticed(Severity.NOTE, "clean.aside", name, aside.height, place=(2,), gaps=gaps)
        )
    return found


def _examples(cells: Cells, judged: pl.DataFrame, rule: str, role: str | None) -> Counter[str]:
    if role is None or not cells.has(role):
        return Counter()
    text = cells.text(role).filter(judged[WHY] == rule).drop_nulls()
    counts = text.alias("w").value_counts(name="n").sort("n", "w", descending=[True, False])
    return Counter(dict(counts.head(_MOST_DIFFERENT).rows()))
