"""How well each model of repeat orders foretells CDNOW: 39 weeks known, 39 weeks to come.

    python -m benchmarks.clv_holdout CDNOW_master.txt

The file is the full one, 23,570 customers (customer, date, CDs, dollars a line). For orders: bias of the
total, mean absolute error, Spearman and normalised Gini with ties averaged, calibration by deciles (mean
absolute error of a decile's mean over the mean of all), and CRPS, beside the rate so far (x / T) and
nothing. MAE alone rewards predicting too little: read it beside the row of nothing.
"""

import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import rankdata

from clvcore.value.models import repeat
from clvcore.value.models.draws import History, drawn_orders
from clvcore.value.models.rows import history_rows

WEEKS = 39.0
CUT = "1997-09-30"
END = "1998-06-30"
N_DRAWS = 200


def cdnow(file: Path) -> tuple[History, np.ndarray]:
    """Histories in weeks until the cut, and repeat purchase days after it."""
    fields = (line.replace(",", " ").split() for line in file.read_text("ascii").splitlines())
    lines = [one[:2] for one in fields if len(one) >= 4 and one[0].isdigit()]  # some have a header
    bought = pl.DataFrame(lines, schema=["user", "day"], orient="row").with_columns(
        pl.col("day").str.to_date("%Y%m%d")
    )
    days = bought.unique()  # several purchases of a day are one
    cut = pl.lit(CUT).str.to_date()
    known = days.filter(pl.col("day") <= cut).group_by("user")
    first, last = pl.col("day").min(), pl.col("day").max()
    table = known.agg(
        frequency=pl.len() - 1,
        recency=(last - first).dt.total_days() / 7,
        age=(cut - first).dt.total_days() / 7,
    )
    to_come = days.filter(pl.col("day").is_between(cut, pl.lit(END).str.to_date(), closed="right"))
    table = table.join(to_come.group_by("user").agg(actual=pl.len()), on="user", how="left")
    columns = (table[name].cast(pl.Float64) for name in ("frequency", "recency", "age"))
    return (
        History(*(column.to_numpy() for column in columns)),
        table["actual"].fill_null(0).cast(pl.Float64).to_numpy(),
    )


def gini(guess: np.ndarray, actual: np.ndarray) -> float:
    """Gini of what came in the order of the guess, over that of the perfect order."""

    def area(by: np.ndarray) -> float:
        """Ties bring what they bring on average, so that their order does not count."""
        _, tie = np.unique(-by, return_inverse=True)
        mean = np.bincount(tie, actual) / np.bincount(tie)
        share = np.cumsum(mean[np.sort(tie)]) / actual.sum()
        return 2 * float(share.mean()) - 1 - 1 / len(actual)

    return area(guess) / area(actual)


def crps(drawn: np.ndarray, actual: np.ndarray) -> float:
    """Continuous ranked probability score: E|Y - y| - E|Y - Y'| / 2, over draws; fair in their number."""
    n = len(drawn)
    ordered = np.sort(drawn, axis=0)
    weight = (2 * np.arange(1, n + 1) - n - 1)[:, None]
    spread = 2 * (weight * ordered).sum(axis=0) / (n * (n - 1))
    return float((np.abs(drawn - actual).mean(axis=0) - spread / 2).mean())


def deciles(guess: np.ndarray, actual: np.ndarray) -> float:
    """Mean absolute error of the means of ten groups by guess, over the mean of all."""
    groups = np.array_split(np.argsort(guess, kind="stable"), 10)
    gaps = [abs(guess[group].mean() - actual[group].mean()) for group in groups]
    return float(np.mean(gaps) / actual.mean())


def row(name: str, guess: np.ndarray, actual: np.ndarray, score: float) -> None:
    """One line of the table."""
    ranks = np.corrcoef(rankdata(guess), rankdata(actual))[0, 1] if np.ptp(guess) else np.nan
    order = gini(guess, actual) if np.ptp(guess) else np.nan
    bias, mae = guess.sum() / actual.sum() - 1, np.abs(guess - actual).mean()
    print(
        f"  {name:<11} bias {bias:+7.1%}  MAE {mae:.4f}  Spearman {ranks:.4f}  nGini {order:.4f}  "
        f"deciles {deciles(guess, actual):.3f}  CRPS {score:.4f}"
    )


def main() -> None:
    """Print the table."""
    history, actual = cdnow(Path(sys.argv[1]))
    rng = np.random.default_rng(0)
    rows = history_rows(*history, np.ones(len(actual)))
    print(
        f"{len(actual):,} customers, {actual.sum():,.0f} purchase days in the second {WEEKS:g} weeks"
    )
    for model in repeat.ORDER_MODELS:
        params = repeat.fit(model, rows).params
        guess = repeat.expected_orders(params, *history, horizon=WEEKS)
        drawn = drawn_orders(params, history, WEEKS, N_DRAWS, rng)
        row(model, guess, actual, crps(drawn, actual))
        print("             " + ", ".join(f"{k} {v:.3f}" for k, v in params._asdict().items()))
    rate = history.frequency / np.maximum(history.age, 1 / 7) * WEEKS
    # a guess that is sure of itself has its MAE for a CRPS
    row("rate x / T", rate, actual, float(np.abs(rate - actual).mean()))
    row("nothing", np.zeros_like(actual), actual, float(actual.mean()))


if __name__ == "__main__":
    main()
