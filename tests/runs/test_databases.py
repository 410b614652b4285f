"""SQLite and DuckDB: a SELECT becomes exact text, and nothing but a SELECT gets through."""

import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from clvcore.data.clean import bring_in
from clvcore.data.dataset import CUT, Recipe
from clvcore.errors import ClvError, ConfigError, MappingError, NotFoundError, UploadError
from clvcore.runs.databases import ask, named
from clvcore.runs.databases.source import Connection, connection
from clvcore.runs.databases.statement import asked, bound, checked

MINE = ("sqlite", "duckdb")


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, Connection]:
    """The same small shop in both."""
    folder = tmp_path_factory.mktemp("databases")
    made = {"sqlite": folder / "shop.sqlite", "duckdb": folder / "shop.duckdb"}
    lite, duck = sqlite3.connect(made["sqlite"]), duckdb.connect(str(made["duckdb"]))
    for database in (lite, duck):
        database.execute("CREATE TABLE orders (customer VARCHAR, cents INTEGER, picture BLOB)")
        database.executemany(
            "INSERT INTO orders VALUES (?, ?, ?)",
            [("007", 2_000_000_000, None), ("李; --", 2_000_000_000, b"\x00"), ("", None, None)],
        )
        database.execute('CREATE TABLE "odd ""name" (x INTEGER)')
    duck.execute("CREATE TABLE exact (m DECIMAL(38, 10), moment TIMESTAMPTZ, day DATE, ok BOOLEAN)")
    duck.execute(
        "INSERT INTO exact VALUES (1234567890123456789012345678.0123456789,"
        " '2025-03-30 03:30:00+02', '2025-03-30', true), (NULL, NULL, NULL, NULL)"
    )
    lite.commit()
    lite.close()
    duck.close()
    return {kind: connection(f"{kind}:///{file}", f"my_{kind}") for kind, file in made.items()}


@pytest.fixture(params=MINE)
def place(request, places) -> Connection:
    return places[request.param]


def everything(place: Connection) -> bytes:
    return Path(place.place).read_bytes()


def test_values_are_text_as_they_are_and_unknown_is_no_text(place):
    raw = ask.query(place, "SELECT customer, cents FROM orders")
    assert raw.frame["customer"].to_list() == ["007", "李; --", ""]
    assert raw.frame["cents"].to_list() == ["2000000000", "2000000000", None]
    assert raw.numbers == {"cents"}


def test_a_sum_beyond_32_bits_is_whole(place):
    raw = ask.query(place, "SELECT sum(cents) AS cents FROM orders")
    assert raw.frame["cents"].to_list() == [str(2 * 2_000_000_000)]


def test_duckdb_tells_decimals_days_and_moments_exactly(places):
    raw = ask.query(places["duckdb"], "SELECT * FROM exact -- with a comment")
    assert raw.frame.row(0) == (
        "1234567890123456789012345678.0123456789",
        "2025-03-30T01:30:00+00:00",
        "2025-03-30",
        "true",
    )
    assert raw.frame.row(1) == (None, None, None, None)


def test_a_real_number_of_sqlite_comes_back_as_the_same_number(places):
    raw = ask.query(places["sqlite"], "SELECT 0.1 + 0.2 AS x, 1e300 AS y, 'a' AS z")
    assert [float(raw.frame[name].item()) for name in "xy"] == [0.1 + 0.2, 1e300]
    assert raw.numbers == {"x", "y"}


def test_real_numbers_of_sqlite_among_texts_are_numbers(places):
    sql = (
        "SELECT 'u1' AS user, '2025-01-01' AS time, 1.125 AS amount"
        " UNION ALL SELECT 'u2', '2025-01-02', '1.234,56'"
    )
    raw = ask.query(places["sqlite"], sql)
    data = bring_in({"events": raw}, Recipe("x", "EUR")).dataset
    assert data.events["amount"].to_list() == [Decimal("1.125"), Decimal("1234.56")]


def test_what_was_asked_and_what_came_is_remembered(place):
    sql = "SELECT customer FROM orders WHERE customer = :who ;"
    raw = ask.query(place, sql, {"who": "007"})
    assert raw.source == place.name
    assert dict(raw.reading) == {
        "format": place.kind,
        "source": place.name,
        "sql": sql.removesuffix(" ;"),
        "value.who": "007",
    }
    again = ask.query(place, sql, {"who": "007"})
    other = ask.query(place, sql, {"who": ""})
    assert raw.files == again.files
    assert raw.files[0].sha256 != other.files[0].sha256


def test_an_unknown_and_an_empty_text_are_different_answers(place):
    null = ask.query(place, "SELECT NULL AS x").files[0]
    empty = ask.query(place, "SELECT '' AS x").files[0]
    assert null.sha256 != empty.sha256


