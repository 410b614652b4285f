"""A finished run on the small shop, made once."""

from dataclasses import replace

import pytest

from clvcore.runs import worker
from clvcore.runs.folder import RunFolder
from clvcore.runs.launch import new_training
from clvcore.runs.workspace import Workspace
from clvcore.towers.presets import preset


@pytest.fixture(scope="session")
def workspace(tmp_path_factory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="session")
def new_run(workspace, small_shop_folder):
    """Make a run on the small shop that is still to be started."""

    def make(**settings) -> RunFolder:
        tower, train = preset("quick")
        tower = replace(tower, embedding_size=16, max_length=16)
        train = replace(train, **{"epochs": 2, **settings})
        dataset = workspace.resolve(str(small_shop_folder))
        return new_training(
            workspace, dataset, tower, train, reference=str(small_shop_folder), preset="quick"
        )

    return make


@pytest.fixture(scope="session")
def done(new_run) -> RunFolder:
    run = new_run()
    worker.main(str(run.path))
    return run
