"""Make the finished run that comes with a sample: ``python -m clvcore.runs.ship storefront``."""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from clvcore.data import sample
from clvcore.errors import RunError
from clvcore.runs import worker
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.launch import new_training
from clvcore.runs.manifest import seal
from clvcore.runs.shelf import RUNS
from clvcore.runs.stored import put_whole
from clvcore.runs.training import SEALED
from clvcore.runs.workspace import Workspace
from clvcore.towers.presets import preset

PRESET = "quick"
SEED = 0
FILES = (
    "config.json",
    "status.json",
    "progress.jsonl",
    "baselines.json",
    "summary.json",
    "report.json",
    "each_user.parquet",
    "each_item.parquet",
    "again.json",
    "model.safetensors",
    "embeddings.safetensors",
)
"""What serving a run needs, and what its curves are drawn from."""
_CONTENT = ("again.json", "model.safetensors", "embeddings.safetensors")


def ship(name: str) -> RunFolder:
    """Train on a sample and put the run beside it, in the place of the one that was there.

    Raises:
        NotFoundError: there is no such sample.
        RunError: the training failed.
    """
    tower, train = preset(PRESET)
    with TemporaryDirectory() as home:
        workspace = Workspace(Path(home))
        dataset = workspace.resolve(name)
        run = new_training(workspace, dataset, tower, train, reference=name, preset=PRESET)
        if worker.main(str(run.path)) is not State.DONE:
            raise RunError(run.status().message)
        place = sample.folder(name) / RUNS
        shutil.rmtree(place, ignore_errors=True)
        return RunFolder(put_whole(place / content_id(run), lambda folder: _copy(run, folder)))


def content_id(run: RunFolder) -> str:
    """Sixteen digits that name what was asked for and what was learned, whenever it was."""
    config = run.config()
    asked = {key: config[key] for key in ("dataset", "preset", "tower", "train")}
    digest = hashlib.blake2b(json.dumps(asked, sort_keys=True).encode(), digest_size=8)
    for file in _CONTENT:
        digest.update((run.path / file).read_bytes())
    return digest.hexdigest()


def _copy(run: RunFolder, folder: Path) -> None:
    for file in FILES:
        shutil.copyfile(run.path / file, folder / file)
    seal(folder, [file for file in FILES if file in SEALED])


if __name__ == "__main__":
    print(ship(sys.argv[1]).path)  # noqa: T201 # the answer of a program for those who work on the app
