"""How good rankings are, beside baselines, on what users did after a cut in time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import polars as pl
from jaxtyping import Bool, Float64, Int32

from clvcore.columns import Kind
from clvcore.errors import ConfigError, DataError
from clvcore.features.split import Split
from clvcore.messages import say
from clvcore.ranking.interval import DRAWS, Interval, percentile_interval, resampled_means
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.metrics import Metric, coverage, hits_of, per_user
from clvcore.ranking.scorers import Scorer
from clvcore.ranking.top_n import top_n_of_scores

COVERAGE = "coverage"
"""Share of the catalogue that anybody is shown: a property of all lists together."""
BLOCK_BYTES = 2**26
"""Scores asked of a scorer at a time."""


class Protocol(StrEnum):
    """What counts as a good recommendation."""

    NEW = "new"
    """Items the user had acted on before are not listed, and taking one again does not count."""
    ALL = "all"
    """Everything may be listed, and taking an item again counts like any other."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many users a protocol judges, and what became of the others."""

    protocol: Protocol
    with_targets: int
    """Users who took something in the period."""
    no_history: int
    """Left out: their first event lies in the period (a cold start)."""
    only_repeats: int
    """Left out of ``new``: all they took they had before."""
    judged: int
    targets: int
    unknown_items: int
    """Targets, among these, on items that nobody had acted on before the period."""


@dataclass(frozen=True, slots=True, eq=False)
class RankingReport:
    """Metrics of several models on the same users, with 95% intervals."""

    k: tuple[int, ...]
    goal: Kind
    """Kind of event that counts as taking an item."""
    cut: int
    """Microseconds UTC: what was known ends here and the judged period begins."""
    end: int
    """Microseconds UTC: first moment behind the judged period."""
    judged: tuple[Judged, ...]
    """One a protocol."""
    metrics: pl.DataFrame
    """protocol, model, metric, k, mean, low, high (null for coverage), users."""
    differences: pl.DataFrame
    """protocol, model, other, metric, k, mean, low, high: model minus other, paired by user."""

    def metric(
        self, model: str, metric: Metric, k: int, protocol: Protocol = Protocol.NEW
    ) -> Interval:
        """One metric of one model; at its place in ``metrics``."""
        row = self.metrics.row(
            by_predicate=(pl.col("protocol") == protocol.value)
            & (pl.col("model") == model)
            & (pl.col("metric") == metric.value)
            & (pl.col("k") == k),
            named=True,
        )
        return Interval(row["mean"], row["low"], row["high"])


def evaluate(
    scorers: Mapping[str, Scorer],
    split: Split,
    *,
    rng: np.random.Generator,
    k: Sequence[int] = (5, 10, 20),
    allowed: Bool[np.ndarray, " items"] | None = None,
    draws: int = DRAWS,
) -> RankingReport:
    """Every scorer judged on the same users under both protocols.

    Args:
        scorers: models and baselines by name, fitted on events before ``split.cut`` only.
        split: what was known, and what users took afterwards.
        rng: draws the users of the bootstrap.
        k: lengths of list that are judged.
        allowed: items that may be listed at all; all of the vocabulary where None.
        draws: resamples of the bootstrap.

    Raises:
        ConfigError: no lengths, or one below 1.
        DataError: nobody took anything that can be judged.
    """
    lengths = tuple(sorted(set(k)))
    if not lengths or lengths[0] < 1:
        raise ConfigError(say("ranking.lengths", k=list(k)))
    if len(split.targets.user) == 0:
        raise DataError(say("ranking.nobody_to_judge", survival=split.survival.with_targets))
    offered = len(split.past.items) if allowed is None else int(allowed.sum())
    judged, metrics, differences = [], [], []
    ranked = _ranked(scorers, split, lengths[-1], allowed)
    for protocol in Protocol:
        taken, users = taken_items(split, protocol)
        judged.append(_judged(split, protocol, taken))
        if not len(taken):
            continue
        table, covered = _measured(ranked[protocol], users, taken, lengths, offered)
        frame, paired = _summarised(
            table, resampled_means(table, rng, draws=draws), scorers, lengths
        )
        label = pl.lit(protocol.value).alias("protocol")
        metrics.append(frame.with_columns(label, users=pl.lit(len(taken))))
        metrics.append(covered.with_columns(label, users=pl.lit(len(taken))))
        differences.append(paired.with_columns(label))
    columns = ["protocol", "model", "metric", "k", "mean", "low", "high", "users"]
    paired = ["protocol", "model", "other", "metric", "k", "mean", "low", "high"]
    return RankingReport(
        k=lengths,
        goal=split.goal,
        cut=split.cut,
        end=split.end,
        judged=tuple(judged),
        metrics=pl.concat([part.select(columns) for part in metrics]).sort(columns[:4]),
        differences=pl.concat([part.select(paired) for part in differences]).sort(paired[:5]),
    )


