"""What tests of several rooms share: a small simulated shop on disk, and a workspace of its own."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import postgres as servers
import pytest
from browsing import CHROMIUM, MISSING

from clvcore.data.worlds import STOREFRONT, simulate, write

os.environ.pop("CLV_LANGUAGE", None)  # the tests listen to English

PROGRAMS = tempfile.TemporaryDirectory(prefix="clv-compiled-")
"""What is compiled by one process of the tests serves the others: they inherit the environment."""
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", PROGRAMS.name)
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.2")

QUICK = (
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
    "--xla_cpu_use_fusion_emitters=false",
)
"""Programs that are slower, but are there five times sooner."""


def pytest_configure(config) -> None:
    """Let the many small tests compile quickly; the slow ones run what users run.

    What a person has set in XLA_FLAGS comes last and counts.
    """
    if config.option.markexpr == "not slow":
        flags = os.environ.get("XLA_FLAGS", "").replace(" ".join(QUICK), "")
        os.environ["XLA_FLAGS"] = " ".join((*QUICK, flags)).strip()


def pytest_terminal_summary(terminalreporter) -> None:
    """Say what was left out where there is no browser or no PostgreSQL."""
    if not CHROMIUM:
        terminalreporter.write_line(MISSING)
    if not servers.PROGRAMS:
        terminalreporter.write_line(servers.MISSING)


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """A PostgreSQL server that lives as long as the tests."""
    if not servers.PROGRAMS:
        pytest.skip(servers.MISSING)
    with servers.running() as server:
        yield server


@pytest.fixture(scope="session")
def small_shop_folder(tmp_path_factory) -> Path:
    """A sample's folder with a few hundred users and thirty weeks."""
    folder = tmp_path_factory.mktemp("worlds") / "corner_shop"
    params = replace(STOREFRONT.sized(arrivals=0.35, n_items=120, weeks=30), logged=0.2)
    write(simulate(params, seed=3), folder, seed=3)
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty workspace."""
    monkeypatch.setenv("CLV_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
