"""A simulated world as a folder of files: tables, recipe and a page about them."""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import ColumnMap, Recipe
from clvcore.data.recipe import to_json
from clvcore.data.worlds.clock import WEEK, when
from clvcore.data.worlds.simulate import Simulation
from clvcore.messages import say

CURRENCY = "EUR"
LICENCE = "CC0-1.0"


def recipe_of(simulation: Simulation, *, seed: int) -> Recipe:
    """How the tables of the simulation are to be read."""
    params, tables = simulation.world.params, simulation.tables()
    return Recipe(
        name=params.name,
        currency=CURRENCY,
        time_zone="UTC",
        domain=params.domain,
        simulated=True,
        source=say("worlds.source", name=params.name, seed=seed),
        licence=LICENCE,
        observed_until=when(simulation.state.week * WEEK),
        maps={name: ColumnMap(_roles(name, frame)) for name, frame in tables.items()},
    )


def write(simulation: Simulation, folder: Path, *, seed: int) -> None:
    """Writes one Parquet file a table, ``recipe.json`` and ``README.md`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = simulation.tables()
    for name, frame in tables.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="zstd", compression_level=19)
    recipe = to_json(recipe_of(simulation, seed=seed))
    text = json.dumps(recipe, ensure_ascii=False, indent=2)
    (folder / "recipe.json").write_text(text + "\n", "utf-8")
    (folder / "README.md").write_text(readme(simulation, tables, seed=seed), "utf-8")


def readme(simulation: Simulation, tables: Mapping[str, pl.DataFrame], *, seed: int) -> str:
    """The page that says where the tables come from and what is in them."""
    params = simulation.world.params
    until: datetime = when(simulation.state.week * WEEK)
    listed = "\n".join(
        f"| {name} | {frame.height:,} | {', '.join(f'`{column}`' for column in frame.columns)} |"
        for name, frame in tables.items()
    )
    return say(
        f"worlds.readme_{params.domain}",
        name=params.name,
        seed=seed,
        weeks=simulation.state.week,
        until=until.date().isoformat(),
        tables=listed,
        currency=CURRENCY,
        licence=LICENCE,
        share=round(100 * params.logged),
        slate=params.choice.slate,
        channels=", ".join(channel.name for channel in params.channels),
    )


def _roles(name: str, frame: pl.DataFrame) -> dict[str, str]:
    known = [*col.TABLES[name], col.VECTOR]
    return {column: column for column in frame.columns if column in known}
