"""What cleaning would do, before anything is accepted: repair actions with choices and their price."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.data.cells.rules import RULES, bit
from clvcore.data.cells.stored import as_in_file
from clvcore.data.clean import Intake, Prepared, finished, prepare, scanned
from clvcore.data.cleaning.quality import BROKEN, IGNORING, MONEY_IN, WHY
from clvcore.data.cleaning.scan import BITS, ROW, Scan
from clvcore.data.dataset import Account, RawTable, Recipe

MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A line of the file as it stands there."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """One repair action: what it is about, and what each choice makes of rows and money."""

    rule: str
    """Name in `clvcore.data.cells.rules`, or of what makes rows unusable."""
    table: str
    rows: int
    money: Decimal
    """Money of these rows in the data set's currency, 0 where it cannot be read."""
    examples: tuple[Example, ...]
    chosen: str
    choices: Mapping[str, Account]
    """choice -> account of the whole table, if it were made and all others stayed"""
    matched: int = 0
    """Of returns: how many have a purchase that they take back."""
    matched_money: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, eq=False)
class Considered:
    """Tables that were looked at once, so that every choice about them can be weighed at once."""

    ready: Prepared
    """The tables by role, with the recipe that they are read by."""
    scan: Scan

    @property
    def usual(self) -> Mapping[str, str]:
        """The choices of the recipe."""
        return self.scan.cells.choices.rules

    def intake(self, choices: Mapping[str, str]) -> Intake:
        """The data set under these choices.

        Raises:
            ClvError: as `clvcore.data.clean.bring_in` says.
        """
        return finished(self.ready, self.scan, choices)

    def account(self, choices: Mapping[str, str]) -> Account:
        """What would become of the events under these choices."""
        return self.scan.account(choices)

    def consequences(self, choices: Mapping[str, str]) -> list[Consequence]:
        """Every repair action of the events, most money first.

        Args:
            choices: rule -> choice for every rule, as `clvcore.data.cells.rules.chosen` makes it.
        """
        found = [*self._ruled(choices), *self._unusable(choices)]
        return sorted(found, key=lambda one: (-abs(one.money), -one.rows, one.rule))

    def _ruled(self, choices: Mapping[str, str]) -> Iterator[Consequence]:
        sound = self.scan.patterns.filter(pl.col(WHY).is_null())
        for name, rule in RULES.items():
            held = sound.filter(pl.col(BITS) & bit(name) != 0)
            rows = int(held["len"].sum())
            if not rows:
                continue
            pairs = self.scan.pairs if name == "returns" else self.scan.pairs.clear()
            yield Consequence(
                rule=name,
                table="events",
                rows=rows,
                money=Decimal(held[MONEY_IN].sum()),
                examples=self._examples(self.scan.held(name)),
                chosen=choices[name],
                choices={one: self.account({**choices, name: one}) for one in rule.choices},
                matched=pairs.height,
                matched_money=Decimal(pairs[col.AMOUNT].sum() or 0),
            )

    def _unusable(self, choices: Mapping[str, str]) -> Iterator[Consequence]:
        now = self.account(choices)
        broken = self.scan.patterns.filter(pl.col(WHY).is_not_null()).group_by(WHY)
        summed = broken.agg(pl.col("len").sum(), pl.col(MONEY_IN).sum()).sort(WHY)
        for why, rows, money in summed.rows():
            fate = "ignore" if why in IGNORING else "reject"
            told = self._examples(pl.col(WHY) == why)
            yield Consequence(why, "events", rows, Decimal(money), told, fate, {fate: now})
        raw = self.scan.cells.raw
        for rule, fate, lines in ((BROKEN, "reject", raw.broken), ("aside", "ignore", raw.aside)):
            if lines.height:
                head = lines.head(MOST_EXAMPLES).select("line", "text").rows()
                told = tuple(Example(line, text or "") for line, text in head)
                yield Consequence(rule, "events", lines.height, Decimal(0), told, fate, {fate: now})

    def _examples(self, wanted: pl.Expr) -> tuple[Example, ...]:
        """The first rows of a kind as they stand in the file."""
        cells = self.scan.cells
        places = self.scan.rows.lazy().filter(wanted).select(ROW).head(MOST_EXAMPLES).collect()
        chosen = places[ROW].sort()
        lines = cells.lines().gather(chosen).to_list()
        rows = as_in_file(cells.raw.frame[chosen]).iter_rows()
        texts = [", ".join(cell or "" for cell in row) for row in rows]
        return tuple(Example(line, text) for line, text in zip(lines, texts, strict=True))


def consider(
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
) -> Considered:
    """The tables, looked at but not judged: nothing is stored.

    Args:
        raws: table -> its rows.
        recipe: As for `clvcore.data.clean.bring_in`.
        now: The moment of the intake; None where the future is not to be judged.
        key: Key of the workspace, by which personal ids are hashed.

    Raises:
        ClvError: as `clvcore.data.clean.bring_in` says.
    """
    ready = prepare(raws, recipe, key=key)
    return Considered(ready, scanned(ready, now))


def consequences(
    raws: Mapping[str, RawTable],
    recipe: Recipe,
    *,
    now: datetime | None = None,
    key: bytes | None = None,
) -> list[Consequence]:
    """Every repair action of these tables under the choices of the recipe, most money first.

    Raises:
        ClvError: as `clvcore.data.clean.bring_in` says.
    """
    seen = consider(raws, recipe, now=now, key=key)
    return seen.consequences(seen.usual)
