"""All runs that a workspace can serve: its own, and those that came with the app.

A run that came with the app stands beside its sample, in ``sample_data/<name>/runs/<id>``. It is
read like any other and written by nobody; `clvcore.runs.ship` makes it.
"""

from pathlib import Path

from clvcore.data import sample
from clvcore.errors import RunError
from clvcore.messages import listed, say
from clvcore.runs.folder import RUN_ID, RunFolder
from clvcore.runs.workspace import Workspace

RUNS = "runs"
"""Name of the folder of runs, in a workspace and beside a sample."""
_CONFIG = "config.json"


def all_runs(workspace: Workspace) -> list[RunFolder]:
    """All runs, the newest first; those that came with the app at the end."""
    return [*_own_runs(workspace), *shipped_runs()]


def find_run(workspace: Workspace, run_id: str) -> RunFolder:
    """The folder of a run.

    Raises:
        RunError: there is no such run; the newest ones are named.
    """
    for parent in (workspace.root / RUNS, *_shipped_parents()):
        folder = RunFolder(parent / run_id)
        if RUN_ID.match(run_id) and (folder.path / _CONFIG).exists():
            return folder
    known = [run.run_id for run in all_runs(workspace)]
    raise RunError(
        say("runs.unknown", run=run_id, known=listed(known, most=3))
        if known
        else say("runs.none", run=run_id)
    )


def shipped_runs() -> list[RunFolder]:
    """Runs that came with the app, by the alphabet of their samples."""
    return [run for parent in _shipped_parents() for run in _inside(parent)]


def is_shipped(run: RunFolder) -> bool:
    """Whether a run came with the app."""
    return run.path.parent in _shipped_parents()


def _own_runs(workspace: Workspace) -> list[RunFolder]:
    runs = _inside(workspace.root / RUNS)
    return sorted(runs, key=lambda run: (run.path / _CONFIG).stat().st_mtime, reverse=True)


def _shipped_parents() -> list[Path]:
    return sorted(sample.home().glob(f"*/{RUNS}"))


def _inside(parent: Path) -> list[RunFolder]:
    if not parent.is_dir():
        return []
    return [
        RunFolder(path)
        for path in sorted(parent.iterdir())
        if RUN_ID.match(path.name) and (path / _CONFIG).exists()
    ]
