"""``clv recommend``: what users would want next."""

from pathlib import Path

import click
import polars as pl
from rich.console import Console
from rich.table import Table

from clvcore import columns as col
from clvcore.cli.dataset import mark
from clvcore.cli.output import answer, as_json, working
from clvcore.cli.write import write_frame
from clvcore.data.dataset import Dataset
from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

SHOWN_USERS = 3


@click.command(help=say("cli.recommend.help"), short_help=say("cli.recommend.short"))
@click.argument("run")
@click.option("--user", "users", multiple=True, help=say("cli.recommend.user"))
@click.option("--all", "everybody", is_flag=True, help=say("cli.recommend.all"))
@click.option("--top", default=10, show_default=True, help=say("cli.recommend.top"))
@click.option("--again", is_flag=True, help=say("cli.recommend.again"))
@click.option("--out", type=click.Path(path_type=Path), help=say("cli.recommend.out"))
@as_json
def recommend(
    run: str,
    users: tuple[str, ...],
    top: int,
    out: Path | None,
    *,
    everybody: bool,
    again: bool,
    as_json: bool,
) -> None:
    """List the items nearest to users, without those they had."""
    if bool(users) == everybody:
        raise ConfigError(say("cli.recommend.whom"))
    from clvcore.ranking.recommend import recommend as nearest
    from clvcore.ranking.recommend import with_titles
    from clvcore.runs.finished import finished

    with working("cli.recommending"):
        done = finished(Workspace.default(), run)
        frame = nearest(
            done.embeddings,
            done.material.seen,
            users=users or None,
            n=top,
            again=done.scorer() if again else None,
        )
    told = with_titles(frame, done.material.dataset)
    if out is not None:
        write_frame(told, out)
    answer(
        {
            "run_id": run,
            "data": done.config["dataset"],
            "similarity": done.embeddings.similarity,
            "users": told[col.USER].n_unique(),
            "out": None if out is None else str(out),
            "recommendations": [] if out is not None else told.to_dicts(),
        },
        as_json=as_json,
        text=lambda console: tell(told, done.material.dataset, out, console),
    )


def tell(frame: pl.DataFrame, dataset: Dataset, out: Path | None, console: Console) -> None:
    """Lists for the first few users; the file, if one was asked for, has them all."""
    if out is not None:
        console.print(
            say(
                "cli.recommend.written",
                rows=frame.height,
                users=frame[col.USER].n_unique(),
                out=out,
            )
        )
        return
    names = frame[col.USER].unique(maintain_order=True)
    for user in names.head(SHOWN_USERS):
        print_list(frame.filter(pl.col(col.USER) == user), user, dataset, console)
    if len(names) > SHOWN_USERS:
        console.print(say("cli.recommend.more", more=len(names) - SHOWN_USERS))


def print_list(frame: pl.DataFrame, user: str, dataset: Dataset, console: Console) -> None:
    """One user's list."""
    console.print(
        say("cli.recommend.user_list", user=user) + mark(simulated=dataset.recipe.simulated)
    )
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name, justify in (
        ("rank", "right"),
        ("item", "left"),
        ("title", "left"),
        ("category", "left"),
        ("price", "right"),
        ("similarity", "right"),
    ):
        table.add_column(say(f"cli.column.{name}"), justify=justify)
    for row in frame.to_dicts():
        price = row[col.PRICE]
        table.add_row(
            str(row["rank"]),
            row[col.ITEM],
            row[col.TITLE] or "-",
            row[col.CATEGORY] or "-",
            "-" if price is None else f"{price:,.2f} {dataset.currency}",
            f"{row['similarity']:.3f}",
        )
    console.print(table)
