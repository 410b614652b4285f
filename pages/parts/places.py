"""The pages that are there, in the order of the navigation."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from clvcore.messages import say

_PAGES = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Place:
    """A page's name, the group it stands in ("" for none) and its icon."""

    name: str
    group: str
    icon: str

    @property
    def path(self) -> str:
        """The page's file as links name it."""
        return f"{self.name}.py"

    @property
    def heading(self) -> str:
        """Name of the group on screen."""
        return say(f"pages.group.{self.group}") if self.group else ""

    def page(self, *, default: bool = False) -> "st.Page":
        """The page as the navigation takes it."""
        return st.Page(
            self.path,
            title=say(f"pages.{self.name}.title"),
            icon=f":material/{self.icon}:",
            help=say(f"pages.{self.name}.help"),
            default=default,
        )


PLACES = (
    Place("home", "", "home"),
    Place("data", "data", "table"),
    Place("train", "data", "model_training"),
    Place("users", "recommend", "person_search"),
    Place("quality", "recommend", "leaderboard"),
    Place("value", "value", "payments"),
    Place("cohorts", "value", "groups"),
    Place("whatif", "decide", "tune"),
    Place("budget", "decide", "account_balance_wallet"),
    Place("report", "decide", "summarize"),
)


def places() -> list[Place]:
    """Those whose page is there."""
    return [place for place in PLACES if (_PAGES / place.path).is_file()]


def is_there(name: str) -> bool:
    """Whether a page is there, so that it can be linked to."""
    return any(place.name == name for place in places())
