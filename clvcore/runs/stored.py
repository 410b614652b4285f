"""Data sets in a folder: Parquet for each table, and dataset.json that tells how they came about.

A folder is written beside its place and moved there whole, so that nobody ever sees half a data
set; what is read is checked against the id of its content.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import polars as pl

from clvcore import __version__
from clvcore import columns as col
from clvcore.data import lineage
from clvcore.data import recipe as recipes
from clvcore.data.clean import Intake
from clvcore.data.cleaning.memory import Memory
from clvcore.data.content import content_id
from clvcore.data.dataset import (
    Account,
    Dataset,
    Finding,
    Recipe,
    Severity,
    Step,
)
from clvcore.errors import ClvError, DataError
from clvcore.messages import recalled, remembered, say
from clvcore.report.tables import safe_for_sheets

FACTS = "dataset.json"
REJECTS = "rejects_{table}.csv"
IGNORED = "ignored_{table}.csv"
MEMORY = "memory_{part}.parquet"
"""What the next file has to know, see `clvcore.data.cleaning.memory`; absent where that is nothing."""
TEMPORARY = ".new-"
_ABANDONED_S = 3600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored data set as a list shows it, without its tables."""

    id: str
    name: str
    currency: str
    simulated: bool
    stored_at: datetime
    rows: int
    """Accepted events."""
    folder: Path


def store(intake: Intake, place: Path) -> Path:
    """Write a data set and its rejected rows to the folder ``place``, all or nothing."""
    return put_whole(place, partial(write, intake))


def write(intake: Intake, folder: Path) -> None:
    """Write the tables of a data set, the rows that were left out, and what is told of them."""
    for table, frame in intake.dataset.tables().items():
        frame.write_parquet(folder / f"{table}.parquet", compression="zstd")
    for table, rejects in intake.rejects.items():
        safe_for_sheets(rejects).write_csv(folder / REJECTS.format(table=table))
    for table, ignored in intake.ignored.items():
        safe_for_sheets(ignored).write_csv(folder / IGNORED.format(table=table))
    write_memory(folder, intake.memory)
    write_facts(folder, intake.dataset, list(intake.dataset.tables()))


def write_memory(folder: Path, memory: Memory) -> None:
    """Write what the next file has to know."""
    for part, frame in _parts(memory).items():
        if frame.height:
            frame.write_parquet(folder / MEMORY.format(part=part), compression="zstd")


def _parts(memory: Memory) -> dict[str, pl.DataFrame]:
    listed = {f"listed_{table}": frame for table, frame in memory.listed.items()}
    return {"rows": memory.rows, "names": memory.names, **listed}


def intake_of(folder: Path, dataset: Dataset) -> Intake:
    """A stored data set with all that stands beside it, so that files can be added to it.

    Raises:
        DataError: a file is damaged.
    """
    try:
        parts = {
            part: pl.read_parquet(file, memory_map=False)
            for part in ("rows", "names", "listed_items", "listed_users")
            if (file := folder / MEMORY.format(part=part)).is_file()
        }
        left = [
            {
                table: pl.read_csv(file, infer_schema=False)
                for table in col.TABLES
                if (file := folder / pattern.format(table=table)).is_file()
            }
            for pattern in (REJECTS, IGNORED)
        ]
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(folder, error) from error
    listed = {name.removeprefix("listed_"): one for name, one in parts.items() if "_" in name}
    nothing = Memory()
    memory = Memory(parts.get("rows", nothing.rows), parts.get("names", nothing.names), listed)
    return Intake(dataset, *left, memory)