def taken_items(split: Split, protocol: Protocol) -> tuple[ItemLists, Int32[np.ndarray, " users"]]:
    """What counts for each user who is judged, and their places among the split's users."""
    targets = split.targets
    taken = ItemLists(targets.start, targets.item)
    if protocol == Protocol.NEW:
        taken = taken.where(~targets.repeat)
    users = np.flatnonzero(taken.lengths()).astype(np.int32)
    return taken.take(users).distinct(), users


def _judged(split: Split, protocol: Protocol, taken: ItemLists) -> Judged:
    survival = split.survival
    known = np.zeros(len(split.past.items), dtype=bool)
    known[split.past.item] = True
    return Judged(
        protocol=protocol,
        with_targets=survival.with_targets,
        no_history=survival.no_history,
        only_repeats=survival.judged - len(taken),
        judged=len(taken),
        targets=len(taken.item),
        unknown_items=int((~known[taken.item]).sum()),
    )


def _ranked(
    scorers: Mapping[str, Scorer],
    split: Split,
    n: int,
    allowed: Bool[np.ndarray, " items"] | None,
) -> dict[Protocol, dict[str, Int32[np.ndarray, "users n"]]]:
    """The lists of all judged users by protocol and model; every scorer is asked once."""
    past = ItemLists(split.past.start, split.past.item)
    lists: dict[Protocol, dict[str, np.ndarray]] = {protocol: {} for protocol in Protocol}
    for name, scorer in scorers.items():
        parts: dict[Protocol, list[np.ndarray]] = {protocol: [] for protocol in Protocol}
        for users in _blocks(split.targets.user, len(split.past.items)):
            scores = scorer.scores(users)
            seen = past.take(users)
            new = top_n_of_scores(scores, n, seen=seen, allowed=allowed)
            parts[Protocol.NEW].append(new.items)
            parts[Protocol.ALL].append(top_n_of_scores(scores, n, allowed=allowed).items)
        for protocol in Protocol:
            lists[protocol][name] = np.concatenate(parts[protocol])
    return lists


def _blocks(
    users: Int32[np.ndarray, " users"], n_items: int
) -> Iterator[Int32[np.ndarray, " block"]]:
    size = max(BLOCK_BYTES // (4 * max(n_items, 1)), 1)
    for start in range(0, len(users), size):
        yield users[start : start + size]


def _measured(
    lists: dict[str, Int32[np.ndarray, "_ n"]],
    users: Int32[np.ndarray, " users"],
    taken: ItemLists,
    lengths: tuple[int, ...],
    n_items: int,
) -> tuple[Float64[np.ndarray, "users measures"], pl.DataFrame]:
    """Metrics of every user, a column for each (model, k, metric), and the coverage."""
    columns, covered = [], []
    for model, ranked in lists.items():
        own = ranked[users]
        hits = hits_of(own, taken)
        for k in lengths:
            columns.extend(per_user(hits, taken.lengths(), k).values())
            covered.append((model, k, coverage(own, k, n_items)))
    frame = pl.DataFrame(
        covered, schema={"model": pl.String, "k": pl.Int64, "mean": pl.Float64}, orient="row"
    ).with_columns(
        pl.lit(COVERAGE).alias("metric"),
        pl.lit(None, pl.Float64).alias("low"),
        pl.lit(None, pl.Float64).alias("high"),
    )
    return np.stack(columns, axis=1), frame


def _summarised(
    table: Float64[np.ndarray, "users measures"],
    draws: Float64[np.ndarray, "draws measures"],
    scorers: Mapping[str, Scorer],
    lengths: tuple[int, ...],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Means with intervals, and paired differences of every two models."""
    shape = (len(scorers), len(lengths), len(Metric))
    means = table.mean(axis=0).reshape(shape)
    draws = draws.reshape(-1, *shape)
    own, paired = [], []
    for a, model in enumerate(scorers):
        for i, k in enumerate(lengths):
            for j, metric in enumerate(Metric):
                interval = percentile_interval(means[a, i, j], draws[:, a, i, j])
                own.append((model, metric.value, k, *interval))
                for b, other in enumerate(scorers):
                    if b != a:
                        difference = percentile_interval(
                            means[a, i, j] - means[b, i, j], draws[:, a, i, j] - draws[:, b, i, j]
                        )
                        paired.append((model, other, metric.value, k, *difference))
    numbers = {"k": pl.Int64, "mean": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    named = {"model": pl.String, "metric": pl.String}
    both = {"model": pl.String, "other": pl.String, "metric": pl.String}
    return (
        pl.DataFrame(own, schema=named | numbers, orient="row"),
        pl.DataFrame(paired, schema=both | numbers, orient="row"),
    )
