"""A recipe replays on the next files, and says what has changed since."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from clvcore.data.again.changes import Changes, changes
from clvcore.data.again.headers import Missing, fitted, missing, under_their_names
from clvcore.data.again.money import in_its_currency
from clvcore.data.clean import Intake, finished, prepare, scanned
from clvcore.data.cleaning.memory import usable, without_those_there
from clvcore.data.cleaning.quality import IGNORING, WHY
from clvcore.data.dataset import RawTable, Recipe
from clvcore.errors import MappingError
from clvcore.messages import listed, say


@dataclass(frozen=True, slots=True)
class Replayed:
    """Further files, read by a recipe."""

    whole: Intake
    """All that they tell."""
    new: Intake
    """What of it is not there yet: events that an earlier file has brought are ignored."""


def replayed(
    previous: Intake,
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
) -> Replayed:
    """Further files of any tables beside a data set.

    Args:
        previous: What is there.
        raws: table -> its rows.
        recipe: How to read them.
        now: As for `clvcore.data.clean.bring_in`.
        key: As there.

    Raises:
        ClvError: as `clvcore.data.clean.bring_in`, but that there need be no events table.
    """
    data = previous.dataset
    ready = prepare(raws, replace(recipe, observed_until=None), key=key, with_events=False)
    if "events" not in raws:
        only = finished(ready, None, beside=data.observed)
        return Replayed(only, only)
    seen = scanned(ready, now)
    whole = finished(ready, seen)
    there = usable(data.events, previous.memory.rows)
    left = without_those_there(seen, there.filter(_counts_as_there()))
    if left is seen:
        return Replayed(whole, whole)
    return Replayed(whole, finished(ready, left, beside=data.observed))


def _counts_as_there() -> pl.Expr:
    """Rows that stay or are left out by a choice; those that were refused are judged anew."""
    return pl.col(WHY).is_null() | pl.col(WHY).is_in(IGNORING)


def replay(
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    previous: Intake,
    answers: Mapping[tuple[str, str], str | None] | None = None,
    *,
    currency: str | None = None,
    now: datetime | None = None,
    key: bytes | None = None,
) -> tuple[Intake, Changes]:
    """What further files bring that is not there yet, and how they differ from what is there.

    Args:
        raws: table -> its rows, of any tables.
        recipe: How to read them: the recipe of ``previous``, as a rule.
        previous: What is there.
        answers: (table, column) that the files lack -> its new name; None leaves its role out.
        currency: Of their money, where there was none before.
        now: As for `clvcore.data.clean.bring_in`.
        key: As there.

    Raises:
        MappingError: a column that the recipe reads is not there, and nobody said what to do; or
            theirs is the first money, and nothing tells its currency.
        ClvError: as `replayed`.
    """
    data = previous.dataset
    raws = under_their_names(raws, recipe)
    known = recipe if not answers else fitted(recipe, answers)
    open_ = missing(raws, known, data)
    for one in open_:
        if one.required or one.near:
            raise MappingError(question(one, raws[one.table]))
    known = fitted(known, {(one.table, one.column): None for one in open_})
    known = in_its_currency(known, data, raws, currency)
    found = replayed(previous, raws, known, now=now, key=key)
    return found.new, changes(data, found.whole.dataset, raws)


def question(one: Missing, raw: RawTable) -> str:
    """What has to be asked about a column that is not there."""
    told = {
        "column": one.column,
        "source": raw.source,
        "role": one.role,
        "table": one.table,
        "found": listed(raw.frame.columns, most=20),
    }
    if one.near:
        return say("data.again_renamed", **told, names=listed(one.near), first=one.near[0])
    return say("data.again_lacks", **told)
