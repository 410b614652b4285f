"""Events that are too many to be held are cleaned part by part, each with all rows of its users.

Nearly every rule that looks at more than one row looks at the rows of one user: what is there twice,
which purchase a return takes back, who behaves like a program, who was seen when. So rows go into
parts by a hash of their user, and every part goes through the same cleaning as a whole table. What
belongs to all rows is found before (`Evidence`: how a column is read, personal data) or after it
(`Outliers`: the median of all purchases), and accounts and findings are sums over the parts. One
part and many give the same data set to the last bit of its id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import reduce

import polars as pl

from clvcore import columns as col
from clvcore.data.cells import amounts, moments
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.ids import spelling_of
from clvcore.data.cells.private import Look, look_at
from clvcore.data.cells.roles import CURRENCY, MONEY_ROLES, ROLES
from clvcore.data.cells.rules import RULES
from clvcore.data.cells.signs import Signs
from clvcore.data.cells.table import IDS, Cells, ids_of
from clvcore.data.clean import Whole
from clvcore.data.cleaning.assembled import Prepared, attributes_of
from clvcore.data.cleaning.currencies import beside, in_column
from clvcore.data.cleaning.events import Part, clean_part, judged_by, scan_events
from clvcore.data.cleaning.finders import Bounds, beyond, is_purchase, sizes
from clvcore.data.cleaning.gathered import Gathered, gathered
from clvcore.data.cleaning.memory import Memory, names_of_both
from clvcore.data.cleaning.noticed import Noticed, joined, told
from clvcore.data.cleaning.personal import protected
from clvcore.data.cleaning.quality import MONEY_IN, WHY, Cleaned
from clvcore.data.cleaning.scan import Scan, flag
from clvcore.data.dataset import Account, ColumnMap, RawTable

_ORDER_OF_USER = 0
NOT_YET = Bounds()
"""Bounds under which nothing lies far from the others."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a block of a table says about how the whole is read; what blocks say adds up."""

    signs: Mapping[str, Signs]
    looks: Mapping[tuple[str, str], Look]

    def __add__(self, other: "Evidence") -> "Evidence":
        return Evidence(
            {role: one + other.signs[role] for role, one in self.signs.items()},
            {key: one + other.looks[key] for key, one in self.looks.items()},
        )

    def whole(self) -> Whole:
        """What all blocks say together."""
        return Whole(self.signs, self.looks)


def evidence_of(
    raw: RawTable,
    given: ColumnMap,
    choices: Choices,
    *,
    begun: Mapping[str, int],
    filled: Mapping[str, int],
) -> Evidence:
    """What a block says.

    Args:
        raw: Its rows.
        given: The column map.
        choices: How columns are to be read, and what is personal.
        begun: Filled cells of each column that stand in the blocks before it.
        filled: Those of the whole table.
    """
    cells = Cells(raw, given, "UTC", choices)
    said = {name.removeprefix(f"{raw.name}.") for name in choices.protect}
    hashed = said | {given.roles.get(col.USER, "")}
    looks = {}
    for column in raw.frame.columns:
        look = look_at(raw.frame[column], begun=begun[column], of=filled[column])
        if column in hashed:  # it may be replaced by a hash
            ids = ids_of(raw.frame[column])
            look = replace(look, ids=cells.files.told(ids, spelling_of))
        looks[raw.name, column] = look
    return Evidence({role: signs_of(cells, role) for role in given.roles}, looks)


def signs_of(cells: Cells, role: str) -> Signs:
    """What the column of a role, or a piece of it, says about how the whole is read."""
    if role in IDS:
        ids = ids_of(cells.raw.frame[cells.column(role)])
        return Signs(ids=cells.files.told(ids, spelling_of))
    if role == CURRENCY:
        codes = in_column(cells)
        return Signs(filled=codes.count(), symbols=frozenset(codes.drop_nulls().unique()))
    evidence = next(one.evidence for one in ROLES[cells.raw.name] if one.name == role)
    if evidence == "time":
        return Signs(dates=cells.files.told(cells.values(role), moments.dates_of))
    if evidence == "number":
        marks = cells.files.told(cells.bare(role), amounts.marks_of)
        if role not in MONEY_ROLES.get(cells.raw.name, ()):
            return Signs(marks=marks)
        codes = beside(cells.text(role)).drop_nulls().unique()
        return Signs(marks=marks, symbols=frozenset(codes))
    return Signs()


