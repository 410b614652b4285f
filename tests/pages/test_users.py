"""The Users page shows what the model and the data say of one user."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from clvcore import columns as col
from clvcore.charts.numbers import headline_money
from clvcore.messages import say
from clvcore.ranking.recommend import neighbours, recommend
from clvcore.runs import worker
from clvcore.runs.finished import finished
from clvcore.runs.launch import new_training
from clvcore.runs.workspace import HOME, Workspace
from clvcore.towers.presets import preset
from clvcore.value.users import user_value
from pages.parts.take_along import _vector_bytes
from tests.pages.opening import unfolded


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("studio"))


@pytest.fixture(scope="module")
def data(workspace, small_shop_folder):
    return workspace.resolve(str(small_shop_folder))


@pytest.fixture(scope="module")
def run(workspace, data):
    tower, train = preset("quick")
    tower = replace(tower, embedding_size=16, max_length=16)
    started = new_training(
        workspace, data, tower, replace(train, epochs=1), reference=data.id, preset="quick"
    )
    worker.main(str(started.path))
    return finished(workspace, started.run_id)


@pytest.fixture
def show(workspace, data, monkeypatch):
    monkeypatch.setenv(HOME, str(workspace.root))

    def opened(**query) -> AppTest:
        at = unfolded()
        at.session_state["own"] = [data.id]
        at.query_params["data"] = data.id
        for key, text in query.items():
            at.query_params[key] = text
        return at.switch_page("users.py").run()

    return opened


@pytest.fixture(scope="module")
def user(data) -> str:
    """Somebody with a history."""
    bought = data.events.filter(pl.col(col.KIND) == "purchase")
    return bought[col.USER].sort()[0]


def titles(data, items):
    names = dict(data.items.select(col.ITEM, col.TITLE).iter_rows())
    return [names[item] for item in items]


def test_the_list_is_that_of_the_model(show, run, data, user):
    at = show(users_id=user)
    assert not at.exception
    wanted = recommend(run.embeddings, run.material.seen, users=[user], n=10)
    shown = at.dataframe[0].value
    assert shown["title"].tolist() == titles(data, wanted[col.ITEM])
    assert shown["similarity"].tolist() == pytest.approx(wanted["similarity"].to_list())
    assert titles(data, wanted[col.ITEM])[0] in at.header[0].value


def test_the_reason_is_an_item_of_the_user_s_own_history(show, run, data, user):
    del run
    own = data.events.filter(pl.col(col.USER) == user)[col.ITEM].drop_nulls()
    reasons = show(users_id=user).dataframe[0].value["reason"]
    assert set(reasons) <= set(titles(data, own))


def test_items_that_the_user_had_can_be_asked_for(show, run, data, user):
    shown = show(users_id=user, users_again="true").dataframe[0].value
    wanted = recommend(run.embeddings, run.material.seen, users=[user], n=10, again=run.scorer())
    assert shown["title"].tolist() == titles(data, wanted[col.ITEM])
    assert shown["seen"].tolist() == wanted["seen"].to_list()


def test_an_item_that_is_wanted_again_is_called_so(show, run, data, user):
    wanted = recommend(run.embeddings, run.material.seen, users=[user], n=1, again=run.scorer())
    told = show(users_id=user, users_again="true").header[0].value
    assert titles(data, wanted[col.ITEM])[0] in told
    assert ("which they had before" in told) == wanted["seen"][0]


def test_the_history_has_all_events_of_the_user(show, run, data, user):
    del run
    own = data.events.filter(pl.col(col.USER) == user)
    at = show(users_id=user)
    assert len(at.dataframe[2].value) == own.height
    assert any(f"{own.height:,} events from" in one.value for one in at.caption)


def test_similar_items_are_the_neighbours_of_the_first_of_the_list(show, run, data, user):
    first = recommend(run.embeddings, run.material.seen, users=[user], n=1)[col.ITEM][0]
    shown = show(users_id=user, users_more="items").dataframe[3].value
    assert shown["title"].tolist() == titles(data, neighbours(run.embeddings, first)[col.ITEM])


def test_similar_users_are_the_nearest_by_cosine_without_the_user(show, run, user):
    shown = show(users_id=user, users_more="users").dataframe[3].value
    vectors, ids = run.embeddings.users, run.embeddings.user_ids
    near = vectors @ vectors[ids.number(user)]
    near[ids.number(user)] = -2
    assert shown["similarity"].tolist() == pytest.approx(np.sort(near)[::-1][:10], abs=1e-5)
    assert user not in shown["user_id"].tolist()


def test_the_value_is_computed_when_asked_for(show, run, data, user):
    del run
    at = show(users_id=user, users_more="value")
    assert not at.metric
    at.button(key="users_value").click().run()
    assert not at.exception
    assert "users_value" not in [one.key for one in at.button]
    worth = user_value(data, rng=np.random.default_rng(0)).frame
    row = worth.row(by_predicate=pl.col(col.USER) == user, named=True)
    assert at.metric[0].value == headline_money(row["ltv"], data.currency)
    assert at.metric[2].value == headline_money(row["clv"], data.currency)


def test_an_unknown_user_gets_one_sentence_with_names_that_are_near(show, run, user):
    del run
    at = show(users_id=f"{user}x")
    assert not at.exception
    assert not at.dataframe
    assert f"no user '{user}x'" in at.header[0].value
    assert user in at.header[0].value


def test_a_button_goes_to_some_user(show, run, data):
    del run
    at = show()
    at.button(key="users_any").click().run()
    assert at.text_input(key="users_id").value in data.users[col.USER].to_list()
    assert not at.exception


def test_without_a_run_the_history_is_there_and_the_way_to_a_model(home, small_shop_folder, user):
    del home
    data = Workspace.default().resolve(str(small_shop_folder))
    at = unfolded()
    at.session_state["own"] = [data.id]
    at.query_params["data"] = data.id
    at.query_params["users_id"] = user
    at.switch_page("users.py").run()
    assert not at.exception
    assert "needs a trained model" in at.header[0].value
    assert say("pages.go.train") in [link.proto.label for link in at.get("page_link")]
    assert len(at.get("plotly_chart")) == 1


def test_vectors_can_be_taken_along_as_a_table(show, run):
    labels = [one.proto.label for one in show().get("download_button")]
    assert say("page_users.take.vectors_users") in labels
    assert say("page_users.take.vectors_items") in labels
    frame = pl.read_parquet(_vector_bytes(run, "items"))
    assert frame[col.ITEM].equals(run.embeddings.item_ids.ids.rename(col.ITEM))
    np.testing.assert_array_equal(frame.drop(col.ITEM).to_numpy(), run.embeddings.items)


@pytest.mark.parametrize("again", [False, True])
def test_lists_for_everybody_are_worked_out_when_asked_for(show, run, again):
    at = show(users_again=str(again).lower())
    offered = [say("page_users.take.lists_as", ending=kind) for kind in ("CSV", "XLSX", "Parquet")]
    assert not {one.proto.label for one in at.get("download_button")} & set(offered)
    at.button(key="users_prepare").click().run()
    assert not at.exception
    assert [label for one in at.get("download_button") if (label := one.proto.label) in offered] == offered  # fmt: skip
    made = at.session_state["users_lists"][1]
    whole = recommend(
        run.embeddings, run.material.seen, again=run.scorer() if again else None, n=10
    )
    assert made.select(whole.columns).drop("similarity", "score").equals(whole.drop("similarity", "score"))  # fmt: skip
    assert made[col.TITLE].null_count() == 0


@pytest.mark.usefixtures("run")
def test_lists_of_another_kind_are_worked_out_anew(show):
    at = show()
    at.button(key="users_prepare").click().run()
    at.toggle(key="users_again").set_value(v=True).run()
    assert at.button(key="users_prepare").label.startswith("Work out lists")
