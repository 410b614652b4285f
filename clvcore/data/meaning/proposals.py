"""What is proposed about a column, and what a person is asked."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

About = Literal["role", "date_order", "decimal", "currency", "first_day"]


class Confidence(StrEnum):
    """How far a proposal can be trusted."""

    SURE = "sure"
    """Said by a person, by a known export, or by a name that the values bear out."""
    LIKELY = "likely"
    """Said by a name whose values look different."""
    UNSURE = "unsure"
    """Said by nothing but the look of the values."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One column with a role."""

    column: str
    role: str
    confidence: Confidence
    why: str
    """Why it has this role: a sentence."""
    reads: tuple[str, ...]
    """How its cells are read: whole sentences."""
    asks: bool = False
    """Whether a question about its reading is open."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One way to answer a question."""

    value: str
    """What stands for it in a recipe: a column, ``dmy``, ``,``."""
    text: str
    """What it means, for people."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person has to decide, since the file does not tell."""

    about: About
    table: str
    role: str
    column: str | None
    """The column whose reading is open; None where a column for a role is sought."""
    text: str
    answers: tuple[Answer, ...]
    """All that fit; none where anything could be said."""
    required: bool = True
    """Whether the table cannot be read without the answer."""
    files: tuple[str, ...] = ()
    """Those of several files that it is about; none where it is about the whole table."""
