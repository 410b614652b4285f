"""What a reader calls the names that the core gives: groups of users, kinds of events, money."""

from clvcore.messages import say
from clvcore.value.breakdown import UNATTRIBUTED, UNKNOWN
from clvcore.value.segments import SEGMENTS

TOTAL = "total"
_GROUPS = {UNKNOWN: "unknown", UNATTRIBUTED: "unattributed", TOTAL: "total"}


def group(name: str) -> str:
    """A group of a breakdown; those that the data names keep their name."""
    if name in _GROUPS:
        return say(f"value.group.{_GROUPS[name]}")
    if name in SEGMENTS:
        return say(f"value.segment.{name.replace(' ', '_').replace('-', '_')}")
    return name


def kind(name: str) -> str:
    """A kind of event."""
    return say(f"page_data.kind.{name}")


def table(name: str) -> str:
    """A table of a data set."""
    return say(f"data.table.{name}")


def role(name: str) -> str:
    """A role of a column, as the name of a box."""
    text = say(f"data.known.role.{name}")
    return text[:1].upper() + text[1:]


def goal(name: str) -> str:
    """What users are judged by: buying or playing."""
    return say(f"page_data.goal_{name}")


def state(name: str) -> str:
    """Where a run stands."""
    return say(f"runs.state.{name}")


def lever(name: str) -> str:
    """A lever within a sentence."""
    return say(f"page_whatif.moved.{name}")


def step(text: str) -> str:
    """How far a lever is moved: points in the reader's words, other steps as they are."""
    points = text.removesuffix("pt")
    return text if points == text else say("page_whatif.points", n=int(points))
