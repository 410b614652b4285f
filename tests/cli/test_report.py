"""``clv report`` on a folder of files, as an analyst calls it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from clvcore.cli.report import report
from clvcore.data.sample import from_folder
from clvcore.errors import ConfigError, RunError
from tests.report.material import material

EVENTS = """user_id,at,kind,amount,order_id
ann,2024-01-02,purchase,30.00,o1
ann,2024-02-02,purchase,20.00,o2
ann,2024-02-05,refund,-5.00,o2
bob,2024-01-03,purchase,10.00,o3
cat,2024-02-10,purchase,7.50,o4
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Calls the command on a folder in a workspace of its own, from an empty place."""
    monkeypatch.setenv("CLV_HOME", str(tmp_path / "home"))
    folder, here = tmp_path / "shop", tmp_path / "here"
    folder.mkdir()
    here.mkdir()
    (folder / "events.csv").write_text(EVENTS, "utf-8")
    (folder / "recipe.json").write_text('{"name": "shop", "currency": "EUR"}')
    monkeypatch.chdir(here)

    def invoke(*options):
        return CliRunner().invoke(report, [str(folder), *options], catch_exceptions=False)

    return invoke


def test_it_writes_a_file_and_tells_where_how_large_and_which_totals(call):
    got = json.loads(call("--json", "--by", "cohort", "--title", "Our year").output)
    written = Path(got["out"])
    assert written.name == "report-shop.html"
    assert written.stat().st_size == got["bytes"]
    assert "<h1>Our year</h1>" in written.read_text("utf-8")
    total = got["total"]
    assert (total["users"], total["ltv"], total["cac"], total["clv"]) == (3, 62.5, None, None)
    assert (got["run_id"], got["basis"], got["simulated"]) == (None, "revenue", False)
    assert got["parts"][-1] == "definitions"


def test_it_tells_people_the_answers_and_the_place(call):
    told = call("--part", "value", "--by", "cohort", "--out", "mine.html").output.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    assert "3 users brought EUR 62.5 to date" in told
    assert "mine.html" in told
    assert "Can the data be trusted?" not in told
    assert "there is no spend table" in Path("mine.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        (["--part", "weather"], ConfigError, "recommendations"),
        (["--by", "colour"], ConfigError, "colour"),
        (["--set", "luck=+5%"], ConfigError, "retention"),
        (["--run", "0123456789abcdef"], RunError, "0123456789abcdef"),
    ],
)
def test_what_cannot_be_told_is_refused_before_anything_is_written(call, options, error, said):
    with pytest.raises(error, match=said):
        call(*options)
    assert list(Path.cwd().iterdir()) == []


def test_a_scenario_that_cannot_be_is_refused(call):
    with pytest.raises(ConfigError, match="cost that is not known"):
        call("--set", "cac=-10%", "--by", "cohort")


def test_it_keeps_the_ids_of_users_only_where_they_are_asked_for(
    call, small_shop_folder, monkeypatch
):
    shop = from_folder(small_shop_folder).dataset
    made = material(shop)
    monkeypatch.setattr("clvcore.cli.report.gather", lambda *_, **__: made)
    found = {}
    for name, asked in (("numbered.html", []), ("named.html", ["--ids"])):
        call("--part", "recommendations", "--out", name, *asked)
        headings = re.findall(r"<h3>User (\S+)</h3>", Path(name).read_text("utf-8"))
        found[name] = [user in set(shop.users["user_id"]) for user in headings]
    assert found == {"numbered.html": [False] * 3, "named.html": [True] * 3}
