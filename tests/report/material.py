"""A small shop whose names are hostile, made ready to be told of."""

from dataclasses import replace

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind
from clvcore.data.dataset import Dataset
from clvcore.features.histories import histories
from clvcore.ranking.evaluate import Judged, Protocol, RankingReport
from clvcore.report.material import Material, Trained
from clvcore.runs.reporting import gathered
from clvcore.scenario.scenario import Scenario
from clvcore.towers.encode import Embeddings
from clvcore.value.users import user_value

EVIL = "<script>alert(1)</script>"
HOSTILE_NAME = f"</title>{EVIL}"
HOSTILE_CHANNEL = '"><img src=x onerror=alert(1)>'
RUN = "0123456789abcdef"


def hostile(data: Dataset) -> Dataset:
    """The same with markup in the titles, the users' ids, a channel and the name."""
    renamed = pl.col(col.CHANNEL).replace("email", HOSTILE_CHANNEL)
    user = (pl.lit("<b>") + pl.col(col.USER)).alias(col.USER)
    assert data.spend is not None
    return Dataset.of(
        events=data.events.with_columns(user, renamed),
        items=data.items.with_columns((pl.lit(EVIL) + pl.col(col.TITLE)).alias(col.TITLE)),
        users=data.users.with_columns(user, renamed),
        spend=data.spend.with_columns(renamed),
        observed=data.observed,
        recipe=replace(data.recipe, name=HOSTILE_NAME),
        accounts=data.accounts,
    )


def ranking(low: float = 0.01, mean: float = 0.02, high: float = 0.03) -> RankingReport:
    """A report with one baseline and this difference to it."""
    metrics, differences = [], []
    for protocol in ("all", "new"):
        for model, value in (("two_tower", 0.05 + mean), ("item_knn", 0.05)):
            own = {"protocol": protocol, "model": model, "metric": "ndcg", "k": 10, "mean": value}
            metrics.append(own | {"low": value - 0.01, "high": value + 0.01, "users": 60})
        paired = {"protocol": protocol, "model": "two_tower", "other": "item_knn", "k": 10}
        gap = {"metric": "ndcg", "mean": mean, "low": low, "high": high, "p": 0.01}
        differences.append(paired | gap)
    counts = {"with_targets": 100, "no_history": 10, "targets": 200, "unknown_items": 3}
    return RankingReport(
        k=(10,),
        goal=Kind.PURCHASE,
        cut=1_700_000_000_000_000,
        end=1_702_000_000_000_000,
        judged=tuple(
            Judged(protocol=one, judged=60, only_repeats=30, **counts) for one in Protocol
        ),
        metrics=pl.DataFrame(metrics),
        differences=pl.DataFrame(differences),
    )


def trained(data: Dataset, judged: RankingReport | None) -> Trained:
    """A model whose vectors are drawn by chance."""
    seen, rng = histories(data), np.random.default_rng(1)

    def vectors(n: int) -> np.ndarray:
        drawn = rng.normal(size=(n, 8)).astype(np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    return Trained(
        run_id=RUN,
        config={
            "preset": "quick",
            "tower": {"encoder": "gru", "similarity": "cosine", "embedding_size": 8},
            "train": {"epochs": 3, "loss": None},
        },
        parameters=1234,
        epochs=2,
        device="CPU",
        at=data.observed[1],
        ranking=judged,
        embeddings=Embeddings(
            users=vectors(len(seen.users)),
            items=vectors(len(seen.items)),
            user_ids=seen.users,
            item_ids=seen.items,
            similarity="cosine",
            temperature=0.1,
        ),
        seen=seen,
    )


def material(data: Dataset) -> Material:
    """All that is told of a data set, under a scenario."""
    rng = np.random.default_rng(0)
    worth = user_value(data, rng=rng)
    scenario = Scenario.of(["retention=+5%", "cac=-10%"])
    found = gathered(worth, rng, groupings=["channel", "segment"], scenario=scenario)
    return replace(found, trained=trained(data, ranking()))
