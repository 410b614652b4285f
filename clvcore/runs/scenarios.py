"""Scenarios that somebody kept: one small file each, in the workspace, by data set.

CLV_HOME
  scenarios/<data set>/<id>.json     a scenario that was kept
  scenarios/<data set>/<id>.gone     the one that was taken away last, and can be brought back
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from clvcore.errors import ConfigError, NotFoundError
from clvcore.messages import say
from clvcore.runs.durable import write_whole
from clvcore.runs.workspace import Workspace
from clvcore.scenario.scenario import Scenario
from clvcore.value.ledger import Basis

LONGEST_NAME = 80
_KEPT, _GONE = ".json", ".gone"


@dataclass(frozen=True, slots=True)
class KeptScenario:
    """A scenario with its name, as it was written down."""

    id: str
    dataset_id: str
    name: str
    changes: tuple[str, ...]
    """As `Scenario.of` reads them."""
    scope: str | None
    elasticity: float
    basis: Basis
    made_at: datetime
    made_by: str
    """Who kept it; empty where nobody is known."""

    def scenario(self) -> Scenario:
        """What it moves.

        Raises:
            ConfigError: a later version cannot read its changes any more.
        """
        return Scenario.of(
            self.changes, scope=self.scope, elasticity=self.elasticity, name=self.name
        )


@dataclass(frozen=True, slots=True)
class Scenarios:
    """The kept scenarios of one data set."""

    folder: Path
    dataset_id: str

    @classmethod
    def of(cls, workspace: Workspace, dataset_id: str) -> "Scenarios":
        """Those of a data set in a workspace."""
        return cls(workspace.root / "scenarios" / dataset_id, dataset_id)

    def all(self) -> list[KeptScenario]:
        """All of them, the newest first; files that cannot be read are left out."""
        files = self.folder.glob(f"*{_KEPT}") if self.folder.is_dir() else iter(())
        found = [one for file in files if (one := _read(file))]
        return sorted(found, key=lambda one: (one.made_at, one.id), reverse=True)

    def get(self, scenario_id: str) -> KeptScenario:
        """One of them.

        Raises:
            NotFoundError: there is none of this id.
        """
        for one in self.all():
            if one.id == scenario_id:
                return one
        raise NotFoundError(say("scenario.kept.unknown", id=scenario_id))

    def keep(
        self,
        name: str,
        changes: tuple[str, ...],
        *,
        basis: Basis,
        scope: str | None = None,
        elasticity: float = 0.0,
        made_by: str = "",
    ) -> KeptScenario:
        """Write a scenario down; what it was called before stays as it is.

        Raises:
            ConfigError: it moves nothing, has no name or that of another one, cannot be read, or the
                workspace cannot be written to.
        """
        if not changes:
            raise ConfigError(say("scenario.kept.nothing"))
        one = KeptScenario(
            id=uuid4().hex[:12],
            dataset_id=self.dataset_id,
            name=self._free(name),
            changes=changes,
            scope=scope,
            elasticity=elasticity,
            basis=basis,
            made_at=datetime.now(UTC),
            made_by=made_by,
        )
        one.scenario()
        return self._written(one)

    def rename(self, scenario_id: str, name: str) -> KeptScenario:
        """Give one of them another name.

        Raises:
            ConfigError: as `keep` says.
            NotFoundError: there is none of this id.
        """
        one = self.get(scenario_id)
        if name.strip() == one.name:
            return one
        return self._written(replace(one, name=self._free(name)))

    def drop(self, scenario_id: str) -> None:
        """Take one away; until the next one is taken away it can be brought back by `undo`.

        Raises:
            ConfigError: the workspace cannot be written to.
        """
        try:
            for old in self.folder.glob(f"*{_GONE}"):
                old.unlink(missing_ok=True)
            (self.folder / f"{scenario_id}{_KEPT}").rename(self.folder / f"{scenario_id}{_GONE}")
        except FileNotFoundError:
            return  # somebody else took it away
        except OSError as error:
            raise self._closed(error) from error

    def dropped(self) -> KeptScenario | None:
        """The one that was taken away last."""
        files = self.folder.glob(f"*{_GONE}") if self.folder.is_dir() else iter(())
        return next((one for file in files if (one := _read(file))), None)

    def undo(self) -> KeptScenario | None:
        """Bring the one back that was taken away last; None where there is none.

        Raises:
            ConfigError: the workspace cannot be written to.
        """
        one = self.dropped()
        if one is None:
            return None
        try:
            (self.folder / f"{one.id}{_GONE}").rename(self.folder / f"{one.id}{_KEPT}")
        except OSError as error:
            raise self._closed(error) from error
        return one

    def name_for(self, wanted: str) -> str:
        """A name that nobody has: the one wanted, else with a number behind it."""
        wanted = wanted.strip()[:LONGEST_NAME]
        taken = {one.name for one in self.all()}
        return next(name for name in _numbered(wanted) if name not in taken)

    def _free(self, name: str) -> str:
        name = name.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise ConfigError(say("scenario.kept.bad_name", longest=LONGEST_NAME))
        if any(one.name == name for one in self.all()):
            raise ConfigError(say("scenario.kept.taken", name=name))
        return name

    def _written(self, one: KeptScenario) -> KeptScenario:
        told = asdict(one) | {"made_at": one.made_at.isoformat()}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(
                self.folder / f"{one.id}{_KEPT}",
                json.dumps(told, ensure_ascii=False, indent=1).encode(),
            )
        except OSError as error:
            raise self._closed(error) from error
        return one

    def _closed(self, error: OSError) -> ConfigError:
        why = error.strerror or str(error)
        return ConfigError(say("workspace.cannot_write", folder=self.folder, why=why))


def _read(file: Path) -> KeptScenario | None:
    """What a file says; None where it was damaged, or is of another kind."""
    try:
        told = json.loads(file.read_text("utf-8"))
        return KeptScenario(
            **told
            | {
                "changes": tuple(told["changes"]),
                "made_at": datetime.fromisoformat(told["made_at"]),
            }
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        tail = f" {number}"
        yield name[: LONGEST_NAME - len(tail)] + tail
        number += 1
