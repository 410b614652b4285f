"""The run that comes with the storefront can be served by this code, and is what it says it is.

Where one of these turns red after a change of the intake, the features or the model, make the run
anew: ``uv run poe demo-run``.
"""

import hashlib

import numpy as np
import polars as pl
import pytest

from clvcore.ranking.again import Again, WithRepeats
from clvcore.ranking.context import context_of
from clvcore.ranking.evaluate import Protocol, evaluate
from clvcore.ranking.metrics import Metric
from clvcore.runs.finished import finished, stored_each, stored_report
from clvcore.runs.folder import State
from clvcore.runs.history import curve, runs_on
from clvcore.runs.shelf import all_runs, find_run, is_shipped, shipped_runs
from clvcore.runs.ship import content_id
from clvcore.runs.training import MODEL
from clvcore.runs.workspace import Workspace
from clvcore.towers.encode import embeddings, encode_users, raw_items


@pytest.fixture(scope="module")
def fresh(tmp_path_factory) -> Workspace:
    """A workspace in which nobody has done anything."""
    return Workspace(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="module")
def run():
    (only,) = shipped_runs()
    return only


@pytest.fixture(scope="module")
def before(run):
    """The files of the run as they were before anybody looked at them."""
    return state_of(run)


@pytest.fixture(scope="module")
def served(fresh, run, before):
    del before
    return finished(fresh, run.run_id)


def state_of(run):
    return {
        file.name: (file.stat().st_mtime_ns, hashlib.blake2b(file.read_bytes()).hexdigest())
        for file in run.path.iterdir()
    }


def test_a_fresh_workspace_has_the_run_on_the_storefront(fresh, run):
    data = fresh.resolve("storefront")
    assert [one.run_id for one in runs_on(fresh, data.id)] == [run.run_id]
    assert [one.run_id for one in all_runs(fresh)] == [run.run_id]
    assert find_run(fresh, run.run_id) == run
    assert is_shipped(run)
    assert not fresh.root.joinpath("runs").exists()


def test_its_id_is_that_of_its_content(run):
    assert content_id(run) == run.run_id
    assert run.status().state is State.DONE


def test_it_is_about_all_users_and_items_of_the_storefront(served):
    data = served.material.dataset
    assert served.embeddings.users.shape[0] == data.users.height
    assert served.embeddings.items.shape[0] == data.items.height


def test_its_vectors_are_those_of_its_towers(served):
    model, some = served.model(), np.arange(200, dtype=np.int32)
    items = raw_items(model, served.lesson)
    own = encode_users(model, served.lesson, items, served.material.seen, some)
    np.testing.assert_allclose(own, served.embeddings.users[some], atol=1e-5)


def test_its_stored_metrics_are_those_of_its_model_measured_anew(served, run):
    material, plain = served.material, run.read("again.json")
    past = material.test.past
    model = WithRepeats(
        embeddings(served.model(), served.lesson, past),
        Again(np.array(plain["weights"]), plain["scale"]),
        past,
        material.cuts.test,
        material.test.goal,
    )
    report = evaluate(
        {MODEL: model},
        material.test,
        rng=np.random.default_rng(0),
        context=context_of(material.dataset, material.test),
    )
    stored = stored_report(run)
    assert report.judged == stored.judged
    keys = ["protocol", "metric", "k"]
    rows = stored.metrics.filter(pl.col("model") == MODEL)
    both = report.metrics.join(rows, on=keys, suffix="_stored", validate="1:1")
    assert both.height == rows.height > 0
    # on another processor two items that are level to the last bit may change places for a user
    np.testing.assert_allclose(both["mean"], both["mean_stored"], atol=1e-4)


def test_its_curve_is_there(run):
    assert curve(run)["ndcg"].drop_nulls().len() == run.read("summary.json")["epochs"]


def test_serving_it_writes_nothing_beside_the_sample(served, run, before):
    assert served.run == run
    assert state_of(run) == before


def test_what_it_came_to_user_by_user_has_the_means_of_its_report(run):
    each, report = stored_each(run), stored_report(run)
    for protocol in Protocol:
        own = each.users.filter(protocol=protocol.value)["ndcg"].cast(pl.Float64)
        told = report.metric(MODEL, Metric.NDCG, 10, protocol).mean
        # on another processor two items that are level to the last bit may change places for a user
        assert own.mean() == pytest.approx(told, abs=1e-4)
