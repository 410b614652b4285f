"""Rows of a database come in on the Data page, and what is secret about it stays on the server."""

import json
import sqlite3

import pytest

from clvcore.messages import say
from clvcore.runs.workspace import Workspace

EVENTS = "SELECT customer, sku, sold_at, total FROM orders WHERE sold_at >= :since"


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """A server whose databases nobody has named."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def named(nobody, monkeypatch):
    """A server with a shop's database, and one that does not answer."""
    file = nobody / "shop.sqlite"
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE orders (customer, sku, sold_at, total NUMERIC)")
    rows = [(f"c{n % 9}", f"s{n % 4}", f"2025-01-{n % 28 + 1:02}", n + 0.25) for n in range(90)]
    database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    database.execute("CREATE TABLE products (sku, title)")
    database.executemany("INSERT INTO products VALUES (?, ?)", [("s0", "Lamp"), ("s1", "灯")])
    database.commit()
    database.close()
    monkeypatch.setenv("CLV_DATABASE_SHOP", f"sqlite:///{file}")
    monkeypatch.setenv("CLV_DATABASE_GONE", "postgresql://me:geheim@127.0.0.1:1/shop")
    return nobody


def bringing(opened):
    at = opened("data")
    at.session_state["data_view"] = "bring"
    at.session_state["data_db"] = True
    return at.run()


def texts(at):
    drawn = [*at.header, *at.subheader, *at.caption, *at.markdown, *at.error, *at.success, *at.code]
    return "\n".join(one.value for one in drawn)


def take(at, sql, table):
    at.text_area(key="data_db_sql").set_value(sql).run()
    if ":since" in sql:
        at.text_input(key="data_db_value_since").set_value("2025-01-05").run()
    at.button(key="data_db_preview").click().run()
    assert not at.error
    at.selectbox(key="data_db_become").set_value(table).run()
    at.button(key="data_db_take").click().run()


@pytest.mark.usefixtures("nobody")
def test_where_no_database_is_named_the_page_teaches_how(opened):
    at = bringing(opened)
    assert not at.exception
    assert say("page_data.db.none") in texts(at)
    assert "[databases.shop]" in texts(at)


def test_rows_of_a_database_become_a_data_set(named, opened):
    at = bringing(opened)
    at.selectbox(key="data_db_source").set_value("shop").run()
    at.selectbox(key="data_db_table_shop").set_value("orders").run()
    assert at.text_area(key="data_db_sql").value == 'SELECT *\nFROM "orders"'
    assert "customer, sku, sold\\_at, total" in texts(at)
    take(at, EVENTS, "events")
    take(at, "SELECT * FROM products", "items")
    assert not at.exception
    currency = next(one for one in at.text_input if (one.key or "").startswith("data_currency"))
    currency.set_value("EUR")
    at.button(key="data_check").click().run()
    expected = sum(n % 28 + 1 >= 5 for n in range(90))
    assert f"{expected} of {expected} event rows are usable" in texts(at)
    assert len(Workspace.default().entries()) == 1, "nothing is stored before it is accepted"
    at.button(key="data_accept").click().run()
    assert not at.exception
    entry = Workspace.default().entries()[0]
    assert (entry.name, entry.rows) == ("shop", expected)
    dataset = Workspace.default().resolve(entry.id)
    assert set(dataset.items["title"].drop_nulls()) == {"Lamp", "灯"}
    facts = "\n".join(file.read_text() for file in entry.folder.glob("*.json"))
    assert json.dumps(EVENTS)[1:-1] in facts
    assert "geheim" not in facts + texts(at)
    assert str(named) not in facts, "a source is remembered by its name, not by its address"
    at.session_state["data_view"] = "bring"
    at.run()
    assert say("page_data.bring.start") in texts(at), "what was accepted is no longer waiting"


@pytest.mark.usefixtures("named")
def test_what_is_wrong_is_one_sentence_and_the_rest_stands(opened):
    at = bringing(opened)
    at.selectbox(key="data_db_source").set_value("gone").run()
    assert len(at.error) == 1
    assert "127.0.0.1" in at.error[0].value
    assert "geheim" not in texts(at)
    at.selectbox(key="data_db_source").set_value("shop").run()
    for sql, told in (
        ("DELETE FROM orders", "begins with DELETE"),
        ("SELECT * FROM ordres", "no table 'ordres'"),
        ("SELECT custmer FROM orders", "Did you mean customer"),
        ("SELECT * FROM orders WHERE total > 1000", "no rows"),
    ):
        at.text_area(key="data_db_sql").set_value(sql).run()
        at.button(key="data_db_preview").click().run()
        assert [told in one.value for one in at.error] == [True], sql
    take(at, EVENTS, "events")
    take(at, "SELECT customer AS shopper, sku AS thing, sold_at AS day FROM orders", "events")
    assert not at.exception
    at.button(key="data_db_drop_events").click().run()
    assert not at.exception
    assert say("page_data.bring.start") in texts(at)


@pytest.mark.usefixtures("named")
def test_a_closed_panel_asks_nobody(opened, monkeypatch):
    from clvcore.runs.databases import ask

    monkeypatch.setattr(ask, "tables", lambda _: pytest.fail("a database was asked"))
    at = opened("data")
    at.session_state["data_view"] = "bring"
    at.run()
    assert not at.exception


def test_the_database_is_asked_anew_and_what_changed_is_shown_before_it_is_accepted(named, opened):
    at = bringing(opened)
    assert "data_anew" not in [one.key for one in at.button], "this data set came from files"
    at.selectbox(key="data_db_source").set_value("shop").run()
    take(at, EVENTS, "events")
    currency = next(one for one in at.text_input if (one.key or "").startswith("data_currency"))
    currency.set_value("EUR")
    at.button(key="data_check").click().run()
    at.button(key="data_accept").click().run()
    before = Workspace.default().entries()[0]
    with sqlite3.connect(named / "shop.sqlite") as database:
        database.execute("INSERT INTO orders VALUES ('c1', 's1', '2025-01-29', 7.25)")
    at.session_state["data_view"] = "bring"
    at.run()
    assert "came from the database shop" in texts(at)
    assert at.text_input(key="data_anew_since").value == "2025-01-05"
    at.button(key="data_anew").click().run()
    assert not at.exception
    assert "1 new event" in texts(at)
    assert Workspace.default().entries()[0] == before, "nothing is stored before it is accepted"
    at.button(key="data_again_accept").click().run()
    assert not at.exception
    newest = Workspace.default().entries()[0]
    assert newest.rows == before.rows + 1
    at.session_state["data_view"] = "bring"
    at.run()
    assert say("page_data.bring.start") in texts(at), "what was accepted is no longer waiting"
    (named / "shop.sqlite").unlink()
    at.button(key="data_anew").click().run()
    assert len(at.error) == 1