def part_of(raw: RawTable, column: str | None, parts: int) -> pl.Series:
    """For each row the part that its user belongs to; users who may turn out to be one go together.

    Ids that differ only in case or in a ``.0`` may be one person, once they are hashed or read.
    """
    if column is None or parts == 1:
        return pl.zeros(raw.frame.height, dtype=pl.UInt64, eager=True)
    ids = ids_of(raw.frame[column])
    ids = ids.str.to_lowercase().str.replace(r"\.0$", "")
    strange = (ids.str.contains("@", literal=True) & ids.str.contains(r"[^\x00-\x7f]")).fill_null(
        value=False
    )
    if strange.any():
        places = strange.arg_true()
        folded = [one.casefold() for one in ids.gather(places).to_list()]
        ids = ids.clone().scatter(places, pl.Series(folded))
    return (ids.hash(seed=_ORDER_OF_USER) % parts).set(ids.is_null(), 0)


@dataclass(frozen=True, slots=True)
class Done:
    """A part after cleaning."""

    part: Part
    found: Gathered
    sizes: pl.DataFrame
    """Money and quantity of its purchases, as logarithms; whether each stays, and its money."""


def scan_part(
    raw: RawTable,
    ready: Prepared,
    whole: Whole,
    *,
    now: datetime | None,
    key: bytes | None,
    bounds: Bounds,
) -> Scan:
    """One part of the events, looked at but not judged.

    Args:
        raw: Its rows.
        ready: The tables by role, made with ``whole``.
        whole: What all events say.
        now: The moment of the intake.
        key: Key of the workspace.
        bounds: Of all purchases; `NOT_YET` where they are not known.
    """
    head = ready.views["events"]
    found = [one for one in ready.personal if one.table == "events"]
    raw = protected(raw, found, key or b"", whole.looks)
    return scan_events(
        replace(head, raw=raw),
        domain=ready.recipe.domain,
        until=ready.limit,
        now=now,
        bounds=bounds,
    )


def cleaned_part(found: Scan, choices: Mapping[str, str]) -> Done:
    """A part under these choices."""
    judged = judged_by(found, choices)
    part = clean_part(found, judged)
    head = found.cells
    return Done(
        part=part,
        found=gathered(part.frame, attributes_of(head)),
        sizes=purchase_sizes(found, judged),
    )


def purchase_sizes(found: Scan, judged: pl.DataFrame) -> pl.DataFrame:
    """What the outliers of all parts are told by."""
    bought = (
        found.rows[WHY].is_null()
        & found.rows.select(is_purchase().fill_null(value=False)).to_series()
    )
    rows = found.rows.filter(bought)
    stays = judged[WHY].filter(bought).is_null().alias("stays")
    size = sizes(rows).with_columns(stays, rows[MONEY_IN])
    return size.filter(pl.col(col.AMOUNT).is_not_null() | pl.col(col.QUANTITY).is_not_null())


def outliers(bounds: Bounds, parts: Iterable[pl.DataFrame], currency: str) -> Noticed | None:
    """What is noticed about purchases beyond the bounds; None where there is none that stays."""
    far = [part.filter(pl.col("stays") & beyond(bounds)) for part in parts]
    place = list(RULES).index("outlier")
    found = [flag("outlier", one, currency, place, 0, Decimal(0)) for one in far]
    return next(iter(joined(found)), None)


def needs_bounds(choices: Mapping[str, str]) -> bool:
    """Whether the outliers have to be known before a row is judged."""
    return RULES["outlier"].choices[choices["outlier"]] != "accepted"


def all_events(
    accounts: Sequence[Account], noticed: Iterable[Noticed], names: Sequence[pl.DataFrame]
) -> Cleaned:
    """The events of all parts, without their rows."""
    account = accounts[0]
    for other in accounts[1:]:
        account = _added(account, other)
    findings = tuple(map(told, joined(noticed)))
    nothing = pl.DataFrame()
    memory = Memory()
    told_names = reduce(names_of_both, names)
    return Cleaned(nothing, account, findings, nothing, nothing, memory.rows, told_names)


def _added(one: Account, other: Account) -> Account:
    return Account(
        table=one.table,
        rows_in=one.rows_in + other.rows_in,
        accepted=one.accepted + other.accepted,
        rejected=one.rejected + other.rejected,
        ignored=one.ignored + other.ignored,
        money_in=one.money_in + other.money_in,
        money_accepted=one.money_accepted + other.money_accepted,
        money_rejected=one.money_rejected + other.money_rejected,
        money_ignored=one.money_ignored + other.money_ignored,
    )