def test_a_value_is_never_part_of_the_statement(place):
    sql = "SELECT customer FROM orders WHERE customer = :who"
    assert ask.query(place, sql, {"who": "李; --"}).frame.height == 1
    with pytest.raises(UploadError, match="no rows"):
        ask.query(place, sql, {"who": "x' OR '1'='1"})


def test_names_that_a_query_gives_itself_are_known(place):
    sql = 'WITH "mine" AS (SELECT "Customer" AS "who" FROM "orders") SELECT "who" FROM "mine"'
    assert ask.query(place, sql).frame["who"].to_list()[0] == "007"


def test_the_limit_is_kept_and_told(place):
    cut = ask.query(place, "SELECT customer FROM orders", limit_rows=2)
    assert (cut.frame.height, cut.reading[CUT]) == (2, "2")
    whole = ask.query(place, "SELECT customer FROM orders", limit_rows=3)
    assert (whole.frame.height, CUT in whole.reading) == (3, False)


def test_a_preview_has_twenty_rows(place):
    many = ", ".join(f"({n})" for n in range(30))
    raw = ask.preview(place, "WITH one(n) AS (VALUES " + many + ") SELECT n FROM one")
    assert raw.frame["n"].to_list() == [str(n) for n in range(20)]


def test_tables_are_listed_with_their_columns_and_can_be_asked(place):
    tables = {table.name: table for table in ask.tables(place)}
    assert tables["orders"].columns == ("customer", "cents", "picture")
    assert 'odd "name' in tables
    with pytest.raises(UploadError, match="no rows"):
        ask.query(place, "SELECT * FROM " + tables['odd "name'].sql_name)


@pytest.mark.parametrize(
    ("sql", "kind", "told"),
    [
        ("SELECT * FROM order_s", NotFoundError, "no table 'order_s'.*Did you mean orders"),
        ("SELECT * FROM zzz", NotFoundError, "no table 'zzz'.*There are: .*orders"),
        ('SELECT "custmer" AS who FROM orders', NotFoundError, "no column 'custmer'.*customer"),
        ("SELECT custmer FROM orders", NotFoundError, "no column 'custmer'.*customer"),
        ("SELECT picture FROM orders", UploadError, "'picture'.*bytes"),
        ("SELECT cents, cents FROM orders", MappingError, "more than one column 'cents'"),
        ("SELECT cents FROM orders WHERE false", UploadError, "no rows"),
        ("SELECT cents FROM orders WHERE cents = :n", ConfigError, "not given: n"),
        ("SELECT cents FROM", UploadError, "cannot answer"),
        ("", UploadError, "no query"),
        ("-- only a comment", UploadError, "no query"),
        ("DELETE FROM orders", UploadError, "begins with DELETE"),
        ("SELECT 1; DELETE FROM orders", UploadError, "more than one statement"),
    ],
)
def test_what_is_wrong_is_one_clear_sentence(place, sql, kind, told):
    with pytest.raises(kind, match=told) as caught:
        ask.query(place, sql)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO orders VALUES ('x', 1, NULL)",
        "WITH a AS (SELECT 1) INSERT INTO orders SELECT 'x', 1, NULL FROM a",
        "WITH a AS (INSERT INTO orders VALUES ('x', 1, NULL) RETURNING 1) SELECT * FROM a",
        "WITH a AS (SELECT 1) DELETE FROM orders",
        "SELECT 1) AS x; DELETE FROM orders; SELECT * FROM (SELECT 1",
        "DROP TABLE orders",
        "ATTACH 'other.db' AS other",
        "COPY orders TO 'stolen.csv'",
        "EXPORT DATABASE 'stolen'",
        "VACUUM INTO 'stolen.db'",
        "PRAGMA writable_schema = on",
        "SELECT * FROM pragma_database_list",
        "SELECT load_extension('x')",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM glob('/*')",
        "SELECT readfile('/etc/hostname')",
        "SELECT writefile('stolen', 'x')",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
@pytest.mark.parametrize("gate", ["open", "shut"])
def test_nothing_but_reading_its_own_tables_gets_through(place, sql, gate, monkeypatch, tmp_path):
    """Also where our own check of the statement were not there: the database refuses by itself."""
    monkeypatch.chdir(tmp_path)
    if gate == "open":
        monkeypatch.setattr(ask, "checked", lambda statement: statement)
    before = everything(place)
    if place.kind == "duckdb" and "pragma_database_list" in sql:
        return  # it lists no other database there
    with pytest.raises(ClvError):
        ask.query(place, sql)
    assert everything(place) == before
    assert list(tmp_path.iterdir()) == []


def test_a_query_of_duckdb_sees_no_variable_of_this_program(places):
    import polars as pl

    secret = pl.DataFrame({"secret": [1]})
    with pytest.raises(NotFoundError, match="no table 'secret'"):
        ask.query(places["duckdb"], "SELECT * FROM secret")
    assert secret.height == 1


