"""A recipe replays on the next files, and says what has changed since."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from clvcore.data.again.changes import Changes, changes
from clvcore.data.again.headers import Missing, fitted, missing, under_their_names
from clvcore.data.clean import Intake, bring_in
from clvcore.data.dataset import Dataset, RawTable, Recipe
from clvcore.errors import MappingError
from clvcore.messages import listed, say


def replay(
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    previous: Dataset,
    answers: Mapping[tuple[str, str], str | None] | None = None,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
) -> tuple[Intake, Changes]:
    """The data set of further files alone, and how it differs from what is there.

    Args:
        raws: table -> its rows; ``events`` must be among them.
        recipe: How to read them: the recipe of ``previous``, as a rule.
        previous: What is there.
        answers: (table, column) that the files lack -> its new name; None leaves its role out.
        now: As for `clvcore.data.clean.bring_in`.
        key: As there.

    Raises:
        MappingError: a column that the recipe reads is not there, and nobody said what to do.
        ClvError: as `clvcore.data.clean.bring_in`.
    """
    raws = under_their_names(raws, recipe)
    known = recipe if not answers else fitted(recipe, answers)
    open_ = missing(raws, known, previous)
    for one in open_:
        if one.required or one.near:
            raise MappingError(question(one, raws[one.table]))
    known = fitted(known, {(one.table, one.column): None for one in open_})
    intake = bring_in(raws, replace(known, observed_until=None), now=now, key=key)
    return intake, changes(previous, intake.dataset, raws)


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
