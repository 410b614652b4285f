"""CDNOW, one customer in ten, as the models see it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from clvcore.value.models.rows import HistoryRows, history_rows


@pytest.fixture(scope="session")
def summary():
    frame = pl.read_csv(Path(__file__).parent / "cdnow" / "summary.csv")
    return {name: frame[name].cast(pl.Float64).to_numpy() for name in ("x", "t_x", "T", "zbar")}


@pytest.fixture(scope="session")
def rows(summary) -> HistoryRows:
    ones = np.ones(len(summary["x"]))
    return history_rows(summary["x"], summary["t_x"], summary["T"], ones)
