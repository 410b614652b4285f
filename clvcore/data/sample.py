"""The data sets that ship with the project: where they live, and how they are read.

In the repository they stand in ``sample_data/`` beside the package, in an installed wheel inside
it. A sample is a folder with ``recipe.json`` and one Parquet or CSV file for each table; it goes
through the same intake as any file.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from clvcore import columns as col
from clvcore.data import recipe as recipes
from clvcore.data.clean import Intake, bring_in
from clvcore.data.dataset import RawTable, Recipe
from clvcore.data.files.read import read
from clvcore.data.meaning.currency import NO_MONEY, currency_told
from clvcore.data.meaning.mapping import propose
from clvcore.errors import NotFoundError
from clvcore.messages import listed, say

RECIPE = "recipe.json"
SUFFIXES = (".parquet", ".csv")
"""Suffixes of table files, the preferred one first."""
ReadTable = Callable[[Path, str], RawTable]
"""Reads the file of a table."""
_PACKAGE = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder of all samples."""
    beside, inside = _PACKAGE.parent / "sample_data", _PACKAGE / "sample_data"
    return inside if inside.is_dir() else beside


def names() -> list[str]:
    """Names of the samples, by alphabet."""
    return sorted(file.parent.name for file in home().glob(f"*/{RECIPE}"))


def folder(name: str) -> Path:
    """The folder of a sample.

    Raises:
        NotFoundError: there is no sample of that name.
    """
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known)
        raise NotFoundError(
            say(
                "data.no_such_sample",
                name=name,
                names=listed(known) or "none",
                near=say("data.near", names=listed(near)) if near else "",
            )
        )
    return home() / name


def load(name: str) -> Intake:
    """A sample, brought in from its files.

    Raises:
        NotFoundError: there is no sample of that name.
    """
    return from_folder(folder(name))


def from_folder(
    path: Path, *, key: bytes | None = None, read_table: ReadTable | None = None
) -> Intake:
    """The data set of a folder with a recipe and table files, or with table files alone.

    Args:
        path: The folder.
        key: Key of the hash of personal data.
        read_table: Reads a file of a table, where they are not ours; by default in this process.

    Raises:
        ClvError: a file cannot be read, or its rows cannot be understood.
    """
    raws, recipe = raw_tables(path, read_table or _of_ours), recipe_of(path)
    if not (path / RECIPE).is_file():
        recipe = with_currency(recipe, raws)
    return bring_in(raws, recipe, key=key)


def with_currency(recipe: Recipe, raws: Mapping[str, RawTable]) -> Recipe:
    """The recipe with the currency that files without a recipe name themselves.

    Raises:
        MappingError: there is money, and nothing tells in which currency.
    """
    maps = {name: propose(raw) for name, raw in raws.items()}
    told = currency_told(raws, maps, recipe.options, say("data.currency_say_folder"))
    return replace(recipe, currency=told)


def table_files(path: Path) -> dict[str, Path]:
    """File of each table that the folder has, by the name of the table."""
    found = {}
    for table in col.TABLES:
        files = [path / f"{table}{suffix}" for suffix in SUFFIXES]
        there = [file for file in files if file.is_file()]
        if there:
            found[table] = there[0]
    return found


def _of_ours(file: Path, table: str) -> RawTable:
    return read(file.read_bytes(), table=table, source=file.name)


def raw_tables(path: Path, read_table: ReadTable = _of_ours) -> dict[str, RawTable]:
    """The tables of a folder as they were read."""
    return {table: read_table(file, table) for table, file in table_files(path).items()}


def recipe_of(path: Path) -> Recipe:
    """The recipe of a folder; a plain one under the folder's name where it has none.

    Raises:
        ConfigError: the recipe is no JSON, or a part of it is wrong.
    """
    file = path / RECIPE
    if not file.is_file():
        return Recipe(name=path.resolve().name, currency=NO_MONEY)
    return recipes.from_text(file.read_bytes(), source=str(file))
