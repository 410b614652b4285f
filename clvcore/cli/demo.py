"""``clv demo``: the whole way from behaviour to recommendations and CLV, on a sample."""

from typing import Any

import click
import numpy as np
import polars as pl
from rich.console import Console
from rich.text import Text

from clvcore import columns as col
from clvcore.cli import train as training
from clvcore.cli.output import answer, as_json, console, working
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.runs.folder import RunFolder
from clvcore.runs.workspace import Workspace

SAMPLE = "storefront"
GROUPING = "channel"
TOP = 5
SEED = 0


@click.command(help=say("cli.demo.help"), short_help=say("cli.demo.short"))
@click.option("--epochs", type=int, help=say("cli.train.epochs"))
@as_json
def demo(epochs: int | None, *, as_json: bool) -> None:
    """Train on the simulated storefront, list what a user would want, and tell what users are worth."""
    workspace = Workspace.default()
    with working("cli.reading", data=SAMPLE):
        dataset = workspace.resolve(SAMPLE)
    out = Console(quiet=True) if as_json else console()
    _step(out, "cli.demo.data", events=dataset.events.height, items=dataset.items.height)
    _step(out, "cli.demo.train")
    run = training.launch(workspace, SAMPLE, preset="quick", epochs=epochs, seed=SEED)
    if not as_json:
        training.tell(run, out)
    answer(
        {
            **training.told(run),
            "recommendations": _recommend(workspace, run, dataset, out),
            "value": _value(dataset, out),
        },
        as_json=as_json,
        text=lambda screen: screen.print(Text(say("cli.demo.next", run=run.run_id))),
    )


def _step(console: Console, key: str, **values: object) -> None:
    console.print()
    console.print(Text(say(key, **values), style="bold"))


def _recommend(
    workspace: Workspace, run: RunFolder, dataset: Dataset, console: Console
) -> list[dict[str, Any]]:
    """What the user with the most purchases of late would want next."""
    from clvcore.cli.recommend import print_list
    from clvcore.ranking.recommend import recommend, with_titles
    from clvcore.runs.finished import finished

    user = _busiest(dataset)
    done = finished(workspace, run.run_id)
    nearest = recommend(done.embeddings, done.material.seen, users=[user], n=TOP)
    frame = with_titles(nearest, dataset)
    _step(console, "cli.demo.recommend", bought=_lately(dataset, user))
    print_list(frame, user, dataset, console)
    return frame.to_dicts()


def _busiest(dataset: Dataset) -> str:
    """The user who bought most often in the last four weeks."""
    bought = dataset.events.filter(pl.col(col.KIND) == "purchase")
    late = bought.filter(pl.col(col.AT) > dataset.observed[1] - pl.duration(weeks=4))
    counts = late.group_by(col.USER).agg(pl.len().cast(pl.Int64).alias("n"))
    return counts.sort("n", col.USER, descending=[True, False])[col.USER][0]


def _lately(dataset: Dataset, user: str) -> str:
    """Titles of the last few things the user bought, the latest first."""
    bought = dataset.events.filter(
        (pl.col(col.USER) == user) & (pl.col(col.KIND) == "purchase")
    ).tail(3)
    titles = bought.join(dataset.items, on=col.ITEM, how="left", maintain_order="left")[col.TITLE]
    return "; ".join(titles.reverse().drop_nulls())


def _value(dataset: Dataset, console: Console) -> dict[str, Any]:
    """What the users are worth, by the channel that won them."""
    from clvcore.cli import value, worth
    from clvcore.value.users import user_value

    rng = np.random.default_rng(SEED)
    _step(console, "cli.demo.value")
    with working("cli.valuing", users=dataset.users.height):
        valued = user_value(dataset, rng=rng)
        found = value.seen(valued, GROUPING, rng=rng)
    worth.tell(console, valued, found, {*value.SHOWN}, None)
    return value.plain(valued, found, None)
