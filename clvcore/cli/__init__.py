"""The command ``clv``: the same work as in the browser, on a terminal.

A command's module is imported when the command is called, so that ``clv --help`` is quick.
"""

import sys
from importlib import import_module

import click

from clvcore import __version__
from clvcore.errors import ClvError
from clvcore.messages import say
from clvcore.runs.spare import spares

WRONG_INPUT = 2
"""Exit code of everything a person can mend, as click has it for a wrong option."""

COMMANDS = (
    "demo", "data", "train", "evaluate", "recommend", "value", "whatif", "budget", "report", "export",
)  # fmt: skip
"""In the order in which an analyst needs them; each is ``clvcore.cli.<name>.<name>``."""

READ_FILES = tuple(("data", name) for name in ("import", "append", "check"))
"""Commands that are given files, which a child reads."""


class Commands(click.Group):
    """A group whose commands are imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the work."""
        del ctx
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        return getattr(import_module(f"clvcore.cli.{cmd_name}"), cmd_name)


@click.group(cls=Commands, help=say("cli.help"), context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="clv")
def clv() -> None:
    """Hold the commands together; the help text is a message."""


def main() -> None:
    """Run the command line; what a person can mend is one sentence and exit code 2."""
    if tuple(sys.argv[1:3]) in READ_FILES:
        spares().prepare()  # it gets ready while we import what we need, on another core
    from clvcore.runs.workspace import Workspace

    Workspace.default().keep_compiled()
    try:
        clv.main(prog_name="clv")
    except ClvError as error:
        click.echo(say("cli.error", text=error), err=True)
        sys.exit(WRONG_INPUT)
