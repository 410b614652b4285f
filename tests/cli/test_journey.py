"""From a folder of files to recommendations on the command line, and every wrong turn."""

import json
import subprocess
import sys

import polars as pl
import pytest
from click.testing import CliRunner

from clvcore.cli import clv, main
from clvcore.errors import ClvError, ConfigError, NotFoundError, RunError
from clvcore.runs import spare


def run(*arguments: str, **kwargs):
    return CliRunner().invoke(clv, [*arguments], catch_exceptions=False, **kwargs)


def told(*arguments: str) -> dict:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("CLV_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def trained(home, small_shop_folder) -> dict:
    assert home.exists()
    return told("train", str(small_shop_folder), "--epochs", "2", "--encoder", "cnn")


def test_training_tells_the_run_the_device_and_the_metrics_beside_the_baselines(trained):
    assert len(trained["run_id"]) == 16
    assert trained["device"].startswith("CPU")
    assert trained["tower"]["encoder"] == "cnn"
    assert trained["data"]["simulated"] is True
    assert set(trained["baselines"]) == {
        "popularity",
        "recent_popularity",
        "own_history",
        "item_knn",
        "ials",
        "ease",
    }
    for metrics in (trained["model"], *trained["baselines"].values()):
        assert {"ndcg@10", "hit_rate@10", "recall@10", "precision@10", "map@10"} <= set(metrics)
        assert all(0 <= value <= 1 for name, value in metrics.items() if "novelty" not in name)


def test_evaluating_a_run_tells_what_training_told(trained):
    again = told("evaluate", trained["run_id"])
    assert again["model"] == trained["model"]
    assert again["baselines"] == trained["baselines"]
    text = run("evaluate", trained["run_id"]).output
    assert "item-kNN" in text
    assert "ndcg@10" in text
    assert "Revenue caught" in text


def test_evaluating_tells_groups_of_users_or_which_there_are(trained):
    found = told("evaluate", trained["run_id"])["groups"]
    assert {"history", "popularity"} <= {row["by"] for row in found}
    text = run("evaluate", trained["run_id"], "--by", "history", "--by", "channel").output
    assert "events before" in text
    with pytest.raises(ConfigError, match=r"no groups by 'shoe_size'.*history"):
        run("evaluate", trained["run_id"], "--by", "shoe_size")


def test_judging_anew_tells_the_same_beside_further_baselines(trained):
    again = told("evaluate", trained["run_id"], "--with", "mult_vae")
    assert again["model"] == pytest.approx(trained["model"])
    assert set(again["baselines"]) == {*trained["baselines"], "mult_vae"}


def test_recommending_for_one_user_lists_new_items_with_their_titles(trained):
    found = told("recommend", trained["run_id"], "--user", "u000003", "--top", "4")
    rows = found["recommendations"]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]
    assert all(row["title"] and not row["seen"] for row in rows)
    text = run("recommend", trained["run_id"], "--user", "u000003", "--top", "4").output
    assert rows[0]["title"].split()[0] in text
    assert "simulated data" in text


def test_recommending_for_all_writes_a_file_with_every_user(trained, tmp_path):
    out = tmp_path / "all.csv"
    found = told("recommend", trained["run_id"], "--all", "--top", "2", "--out", str(out))
    frame = pl.read_csv(out, schema_overrides={"item_id": pl.String})
    assert frame["user_id"].n_unique() == found["users"]
    assert frame.height == 2 * found["users"]
    parquet = tmp_path / "all.parquet"
    run("recommend", trained["run_id"], "--all", "--top", "2", "--out", str(parquet))
    assert pl.read_parquet(parquet)["item_id"].to_list() == frame["item_id"].to_list()


