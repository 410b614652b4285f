"""Rules of the house that a tool does not check by itself."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import clvcore

ROOT = Path(clvcore.__file__).parents[1]
SILENCED = re.compile(r"# (noqa|type: ignore|ty: ignore)")
REASON = re.compile(r"# (noqa: [A-Z0-9, ]+|ty: ignore\[[a-z-]+\]) *[#:]? *[a-z][^#]{8,}")
SOURCES = sorted([*ROOT.glob("clvcore/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"])


def loaded_by(module: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after importing ``module``."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module",
    ["clvcore", "clvcore.cli", "clvcore.cli.data", "clvcore.cli.train", "clvcore.runs.launch"],
)
def test_what_starts_at_once_loads_nothing_heavy(module):
    assert not loaded_by(module) & {"jax", "flax", "plotly", "streamlit", "pandas", "scipy"}


def test_the_public_names_of_the_package_are_those_it_lists():
    public = {
        name
        for name, value in vars(clvcore).items()
        if not name.startswith("_") and not hasattr(value, "__path__") and name not in sys.modules
    }
    submodules = {path.stem for path in (ROOT / "clvcore").iterdir()}
    assert public - submodules == {name for name in clvcore.__all__ if not name.startswith("_")}
    assert all(hasattr(clvcore, name) for name in clvcore.__all__)


def test_every_silenced_check_has_its_reason_beside_it():
    silent = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in SOURCES
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if SILENCED.search(line) and not REASON.search(line)
    ]
    assert silent == []


def test_no_state_is_shared_by_module_level_lists_and_dicts_that_change():
    """A Streamlit server runs one process for everybody: what a module holds, all of them see."""
    guilty = []
    for file in SOURCES:
        tree = ast.parse(file.read_text("utf-8"))
        names = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
            and isinstance(node.value, ast.Dict | ast.List | ast.Set)
        }
        for node in ast.walk(tree):
            changed = (
                isinstance(node, ast.Subscript)
                and isinstance(node.ctx, ast.Store | ast.Del)
                and isinstance(node.value, ast.Name)
                and node.value.id in names
            ) or (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"append", "extend", "update", "pop", "clear", "setdefault"}
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in names
            )
            if changed:
                guilty.append(f"{file.relative_to(ROOT)}:{node.lineno}")
    assert guilty == []


def test_every_room_is_in_the_contract_of_who_may_import_whom():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = contracts["contracts"][0]["layers"]
    named = {part.strip() for layer in layers for part in layer.split("|")}
    rooms = {
        f"clvcore.{path.stem}"
        for path in (ROOT / "clvcore").iterdir()
        if path.stem not in {"__init__", "__pycache__"}
    }
    assert rooms == named


def test_versions_are_pinned_exactly_for_the_whole_tree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    pins = project["tool"]["uv"]["constraint-dependencies"]
    pinned = {pin.partition("==")[0] for pin in pins}
    assert all("==" in pin for pin in pins)
    for requirement in project["project"]["dependencies"]:
        assert requirement.partition(">=")[0] in pinned
