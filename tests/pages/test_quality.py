"""The Quality page says what the stored report of a run says."""

import json
from urllib.parse import parse_qs

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from clvcore.messages import say
from clvcore.ranking.each import ITEMS, USERS, Each
from clvcore.runs.folder import RunFolder, State
from clvcore.runs.training import write_each
from clvcore.runs.workspace import Workspace
from tests.pages.opening import SHELL, unfolded

BASELINE = "item_knn"


@pytest.fixture
def data(home, small_shop_folder):
    del home
    return Workspace.default().resolve(str(small_shop_folder))


@pytest.fixture
def judged_run(data):
    """Write a run whose report has one metric and one baseline, with this difference to it."""

    def write(
        low: float, mean: float, high: float, *, new: bool = True, groups: list | None = None
    ) -> RunFolder:
        folder = Workspace.default().root / "runs" / "0123456789abcdef"
        folder.mkdir(parents=True)
        run = RunFolder(folder)
        run.write(
            "config.json",
            {"dataset": {"id": data.id, "reference": data.id}, "tower": {"encoder": "gru"}},
        )
        run.write("summary.json", {})
        run.write("report.json", report(low, mean, high, new=new) | {"groups": groups or []})
        run.set_status(State.DONE, "")
        return run

    return write


def report(low: float, mean: float, high: float, *, new: bool) -> dict:
    metrics, differences = [], []
    for protocol, users in (("all", 90), ("new", 60)):
        if protocol == "new" and not new:
            continue
        about = {"protocol": protocol, "k": 10}
        for model, value in (("two_tower", 0.05 + mean), (BASELINE, 0.05)):
            own = about | {"model": model, "mean": value, "users": users}
            metrics.append(own | {"metric": "ndcg", "low": value - 0.01, "high": value + 0.01})
            metrics.append(own | {"metric": "coverage", "low": None, "high": None})
        gap = about | {"metric": "ndcg", "mean": mean, "low": low, "high": high}
        differences.append(gap | {"model": "two_tower", "other": BASELINE})
    counts = {"with_targets": 100, "no_history": 10, "targets": 200, "unknown_items": 3}
    return {
        "k": [10],
        "goal": "purchase",
        "cut": 1_700_000_000_000_000,
        "end": 1_702_000_000_000_000,
        "judged": [
            {"protocol": "new", "judged": 60, "only_repeats": 30} | counts,
            {"protocol": "all", "judged": 90, "only_repeats": 0} | counts,
        ],
        "metrics": metrics,
        "differences": differences,
    }


def show(data, app=unfolded, **query):
    at = app()
    at.session_state["own"] = [data.id]
    at.query_params["data"] = data.id
    for key, text in query.items():
        at.query_params[key] = text
    return at.switch_page("quality.py").run()


@pytest.mark.parametrize(
    ("gap", "verdict"),
    [
        ((0.01, 0.02, 0.03), "beats every baseline: its NDCG@10 is 0.0700, 0.0200 above"),
        ((-0.03, -0.02, -0.01), "does not reach the strongest baseline"),
        ((-0.01, 0.005, 0.02), "cannot be told apart"),
    ],
)
def test_the_answer_follows_the_interval_of_the_difference(data, judged_run, gap, verdict):
    judged_run(*gap)
    at = show(data)
    assert not at.exception
    assert verdict in at.header[0].value
    assert "item-kNN" in at.header[0].value


def test_a_deficit_is_told_without_a_double_negative(data, judged_run):
    judged_run(-0.03, -0.02, -0.01)
    assert "0.0200 below (95% interval 0.0100 to 0.0300)" in show(data).header[0].value


def test_the_tables_and_the_chart_have_the_numbers_of_the_report(data, judged_run):
    judged_run(0.01, 0.02, 0.03)
    at = show(data)
    table = at.dataframe[0].value
    assert table["model"].tolist() == ["two-tower model", "item-kNN"]
    assert table["mean"].tolist() == pytest.approx([0.07, 0.05])
    assert table["gap"].tolist()[1] == pytest.approx(0.02)
    drawn = json.loads(at.get("plotly_chart")[0].proto.spec)["data"]
    assert [row["x"][0] for row in drawn] == pytest.approx([0.05, 0.07])


def test_who_was_judged_is_told_with_counts(data, judged_run):
    judged_run(0.01, 0.02, 0.03)
    told = " ".join(one.value for one in show(data).markdown)
    assert "60 of 100 users" in told
    assert "10 without a history before, 30 who only took again" in told


def test_items_taken_again_are_judged_on_their_own_users(data, judged_run):
    judged_run(0.01, 0.02, 0.03)
    at = show(data, quality_again="true")
    assert any("90 of 100 users" in one.value for one in at.markdown)


def test_coverage_is_told_without_an_interval(data, judged_run):
    judged_run(0.01, 0.02, 0.03)
    at = show(data, quality_metric="coverage")
    assert "7.0% of the catalogue" in at.header[0].value


def test_new_items_that_nobody_took_cannot_be_judged(data, judged_run):
    judged_run(0.01, 0.02, 0.03, new=False)
    at = show(data)
    assert not at.exception
    assert "cannot be judged" in at.header[0].value


