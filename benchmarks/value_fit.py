"""Time to fit the value models and to value 12 months, on simulated buyers.

    python benchmarks/value_fit.py 100000 1000000

Each size is simulated once (two years, MBG/NBD and Gamma-Gamma); then every stage runs once cold
(with compilation) and three times warm, and the median is printed, with peak memory of the process.
"""

import resource
import statistics
import sys
import time
from collections.abc import Callable

import jax
import numpy as np

from clvcore.value.cells import history_cells, wait_cells
from clvcore.value.forecast_core import outlook
from clvcore.value.models import bg_nbd, gamma_gamma, mbg_nbd
from clvcore.value.models.beta_geometric import NbdParams
from clvcore.value.models.gamma_gamma import SpendParams
from clvcore.value.models.rows import history_rows, spend_rows
from clvcore.value.models.waiting import WaitParams
from clvcore.value.population import Cells, Levers, Outlook, Population
from clvcore.value.precision import double

OBSERVED_DAYS = 730
REPEATS = 3


def simulated(n_users: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Histories in whole days: rate Gamma(0.8, 1/60), chance Beta(0.8, 2.5) of leaving at an order."""
    rate, p = rng.gamma(0.8, 1 / 60.0, n_users), rng.beta(0.8, 2.5, n_users)
    age = rng.integers(1, OBSERVED_DAYS, n_users).astype(float)
    orders_until_gone = rng.geometric(p) - 1  # repeats; the coin is tossed at the first order too
    time_, frequency, recency = np.zeros(n_users), np.zeros(n_users), np.zeros(n_users)
    going = orders_until_gone > 0
    while going.any():
        time_[going] += rng.exponential(1 / rate[going])
        going &= time_ <= age
        frequency[going] += 1
        recency[going] = np.floor(time_[going])
        going &= frequency < orders_until_gone
    mean = 60.0 / rng.gamma(4.0, 1.0, n_users)
    counted = np.maximum(frequency, 1.0)
    value = np.round(rng.gamma(5.0 * counted, mean / (5.0 * counted)) + 0.01, 2)
    return {"frequency": frequency, "recency": recency, "age": age, "value": value}


def timed(name: str, n_users: int, work: Callable[[], object]) -> None:
    """One line: cold, and the median of the warm runs."""
    spans = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        jax.block_until_ready(work())
        spans.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    warm = statistics.median(spans[1:])
    print(
        f"{n_users:>9,}  {name:<28} cold {spans[0]:7.3f} s  warm {warm:7.3f} s  peak {peak:6.0f} MiB"
    )


def measure(n_users: int) -> None:
    """All stages for one size."""
    users = simulated(n_users, np.random.default_rng(n_users))
    ones = np.ones(n_users)
    history = [users[name] for name in ("frequency", "recency", "age")]
    repeats = users["frequency"] > 0
    rows = history_rows(*history, ones)
    print(f"{n_users:>9,}  {int((np.asarray(rows.weight) > 0).sum()):,} distinct histories")
    spend = spend_rows(users["frequency"][repeats], users["value"][repeats], ones[repeats])
    timed("rows", n_users, lambda: history_rows(*history, ones).weight)
    timed("BG/NBD fit", n_users, lambda: bg_nbd.fit(rows).params.r)
    timed("MBG/NBD fit", n_users, lambda: mbg_nbd.fit(rows).params.r)
    timed("Gamma-Gamma fit", n_users, lambda: gamma_gamma.fit(spend).params.p)
    orders, value = mbg_nbd.fit(rows).params, gamma_gamma.fit(spend).params
    timed("12-month value, all users", n_users, lambda: year_value(users, orders, value))


@jax.jit
def view(here: Population, cells: Cells, horizon_days: float) -> Outlook:
    """Twelve months, nothing changed."""
    return outlook(here, cells, Levers(discount_rate_annual=None), horizon_days)


def year_value(users: dict[str, np.ndarray], orders: NbdParams, value: SpendParams) -> np.ndarray:
    """Expected revenue of every user within 365 days, from raw histories."""
    valued = users["frequency"]
    money = np.where(valued > 0, users["value"], 0.0)
    group = np.zeros(len(valued), dtype=np.int64)
    history = [users[name] for name in ("frequency", "recency", "age")]
    buyers, row = history_cells(*history, valued, money, group)
    none, nobody = np.zeros(0), np.zeros(0, dtype=np.int64)
    empty, _ = history_cells(none, none, none, none, none, nobody)
    waits, _ = wait_cells(none, none, none, nobody)
    never = WaitParams(0.0, 1.0)
    here = Population(orders, value, never, orders, never, 0.0, 0.0, 1.0, 0.0)
    with double():
        unit = view(here, Cells(buyers, waits, empty, waits), 365.0).buyers
    per_user = np.asarray(unit.mean)[row]
    return per_user * (np.asarray(unit.offset) + np.asarray(unit.slope)[row] * money)


if __name__ == "__main__":
    for size in sys.argv[1:] or ["100000"]:
        measure(int(size))
