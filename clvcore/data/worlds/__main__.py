"""Writes a simulated world: ``python -m clvcore.data.worlds storefront --out FOLDER``."""

from pathlib import Path

import click

from clvcore.data.worlds.prior import STOREFRONT, STREAM
from clvcore.data.worlds.simulate import simulate
from clvcore.data.worlds.write import write

SEED = 20230102
"""The seed of the samples that ship with the project."""


@click.command()
@click.argument("world", type=click.Choice([STOREFRONT.name, STREAM.name]))
@click.option("--seed", type=click.IntRange(min=0), default=SEED, show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
def main(world: str, seed: int, out: Path) -> None:
    """Simulate WORLD and write its tables, recipe and README into a folder."""
    params = {known.name: known for known in (STOREFRONT, STREAM)}[world]
    write(simulate(params, seed=seed), out, seed=seed)


if __name__ == "__main__":
    main()