def grouped() -> list[dict]:
    """Two quarters of histories and two channels, with the model ahead in the first of each."""
    rows = []
    for by, names in (("history", ["1-3", "4-4"]), ("user:channel", ["search", "unknown"])):
        for place, name in enumerate(names):
            for model, value in (("two_tower", 0.09 - 0.05 * place), (BASELINE, 0.06)):
                row = {"protocol": "new", "by": by, "group": name, "place": place, "users": 30}
                row |= {"model": model, "metric": "ndcg", "mean": value}
                rows.append(row | {"low": value - 0.01, "high": value + 0.01})
    return rows


def test_for_whom_the_model_is_good_is_told_by_history_first(data, judged_run):
    judged_run(0.01, 0.02, 0.03, groups=grouped())
    at = show(data)
    assert not at.exception
    drawn = json.loads(at.get("plotly_chart")[1].proto.spec)
    assert drawn["layout"]["yaxis"]["ticktext"] == ["1 to 3 events before", "4 events before"]
    assert [row["x"] for row in drawn["data"]] == [
        pytest.approx([0.09, 0.04]),
        pytest.approx([0.06, 0.06]),
    ]


def test_groups_follow_the_link(data, judged_run):
    judged_run(0.01, 0.02, 0.03, groups=grouped())
    at = show(data, quality_by="user:channel")
    drawn = json.loads(at.get("plotly_chart")[1].proto.spec)
    assert drawn["layout"]["yaxis"]["ticktext"] == ["search", "unknown"]
    assert table(at, "group")["group"].tolist() == ["search", "search", "unknown", "unknown"]


def test_a_run_that_was_judged_before_there_were_groups_says_how_to_get_them(data, judged_run):
    judged_run(0.01, 0.02, 0.03)
    assert any("clv evaluate 0123456789abcdef --again" in one.value for one in show(data).markdown)


def test_without_a_run_the_page_says_how_to_get_one(data):
    at = show(data)
    assert not at.exception
    assert "No model has been trained" in at.header[0].value
    assert say("pages.go.train") in [link.proto.label for link in at.get("page_link")]


def keep_each(run, data, users, lists):
    """Give the run its marks by (user, taken, ndcg, recall), and how often each item is shown."""
    rows = [("new", user, taken, ndcg, 1.0, recall) for user, taken, ndcg, recall in users]
    items = [("new", item, lists[item]) for item in range(data.items.height)]
    marks = pl.DataFrame(rows, schema=USERS, orient="row")
    write_each(run, Each(marks, pl.DataFrame(items, schema=ITEMS, orient="row")))


def table(at, *columns):
    return next(one.value for one in at.dataframe if set(columns) <= set(one.value.columns))


def test_the_worst_served_users_are_linked_to_their_page(data, judged_run):
    run = judged_run(0.01, 0.02, 0.03)
    users = [(0, 2, 0.4, 0.5), (1, 1, 0.0, 0.0)]
    keep_each(run, data, users, [1] * data.items.height)
    at = show(data)
    assert not at.exception
    ids = data.users["user_id"].sort()
    rows = table(at, "link")
    assert rows["user_id"].to_list() == [ids[1], ids[0]]
    link = parse_qs(rows["link"][0].partition("?")[2])
    assert link == {"data": [data.id], "run": [run.run_id], "users_id": [ids[1]]}
    assert any("1 of 2 judged users (50.0%)" in one.value for one in at.markdown)


def test_what_is_never_shown_is_counted_with_examples(data, judged_run):
    run = judged_run(0.01, 0.02, 0.03)
    n = data.items.height
    keep_each(run, data, [(0, 1, 0.0, 0.0)], [0] * 12 + [1] * (n - 12))
    at = show(data)
    assert any(f"12 of {n} items" in one.value for one in at.markdown)
    assert len(table(at, "net")) == 12


def test_no_table_is_sent_before_it_is_opened(data, judged_run):
    run = judged_run(0.01, 0.02, 0.03, groups=grouped())
    keep_each(run, data, [(0, 1, 0.0, 0.0)], [0] * data.items.height)
    at = show(data, app=lambda: AppTest.from_file(SHELL, default_timeout=120))
    assert not at.exception
    assert len(at.dataframe) == 0
    assert len(show(data).dataframe) == 6  # of two charts, and four of their own


def test_a_group_that_is_clearly_worse_served_is_named(data, judged_run):
    rows = [row | {"high": 0.045, "users": 40} if row["place"] else row for row in grouped()]
    judged_run(0.01, 0.02, 0.03, groups=rows)
    told = " ".join(one.value for one in show(data).markdown)
    assert "The group served worst is 4 events before (length of history)" in told


def test_a_run_judged_before_marks_were_kept_says_how_to_get_them(data, judged_run):
    judged_run(0.01, 0.02, 0.03)
    told = [one.value for one in show(data).markdown]
    assert say("page_quality.worst.older_run") in told
    assert say("page_quality.never.older_run") in told