ENDLESS = {
    "sqlite": "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n",
    "duckdb": "SELECT count(*) AS n FROM range(10000000000000) AS a(x) WHERE x % 7 = sqrt(x)",
}


def test_a_query_without_end_is_ended(place):
    with pytest.raises(UploadError, match=r"not answered after 0\.2 seconds"):
        ask.query(place, ENDLESS[place.kind], timeout_s=0.2)


@pytest.mark.parametrize("kind", MINE)
def test_a_file_that_is_missing_or_another_is_told(kind, tmp_path):
    other = tmp_path / "other.db"
    other.write_text("customer,total\n" * 10)
    with pytest.raises(ConfigError, match=r"is no .* database"):
        ask.tables(connection(f"{kind}:///{other}"))
    with pytest.raises(NotFoundError, match="no file"):
        ask.tables(connection(f"{kind}:///{tmp_path / 'none.db'}"))
    assert not (tmp_path / "none.db").exists()


def test_a_damaged_file_is_one_clear_sentence(places, tmp_path):
    for kind, place in places.items():
        broken = tmp_path / kind
        broken.write_bytes(everything(place)[:700] + b"\xff" * 5000)
        with pytest.raises(ClvError) as caught:
            ask.query(connection(f"{kind}:///{broken}"), "SELECT * FROM orders")
        assert "\n" not in str(caught.value)


def test_a_missing_driver_says_how_it_is_installed(places, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "duckdb", None)
    with pytest.raises(ConfigError, match="uv sync --extra databases"):
        ask.query(places["duckdb"], "SELECT 1 AS x")


def test_values_are_found_where_they_are_meant():
    sql = """SELECT x::text, ':no' AS a, ":no" FROM t -- :no
    WHERE a = :one AND b < :two /* :no */ AND c > :one AND d = $$ :no $$"""
    assert asked(sql) == ["one", "two"]
    assert bound(sql, "<{}>".format).count("<one>") == 2
    assert checked(f"{sql} ;; -- end") == sql


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("mysql://me:geheim@host/shop", "no address of a database"),
        ("geheim", "no address of a database"),
        ("postgresql://me:ge@heim:geheim@host:port/shop", "no whole address"),
        ("postgresql://host/shop?passwort=geheim", "passwort"),
        ("sqlite://geheim.db", "no whole address"),
        ("duckdb:///", "no whole address"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_secret(uri, told):
    with pytest.raises(ConfigError, match=told) as caught:
        connection(uri, "shop")
    assert "geheim" not in str(caught.value)


def test_a_password_shows_in_no_form_of_a_connection():
    place = connection("postgresql://me:ge%2Fheim@host/shop")
    assert place.known["password"] == place.secret == "ge/heim"  # noqa: S105 it is nobody's
    shown = repr(place) + str(place) + place.name + place.place
    assert "heim" not in shown + place.scrubbed("FATAL: ge/heim or ge%2Fheim")
    assert place.name == "postgresql://me@host:5432/shop"


@pytest.fixture
def nowhere(monkeypatch, tmp_path) -> Path:
    """A machine on which nobody has named a database."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for variable in named.addresses():
        monkeypatch.delenv(named.PREFIX + variable.upper())
    return tmp_path


def test_databases_are_named_in_the_environment_and_in_secrets(nowhere, monkeypatch):
    assert named.addresses() == {}
    with pytest.raises(NotFoundError, match="CLV_DATABASE_MY_SHOP"):
        named.source("my-shop")
    secrets = nowhere / ".streamlit" / "secrets.toml"
    secrets.parent.mkdir()
    secrets.write_text(
        "[databases.shop]\nuri = 'sqlite:///a.db'\n[databases.crm]\nuri = 'duckdb:///b'"
    )
    monkeypatch.setenv("CLV_DATABASE_SHOP", "postgresql://me:geheim@host/shop")
    assert list(named.addresses()) == ["crm", "shop"]
    assert named.source("SHOP").kind == "postgresql"
    assert named.source("crm").place == "b"
    with pytest.raises(NotFoundError, match="mean shop"):
        named.source("shopp")
    secrets.write_text("uri = 'geheim\n")
    with pytest.raises(ConfigError, match="TOML") as caught:
        named.addresses()
    assert "geheim" not in str(caught.value)


def test_an_address_with_a_password_is_not_typed():
    with pytest.raises(ConfigError, match="A password stands in the address") as caught:
        named.source("postgresql://me:geheim@host/shop")
    assert "geheim" not in str(caught.value)
    assert named.source("postgresql://me@host/shop").secret == ""


def test_the_answer_of_a_query_is_nothing_but_plain_values(place):
    raw = ask.query(place, "SELECT customer FROM orders")
    assert json.loads(json.dumps(dict(raw.reading))) == dict(raw.reading)
