"""How a file is read where a person knows better, and how it was read, as text for a recipe."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

CHOSEN = "chosen"
DOUBT = "doubt"
"""Part of a reading that names the other encoding which a text may be in."""
NO_HEADER = 0
SPACES = " "
"""The separator of columns that stand apart by runs of spaces."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person decided about the reading of a file; None where the file decides."""

    encoding: str | None = None
    """Name of the encoding of a text, as Python knows it."""
    separator: str | None = None
    """Sign between the cells of a line; a space stands for runs of spaces."""
    sheet: str | None = None
    """Name of the sheet of a workbook."""
    header: int | None = None
    """Line (or row of the sheet) that names the columns, counted from 1; 0 where none does."""
    rows: str | None = None
    """Path of the list, such as ``orders.line_items``, whose objects become the rows."""

    @classmethod
    def of(cls, reading: Mapping[str, str]) -> "Reading":
        """What was decided by a person in a reading that is kept; the next file decides the rest.

        Example:
            >>> Reading.of({"encoding": "cp1251", "separator": ";", "chosen": "encoding"})
            Reading(encoding='cp1251', separator=None, sheet=None, header=None, rows=None)
        """
        chosen = [name for name in reading.get(CHOSEN, "").split(",") if name in reading]
        values: dict[str, Any] = {name: reading[name] for name in chosen if name != "header"}
        if "header" in chosen and reading["header"].isdecimal():
            values["header"] = int(reading["header"])
        known = {part.name for part in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def told(self, found: Mapping[str, str]) -> dict[str, str]:
        """The whole reading as text: what was found, and which parts a person had decided.

        Example:
            >>> Reading(separator=";").told({"format": "text", "separator": ";"})
            {'format': 'text', 'separator': ';', 'chosen': 'separator'}
        """
        decided = [part.name for part in fields(self) if getattr(self, part.name) is not None]
        chosen = {CHOSEN: ",".join(decided)} if decided else {}
        return {**found, **chosen}


DECIDED_BY_FILE = Reading()
"""The reading in which the file decides everything."""
