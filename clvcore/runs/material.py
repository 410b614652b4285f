"""A data set made ready for learning: behaviour, its cuts, and what is known of users and items."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clvcore.data.dataset import Dataset
from clvcore.errors import ClvError, RunError
from clvcore.features.attributes import Attributes, item_attributes, user_attributes
from clvcore.features.histories import Histories, histories
from clvcore.features.split import Cuts, Split, split_by_time, time_cuts
from clvcore.messages import say
from clvcore.runs.workspace import Workspace
from clvcore.towers.lesson import Lesson


class Before(StrEnum):
    """Up to where a model has learned."""

    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A data set made ready: behaviour, its cuts, and what the model learns from."""

    dataset: Dataset
    seen: Histories
    cuts: Cuts
    valid: Split
    test: Split
    items: Attributes
    users: Attributes

    def lesson(self, before: "Before") -> Lesson:
        """What a model learns from: everything before the validation, or before the test."""
        past = self.valid.past if before is Before.VALIDATION else self.test.past
        return Lesson(past, self.items, self.users)

    @classmethod
    def of(cls, dataset: Dataset) -> "Material":
        """The material of a data set."""
        seen = histories(dataset)
        cuts = time_cuts(dataset, seen)
        valid = split_by_time(seen, cut=cuts.valid, end=cuts.test)
        return cls(
            dataset=dataset,
            seen=seen,
            cuts=cuts,
            valid=valid,
            test=split_by_time(seen, cut=cuts.test, end=cuts.end),
            items=item_attributes(dataset, seen.items),
            users=user_attributes(dataset, seen.users),
        )


def find_dataset(workspace: Workspace, config: dict[str, Any]) -> Dataset:
    """The data set of a run, by its id or by the name under which it was asked for.

    Raises:
        RunError: it is gone, or it is no longer the one the run learned from.
    """
    wanted = config["dataset"]
    for reference in (wanted["id"], wanted["reference"]):
        try:
            found = workspace.resolve(reference)
        except ClvError:
            continue
        if found.id == wanted["id"]:
            return found
    raise RunError(say("runs.data_gone", name=wanted["name"], id=wanted["id"]))
