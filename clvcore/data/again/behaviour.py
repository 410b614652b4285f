"""The events of a data set and of further files, judged as if they had come in one table."""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.choices import Choices
from clvcore.data.clean import Intake
from clvcore.data.cleaning.memory import AGAIN, CODE, ROWS, apart, usable
from clvcore.data.cleaning.quality import WHY, total
from clvcore.data.cleaning.returns import PURCHASE, REFUND, pairs
from clvcore.data.cleaning.scan import ROW, netted

RETURNS = "returns"
_SIDE, WAS = "_side", "_was"


@dataclass(frozen=True, slots=True, eq=False)
class Behaviour:
    """Every usable row of both, with what became of it."""

    frame: pl.DataFrame
    """The events, in order of time."""
    judged: pl.DataFrame
    """Every row; `WHY` names what leaves it out now, `WAS` what left it out before."""
    apart: pl.DataFrame
    """What is to be remembered of them, see `clvcore.data.cleaning.memory`."""
    pairs: pl.DataFrame
    """Returns and the purchases that they take back."""
    there: int
    """Rows of the further files that the data set had already."""

    def rows(self, *, new: bool | None = None) -> int:
        """How many rows stay: of both, of what was there, or of the further files."""
        return self._stay(new=new).height

    def money(self, *, new: bool | None = None) -> Decimal:
        """The money of these rows."""
        return total(self._stay(new=new)[col.AMOUNT])

    def more_returned(self, *, new: bool | None = None) -> int:
        """How many more rows are left out as returns than when each side stood alone."""
        side = self.judged if new is None else self.judged.filter(pl.col(_SIDE) == new)
        return int((side[WHY] == RETURNS).sum()) - int((side[WAS] == RETURNS).sum())

    def _stay(self, *, new: bool | None) -> pl.DataFrame:
        stay = self.judged.filter(pl.col(WHY).is_null())
        return stay if new is None else stay.filter(pl.col(_SIDE) == new)


def behaviour_of_both(previous: Intake, fresh: Intake) -> Behaviour:
    """The events of both; returns find their purchases wherever they stand."""
    sides = [
        usable(one.dataset.events, one.memory.rows).with_columns(pl.lit(later).alias(_SIDE))
        for one, later in ((previous, False), (fresh, True))
    ]
    rows = pl.concat(sides).sort(col.AT, maintain_order=True).with_row_index(ROW)
    found = pairs(rows)
    base = pl.when(pl.col(WHY) != RETURNS).then(WHY)
    judged = rows.with_columns(base.alias(WHY), pl.col(WHY).alias(WAS))
    if Choices.of(fresh.dataset.recipe.options).rules["returns"] == "net" and found.height:
        stays = judged[WHY].is_null()
        live = found.filter(stays.gather(found[REFUND]) & stays.gather(found[PURCHASE]))
        judged = netted(judged, live)
    judged = judged.with_columns(
        pl.when(~pl.col("_lost")).then(CODE).alias(col.ITEM),
        pl.when(pl.col(col.AMOUNT).is_not_null()).then(col.STREAM).alias(col.STREAM),
    )
    kept = apart(rows.with_columns(pl.lit(None, pl.String).alias(WHY)), judged)
    new = fresh.dataset.findings
    there = sum(one.rows for one in new if one.rule == AGAIN and one.table == "events")
    events = judged.filter(pl.col(WHY).is_null()).select(*col.EVENTS)
    return Behaviour(events, judged, kept.select(*ROWS), found, there)