@pytest.mark.parametrize(
    ("arguments", "kind", "sentence"),
    [
        (["train", "nothing"], NotFoundError, "no data set 'nothing'"),
        (["train", "SHOP", "--preset", "huge"], ConfigError, "quick, standard, large"),
        (["train", "SHOP", "--epochs", "0"], ConfigError, "'epochs' is 0"),
        (["evaluate", "0123456789abcdef"], RunError, "no run '0123456789abcdef'"),
        (["evaluate", "../../etc"], RunError, "no run"),
        (["recommend", "RUN", "--user", "nobody"], NotFoundError, "no user 'nobody'"),
        (["recommend", "RUN"], ConfigError, "--user ID"),
        (["recommend", "RUN", "--user", "u000003", "--all"], ConfigError, "--all"),
        (["recommend", "RUN", "--all", "--top", "0"], ConfigError, "0"),
        (["recommend", "RUN", "--all", "--out", "x.doc"], ConfigError, ".csv nor in .parquet"),
        (
            ["recommend", "RUN", "--all", "--out", "no/where/x.csv"],
            ConfigError,
            "cannot be written",
        ),
    ],
)
def test_a_wrong_turn_is_one_sentence(trained, small_shop_folder, arguments, kind, sentence):
    names = {"SHOP": str(small_shop_folder), "RUN": trained["run_id"]}
    with pytest.raises(kind, match=sentence.replace(".", r"\.")) as caught:
        run(*(names.get(word, word) for word in arguments))
    assert isinstance(caught.value, ClvError)
    assert "\n" not in str(caught.value)


def test_the_program_ends_with_code_2_and_no_traceback(home):
    assert home.exists()
    for arguments in (["data", "show", "nothing"], ["train", "nothing"], ["dance"]):
        done = subprocess.run(
            [sys.executable, "-c", "from clvcore.cli import main; main()", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert done.stdout == ""
        assert "Traceback" not in done.stderr
        assert "Error: " in done.stderr


def test_help_names_every_command():
    text = run("--help").output
    for name in ("demo", "data", "train", "evaluate", "recommend", "value", "whatif", "budget"):
        assert f"  {name} " in text
    for name in ("train", "evaluate", "recommend", "demo"):
        assert run(name, "--help").exit_code == 0


def test_only_a_run_that_broke_off_is_taken_up_again(trained):
    with pytest.raises(RunError, match="is done, so there is nothing to go on with"):
        run("train", "--resume", trained["run_id"])
    with pytest.raises(ConfigError, match="one of the two"):
        run("train")


def test_vectors_are_written_as_a_table(trained, tmp_path):
    out = tmp_path / "items.xlsx"
    assert told("export", "vectors", trained["run_id"], "--of", "items", "--out", str(out))["rows"]
    assert out.read_bytes()[:2] == b"PK"


def test_a_command_reads_a_small_file_in_one_child_that_is_ready_before_it(
    tmp_path, monkeypatch, capsys
):
    file = tmp_path / "small.csv"
    file.write_text("user,item,time\nu1,i1,2025-01-01\n")
    monkeypatch.setenv("CLV_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("clvcore.data.files.read.read", lambda *_, **__: pytest.fail("read here"))
    happened, start, call = [], spare.started, clv.main
    monkeypatch.setattr(spare, "started", lambda: happened.append("started") or start())
    monkeypatch.setattr(clv, "main", lambda **how: happened.append("called") or call(**how))
    monkeypatch.setattr(sys, "argv", ["clv", "data", "import", "--events", str(file), "--json"])
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 0
    assert json.loads(capsys.readouterr().out)["rows_in"] == 1
    assert happened == ["started", "called"]
    assert not spare.spares().waiting


def test_a_budget_outside_of_all_bounds_and_a_bound_without_ends_are_one_sentence(
    small_shop_folder,
):
    with pytest.raises(ConfigError, match=r"email=20\.\.120"):
        run("budget", str(small_shop_folder), "--bound", "email=20")
    with pytest.raises(ConfigError, match=r"email=20\.\.120"):
        run("budget", str(small_shop_folder), "--bound", "email=a..b")
