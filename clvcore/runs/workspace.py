"""The workspace: one folder that holds what was brought in and what came of it.

CLV_HOME (default ~/.clv)
  datasets/<id>/          a data set that a person brought in
  keys/people.key         the key by which personal ids are hashed; never exported
  cache/<name>-<key>/     a sample or folder, brought in before; can be deleted at any time
  cache/parted/           files on their way in that are too large to be held; empty in between
"""

import difflib
import hashlib
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path

import polars as pl

import clvcore
from clvcore.data import sample
from clvcore.data.clean import Intake, bring_in
from clvcore.data.dataset import Dataset, RawTable, Recipe
from clvcore.data.files.reading import DECIDED_BY_FILE, Reading
from clvcore.data.meaning.blocks import Blocks
from clvcore.data.meaning.currency import NO_MONEY
from clvcore.errors import ClvError, ConfigError, NotFoundError, UploadError
from clvcore.messages import listed, say
from clvcore.runs import stored
from clvcore.runs.folders import own_folder, sweep_folders
from clvcore.runs.keys import key_of
from clvcore.runs.piles import Brought
from clvcore.runs.reading import read_apart, read_blocks_apart

HOME = "CLV_HOME"
"""Environment variable that names the folder of the workspace."""
_PARTED = "parted-"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder of data sets, runs and what belongs to them."""

    root: Path

    @classmethod
    def default(cls) -> "Workspace":
        """The workspace that CLV_HOME names, or ``~/.clv``."""
        named = os.environ.get(HOME, "").strip()
        return cls(Path(named).expanduser() if named else Path.home() / ".clv")

    @property
    def datasets(self) -> Path:
        """Folder of the data sets."""
        return self.root / "datasets"

    @property
    def known(self) -> Path:
        """Folder of the known exports that a person describes."""
        return self.root / "known"

    @property
    def cache(self) -> Path:
        """Folder of what can be made again."""
        return self.root / "cache"

    def key(self) -> bytes:
        """The key by which personal ids are hashed; made where there is none.

        Raises:
            ConfigError: it cannot be read or written.
        """
        return key_of(self.root / "keys")

    def keep_compiled(self) -> None:
        """Let programs that JAX compiles once be read from here the next time, also by workers.

        To be called before jax is imported; what the environment says already counts more.
        """
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(self.cache / "compiled"))
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")

    def add(self, intake: Intake) -> Path:
        """Store a data set with its rejected rows; its folder.

        Raises:
            ConfigError: it bears the name of a sample, which would hide it.
        """
        if intake.dataset.name in sample.names():
            raise ConfigError(say("workspace.name_of_sample", name=intake.dataset.name))
        return self._stored(intake, self.datasets / intake.dataset.id)

    def add_parted(self, brought: Brought) -> Path:
        """Store a data set whose events nobody holds; its folder.

        Raises:
            ConfigError: it bears the name of a sample, which would hide it.
        """
        if brought.recipe.name in sample.names():
            raise ConfigError(say("workspace.name_of_sample", name=brought.recipe.name))
        return self._put(brought.write, self.datasets / brought.id)

    @contextmanager
    def spilled(self) -> Generator[Path]:
        """A folder for what is too large to be held, until the work is done.

        Raises:
            ConfigError: the workspace cannot be written to.
        """
        place = self.cache / "parted"
        with ExitStack() as stack:
            try:
                place.mkdir(parents=True, exist_ok=True)
                sweep_folders(place, _PARTED)
                own = stack.enter_context(own_folder(place, _PARTED))
            except OSError as error:
                raise self._closed(error) from error
            yield own

    def entries(self) -> list[stored.Entry]:
        """The data sets that were brought in, newest first; damaged ones are left out."""
        found = [entry for folder in _folders(self.datasets) if (entry := _entry(folder))]
        return sorted(found, key=lambda entry: (entry.stored_at, entry.id), reverse=True)

    def resolve(self, reference: str) -> Dataset:
        """The data set that a word means.

        In this order: the name of a sample, the id or the name of a stored data set (the newest of
        that name), a folder with a data set, a recipe or table files, a single file of events.

        Raises:
            NotFoundError: there is nothing of that name.
            DataError: the stored data set is damaged.
        """
        if reference in sample.names():
            return self._cached(sample.folder(reference))
        entries = self.entries()
        for entry in entries:
            if reference == entry.id:
                return stored.load(entry.folder)
        for entry in entries:
            if reference == entry.name:
                return stored.load(entry.folder)
        if (self.datasets / reference).is_dir() and _is_id(reference):
            return stored.load(self.datasets / reference)  # says what is wrong with it
        for folder in _folders(self.cache):
            cached = _entry(folder)
            if cached and cached.id == reference:
                return stored.load(folder)
        path = Path(reference).expanduser()
        if reference and path.exists():
            return self._at(path)
        raise NotFoundError(self._unknown(reference, entries))

    def intake_of(self, dataset: Dataset) -> Intake:
        """A data set with what was left out of it and is remembered of it, as far as that is stored.

        Raises:
            DataError: a file beside it is damaged.
        """
        folder = self.folder_of(dataset.id)
        return Intake(dataset, {}) if folder is None else stored.intake_of(folder, dataset)

    def folder_of(self, dataset_id: str) -> Path | None:
        """The folder of a data set that was brought in; None where it was not."""
        folder = self.datasets / dataset_id
        return folder if _is_id(dataset_id) and folder.is_dir() else None

    def _at(self, path: Path) -> Dataset:
        if path.is_file():
            raws = {"events": table_file(path, "events")}
            recipe = sample.with_currency(Recipe(name=path.stem, currency=NO_MONEY), raws)
            return bring_in(raws, recipe, now=datetime.now(UTC), key=self.key()).dataset
        if (path / stored.FACTS).is_file():
            return stored.load(path)
        if not sample.table_files(path):
            raise NotFoundError(say("workspace.no_tables", folder=path))
        return self._cached(path, table_file)

    def _cached(self, path: Path, read_table: sample.ReadTable | None = None) -> Dataset:
        """The data set of a folder of files; brought in once for each state of the files."""
        name = path.resolve().name
        place = self.cache / f"{name}-{_key(path)}"
        if place.is_dir():
            try:
                return stored.load(place)
            except ClvError:  # a cache that is damaged is made again
                shutil.rmtree(place, ignore_errors=True)
        intake = sample.from_folder(path, key=self.key(), read_table=read_table)
        for outdated in self.cache.glob(f"{_literal(name)}-{'[0-9a-f]' * 16}"):
            shutil.rmtree(outdated, ignore_errors=True)
        self._stored(Intake(intake.dataset, {}), place)
        return intake.dataset

    def _stored(self, intake: Intake, place: Path) -> Path:
        return self._put(partial(stored.write, intake), place)

    def _put(self, write: Callable[[Path], None], place: Path) -> Path:
        """Let ``write`` fill the folder ``place``."""
        try:
            return stored.put_whole(place, write)
        except OSError as error:
            if place.is_dir() and _entry(place):  # another process put the same there just now
                return place
            raise self._closed(error) from error

    def _closed(self, error: OSError) -> ConfigError:
        """The error of a workspace that cannot be written to."""
        why = error.strerror or str(error)
        return ConfigError(say("workspace.cannot_write", folder=self.root, why=why))

    def _unknown(self, reference: str, entries: list[stored.Entry]) -> str:
        names = list(dict.fromkeys([*sample.names(), *(entry.name for entry in entries)]))
        near = difflib.get_close_matches(reference, names)
        return say(
            "workspace.no_such_dataset",
            reference=reference,
            names=listed(names) or say("workspace.none"),
            near=say("workspace.near", names=listed(near)) if near else "",
        )


def table_file(path: Path, table: str, how: Reading = DECIDED_BY_FILE) -> RawTable:
    """The rows of a file on disk, whatever its kind.

    Raises:
        NotFoundError: there is no such file.
        UploadError: it is a folder, may not be read, or holds no table.
    """
    if path.is_dir():
        raise UploadError(say("data.is_folder", path=path))
    return read_apart(path, table, path.name, how)


def table_blocks(path: Path, table: str, place: Path, how: Reading = DECIDED_BY_FILE) -> Blocks:
    """The same of which one block is held at a time where the file is a large text.

    Args:
        path: The file.
        table: Which table it is to become.
        place: Folder in which the blocks stay for as long as they are needed.
        how: What a person decided about the reading.

    Raises:
        ClvError: as `table_file` says.
    """
    if path.is_dir():
        raise UploadError(say("data.is_folder", path=path))
    return read_blocks_apart(path, table, place, how)


def _folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        yield from sorted(path for path in parent.iterdir() if not path.name.startswith("."))


def _entry(folder: Path) -> stored.Entry | None:
    try:
        return stored.entry(folder)
    except ClvError:
        return None


def _is_id(text: str) -> bool:
    return len(text) == 16 and set(text) <= set("0123456789abcdef")


def _literal(name: str) -> str:
    """A name inside a glob pattern."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in name)


def _key(path: Path) -> str:
    """Sixteen digits that name the files of a folder and the code that reads them."""
    digest = hashlib.blake2b(_code_version().encode(), digest_size=8)
    for file in [path / sample.RECIPE, *sample.table_files(path).values()]:
        if file.is_file():
            content = file.read_bytes()
            digest.update(f"{file.name}:{len(content)}".encode())
            digest.update(content)
    return digest.hexdigest()


@cache
def _code_version() -> str:
    """Digest of the code of the intake, so that an update never serves what the old code read."""
    package = Path(clvcore.__file__).parent
    sources = [package / "columns.py", package / "units.py", *sorted(package.glob("data/**/*.py"))]
    digest = hashlib.blake2b(f"{clvcore.__version__} {pl.__version__}".encode(), digest_size=8)
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()
