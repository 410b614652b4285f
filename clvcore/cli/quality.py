"""``clv data quality``: how sound a data set is, as text, JSON or one HTML file."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clvcore.cli.output import answer, as_json, working
from clvcore.cli.write import write_bytes
from clvcore.messages import say
from clvcore.runs.workspace import Workspace

if TYPE_CHECKING:  # it loads plotly, which `clv --help` must not wait for
    from clvcore.report.story import Report


@click.command("quality", help=say("data.help_quality"))
@click.argument("reference", metavar="DATA")
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=say("data.help_quality_html"),
)
@as_json
def quality(reference: str, *, html: Path | None, as_json: bool) -> None:
    """What is known of the soundness of a data set."""
    from clvcore.report.html import html_bytes
    from clvcore.report.quality import quality_of
    from clvcore.report.soundness import soundness

    with working("cli.reading", data=reference):
        data = Workspace.default().resolve(reference)
        found = quality_of(data)
    made = soundness(data, made_at=datetime.now().astimezone().replace(microsecond=0))
    size = 0
    if html is not None:
        content = html_bytes(made)
        size = len(content)
        write_bytes(content, html)
    value: dict[str, Any] = {
        "id": data.id,
        "name": data.name,
        "currency": data.currency,
        "observed": list(data.observed),
        "findings": [asdict(one) for one in found.findings],
        "tables": {one.table: asdict(one) for one in found.accounts},
        "columns": [asdict(one) for one in found.columns],
        "facts": [asdict(one) for one in found.facts],
        "checks": [asdict(one) | {"holds": one.holds} for one in found.checks],
        "empty": found.empty.to_dicts(),
        "html": None if html is None else str(html),
    }

    def text(console: Console) -> None:
        tell(console, made)
        if html is not None:
            console.print()
            told = say("data.again_written", out=html, megabytes=f"{size / 1e6:.1f}")
            console.print(Text(told))

    answer(value, as_json=as_json, text=text)


def tell(console: Console, made: "Report") -> None:
    """Print the tables of the report."""
    console.print(Text(made.title, style="bold"))
    for section in made.sections:
        console.print()
        console.print(Text(section.answer, style="bold"))
        for block in section.blocks:
            for one in block.tables:
                if one.folded:
                    continue
                table = Table(title=one.caption, title_justify="left", box=None, pad_edge=False)
                for name, aligned in zip(one.columns, one.aligned, strict=True):
                    table.add_column(name, justify=aligned)
                for row in one.rows:
                    table.add_row(*map(Text, row))
                console.print()
                console.print(table)
