"""Files of a known export that belong beside each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clvcore.data.cells.choices import SHAPES
from clvcore.data.cells.roles import ROLES
from clvcore.data.dataset import RawTable


@dataclass(frozen=True, slots=True)
class Join:
    """Rows of one file and the file that tells more about each, by a column that both have."""

    name: str
    """Table that they become."""
    rows: tuple[str, ...]
    """Columns of the files whose rows all stay."""
    beside: tuple[str, ...]
    """Columns of the file that is looked up."""
    on: str
    """Column that both have."""
    shape: str = ""
    """How the file that is looked up is laid out before."""
    whole: bool = False
    """Whether neither can be read alone, and what no row refers to is a row too."""

    def is_of_rows(self, raw: RawTable) -> bool:
        """Whether a file is of those whose rows stay."""
        there = set(raw.frame.columns)
        return there.issuperset(self.rows) and not there.issuperset(self.beside)

    def is_beside(self, raw: RawTable) -> bool:
        """Whether a file is one that is looked up."""
        there = set(raw.frame.columns)
        return there.issuperset(self.beside) and not there.issuperset(self.rows)


def is_sound_join(one: Any) -> bool:
    """Whether plain values describe files that can be joined."""
    if not isinstance(one, Mapping) or set(one) - set(Join.__dataclass_fields__):
        return False
    lists = [one.get(name) for name in ("rows", "beside")]
    if not all(
        isinstance(part, list) and all(isinstance(word, str) for word in part) for part in lists
    ):
        return False
    return (
        one.get("name") in ROLES
        and all(one.get("on") in part for part in lists)
        and one.get("shape", "") in {"", *SHAPES}
        and isinstance(one.get("whole", False), bool)
    )