def put_whole(place: Path, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a folder beside ``place`` and move it there in one step."""
    place.parent.mkdir(parents=True, exist_ok=True)
    _sweep(place.parent)
    fresh = _new_folder(place.parent)
    try:
        write(fresh)
        old = _new_folder(place.parent) if place.exists() else None
        if old is not None:
            place.replace(old / place.name)
        fresh.replace(place)
        if old is not None:
            shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return place


def _sweep(parent: Path) -> None:
    """Remove what a process left behind that was killed while it wrote."""
    for folder in parent.glob(f"{TEMPORARY}*"):
        with suppress(FileNotFoundError):  # another process was quicker
            if time.time() - folder.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(folder, ignore_errors=True)


def _new_folder(parent: Path) -> Path:
    folder = parent / f"{TEMPORARY}{uuid4().hex}"
    folder.mkdir()
    return folder


class Described(Protocol):
    """What is told of a data set beside its tables."""

    @property
    def id(self) -> str:
        """The id of its content."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How it was made."""
        ...

    @property
    def observed(self) -> tuple[datetime, datetime]:
        """First and last moment of observation."""
        ...

    @property
    def accounts(self) -> tuple[Account, ...]:
        """What became of rows and money."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong or remarkable."""
        ...

    @property
    def lineage(self) -> tuple[Step, ...]:
        """Where it came from."""
        ...


def write_facts(folder: Path, dataset: Described, tables: Sequence[str]) -> None:
    """Write dataset.json of a data set whose tables lie in ``folder``."""
    facts = json.dumps(_facts(dataset, tables), indent=1, ensure_ascii=False)
    (folder / FACTS).write_text(facts, "utf-8")


def _facts(dataset: Described, tables: Sequence[str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "id": dataset.id,
        "stored_at": now.isoformat(),
        "tables": list(tables),
        "observed": [moment.isoformat() for moment in dataset.observed],
        "recipe": recipes.to_json(dataset.recipe),
        "accounts": [_plain(account) for account in dataset.accounts],
        "findings": [_plain(finding) for finding in dataset.findings],
        "lineage": lineage.to_json(lineage.stamped(dataset.lineage, now, __version__)),
    }


def _plain(value: Account | Finding) -> dict[str, Any]:
    plain: dict[str, Any] = {
        name: str(part) if isinstance(part, Decimal | Severity) else part
        for name, part in asdict(value).items()
    }
    if isinstance(value, Finding):
        plain |= {"text": remembered(value.text), "fix": remembered(value.fix)}
    return plain


def load(folder: Path) -> Dataset:
    """The data set of a folder, checked against its id.

    Raises:
        DataError: a file is missing or damaged, or the content is not that of the id.
    """
    facts = facts_of(folder)
    try:
        frames = {
            table: pl.read_parquet(folder / f"{table}.parquet", memory_map=False)
            for table in facts["tables"]
        }
        for table, frame in frames.items():
            _check_schema(frame, col.TABLES[table])
        first, last = (datetime.fromisoformat(text) for text in facts["observed"])
        dataset = Dataset.of(
            events=frames["events"],
            items=frames["items"],
            users=frames["users"],
            spend=frames.get("spend"),
            impressions=frames.get("impressions"),
            observed=(first, last),
            recipe=recipes.from_json(facts["recipe"], source=str(folder / FACTS)),
            accounts=tuple(_account(one) for one in facts["accounts"]),
            findings=tuple(_finding(one) for one in facts["findings"]),
            lineage=lineage.from_json(facts.get("lineage", [])),
        )
    except (OSError, KeyError, TypeError, ValueError, ArithmeticError, ClvError) as error:
        raise _damaged(folder, error) from error
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise _damaged(folder, error) from error
    if dataset.id != facts["id"] and facts["id"] == _first_id(dataset):
        return replace(dataset, id=facts["id"])
    if dataset.id != facts["id"]:
        raise _damaged(folder, say("workspace.other_content", id=facts["id"]))
    return dataset


def _first_id(dataset: Dataset) -> str:
    """The id as it was made at first: also of the accounts, and of the order of equal moments."""
    accounts = [asdict(account) for account in dataset.accounts]
    return content_id(dataset.tables(), [dataset.recipe, accounts, dataset.observed])


def facts_of(folder: Path) -> dict[str, Any]:
    """What dataset.json of a folder says.

    Raises:
        DataError: there is none, or it is damaged.
    """
    try:
        facts = json.loads((folder / FACTS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(folder, error) from error
    if not isinstance(facts, Mapping) or not {"id", "tables", "recipe"}.issubset(facts):
        raise _damaged(folder, say("workspace.facts_missing", file=FACTS))
    return dict(facts)


def entry(folder: Path) -> Entry:
    """A stored data set as a list shows it.

    Raises:
        DataError: its dataset.json is missing or damaged.
    """
    facts = facts_of(folder)
    try:
        return Entry(
            id=facts["id"],
            name=facts["recipe"]["name"],
            currency=facts["recipe"]["currency"],
            simulated=facts["recipe"]["simulated"],
            stored_at=datetime.fromisoformat(facts["stored_at"]),
            rows=facts["accounts"][0]["accepted"],
            folder=folder,
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, why: object) -> DataError:
    text = str(why).splitlines()[0] if str(why) else type(why).__name__
    return DataError(say("workspace.damaged", folder=folder, why=text))


def _check_schema(frame: pl.DataFrame, schema: pl.Schema) -> None:
    if any(frame.schema.get(name) != kind for name, kind in schema.items()):
        raise ValueError(say("workspace.other_columns"))


def _account(plain: Mapping[str, Any]) -> Account:
    money = {part.name for part in fields(Account) if part.name.startswith("money")}
    read: dict[str, Any] = {k: Decimal(v) if k in money else v for k, v in plain.items()}
    return Account(**read)


def _finding(plain: Mapping[str, Any]) -> Finding:
    severity, money = Severity(plain["severity"]), Decimal(plain["money"])
    told = {name: recalled(plain[name]) for name in ("text", "fix")}
    read: dict[str, Any] = {**plain, "severity": severity, "money": money, **told}
    return Finding(**read)
