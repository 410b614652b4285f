"""How good rankings are, beside baselines, on what users did after a cut in time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import polars as pl
from jaxtyping import Bool, Int32

from clvcore.columns import Kind
from clvcore.errors import ConfigError, DataError
from clvcore.features.split import Split
from clvcore.messages import say
from clvcore.ranking.beyond import Catalogue
from clvcore.ranking.context import Context
from clvcore.ranking.groups import SCHEMA, STRANGERS, Group, groups_of, judged_groups
from clvcore.ranking.interval import DRAWS, Interval
from clvcore.ranking.lists import ItemLists
from clvcore.ranking.measured import compared, measured, overall, resampled, summarised
from clvcore.ranking.metrics import Metric
from clvcore.ranking.scorers import Scorer
from clvcore.ranking.top_n import top_n_of_scores

USUAL_LENGTH = 10
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


GROUPS = pl.Schema({"protocol": pl.String(), **SCHEMA})
METRICS = pl.Schema(
    {
        "protocol": pl.String(),
        "model": pl.String(),
        "metric": pl.String(),
        "k": pl.Int64(),
        "mean": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "users": pl.Int64(),
    }
)
DIFFERENCES = pl.Schema(
    {
        "protocol": pl.String(),
        "model": pl.String(),
        "other": pl.String(),
        "metric": pl.String(),
        "k": pl.Int64(),
        "mean": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "p": pl.Float64(),
    }
)


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
    """protocol, model, metric, k, mean, low, high (null for what is told of all lists together),
    users."""
    differences: pl.DataFrame
    """protocol, model, other, metric, k, mean, low, high, p: the first model minus each other one,
    paired by user; p is that of a sign-flip permutation test."""
    groups: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=GROUPS))
    """protocol, by, group, place, model, metric, mean, low, high, gap, gap_low, gap_high, users:
    for whom, at the usual length of list."""
    traits_of: str = ""
    """Column by which diversity compares items; empty where it is not told."""

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
    context: Context | None = None,
) -> RankingReport:
    """Every scorer judged on the same users under both protocols.

    Args:
        scorers: models and baselines by name, fitted on events before ``split.cut`` only; the
            first one is compared with the others.
        split: what was known, and what users took afterwards.
        rng: draws the users of the bootstrap and the signs of the permutation test.
        k: lengths of list that are judged.
        allowed: items that may be listed at all; all of the vocabulary where None.
        draws: resamples of the bootstrap.
        context: money, traits of items and attributes of users, where they are known.

    Raises:
        ConfigError: no lengths, or one below 1.
        DataError: nobody took anything that can be judged.
    """
    lengths = tuple(sorted(set(k)))
    if not lengths or lengths[0] < 1:
        raise ConfigError(say("ranking.lengths", k=list(k)))
    if len(split.targets.user) == 0:
        raise DataError(say("ranking.nobody_to_judge", survival=split.survival.with_targets))
    known = context or Context()
    offered = np.ones(len(split.past.items), dtype=bool) if allowed is None else allowed
    catalogue = Catalogue.of(split.past, known.traits)
    usual = USUAL_LENGTH if USUAL_LENGTH in lengths else lengths[0]
    judged, metrics, differences, groups = [], [], [], []
    ranked = ranked_lists(scorers, split, split.targets.user, lengths[-1], allowed)
    strangers = _strangers(scorers, split, usual, allowed)
    for protocol in Protocol:
        taken, rows = taken_items(split, protocol)
        judged.append(_judged(split, protocol, taken))
        if not len(taken):
            continue
        label = pl.lit(protocol.value).alias("protocol")
        lists = {name: items[rows] for name, items in ranked[protocol].items()}
        money = known.money and known.money.where(_counted(split, protocol))
        table = measured(lists, taken, lengths, catalogue, money)
        whole = overall(lists, lengths, offered)
        drawn = resampled(table, rng, draws=draws)
        frame = pl.concat([summarised(table, drawn), whole])
        metrics.append(frame.with_columns(label, users=pl.lit(len(taken), pl.Int64)))
        differences.append(compared(table, drawn, rng).with_columns(label))
        users = split.targets.user[rows]
        own = groups_of(split, catalogue, known.segments, users, taken)
        found = [judged_groups(lists, own, k=usual, rng=rng, draws=draws)]
        if strangers is not None:
            found.append(judged_groups(*strangers, k=usual, rng=rng, draws=draws))
        groups.append(pl.concat(found).with_columns(label))
    return RankingReport(
        k=lengths,
        goal=split.goal,
        cut=split.cut,
        end=split.end,
        judged=tuple(judged),
        metrics=_in_order(metrics, METRICS.names(), 4),
        differences=_in_order(differences, DIFFERENCES.names(), 5),
        groups=pl.concat(groups).select(GROUPS.names()),
        traits_of=known.traits_of,
    )


def _in_order(parts: list[pl.DataFrame], names: list[str], keys: int) -> pl.DataFrame:
    return pl.concat([part.select(names) for part in parts]).sort(names[:keys])


def _counted(split: Split, protocol: Protocol) -> Bool[np.ndarray, " targets"]:
    """Targets that count under a protocol."""
    repeat = split.targets.repeat
    return ~repeat if protocol == Protocol.NEW else np.ones_like(repeat)


def _strangers(
    scorers: Mapping[str, Scorer],
    split: Split,
    n: int,
    allowed: Bool[np.ndarray, " items"] | None,
) -> tuple[dict[str, Int32[np.ndarray, "users n"]], list[Group]] | None:
    """Lists for the users of whom nothing was known, as a group; None where there are none."""
    targets = split.strangers
    if not len(targets.user):
        return None
    lists = ranked_lists(scorers, split, targets.user, n, allowed)[Protocol.NEW]
    taken = ItemLists(targets.start, targets.item)
    return lists, [Group(STRANGERS, STRANGERS, 0, taken)]


def taken_items(split: Split, protocol: Protocol) -> tuple[ItemLists, Int32[np.ndarray, " users"]]:
    """What counts for each user who is judged, and their places among the split's users."""
    targets = split.targets
    taken = ItemLists(targets.start, targets.item)
    taken = taken.where(_counted(split, protocol))
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


def ranked_lists(
    scorers: Mapping[str, Scorer],
    split: Split,
    users: Int32[np.ndarray, " users"],
    n: int,
    allowed: Bool[np.ndarray, " items"] | None,
) -> dict[Protocol, dict[str, Int32[np.ndarray, "users n"]]]:
    """The lists of users by protocol and model; every scorer is asked once."""
    past = ItemLists(split.past.start, split.past.item)
    lists: dict[Protocol, dict[str, np.ndarray]] = {protocol: {} for protocol in Protocol}
    for name, scorer in scorers.items():
        parts: dict[Protocol, list[np.ndarray]] = {protocol: [] for protocol in Protocol}
        for block in _blocks(users, len(split.past.items)):
            scores = scorer.scores(block)
            seen = past.take(block)
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
