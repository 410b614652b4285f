"""PostgreSQL, against a server of its own: exact, read only, and silent about its password."""

import traceback
from collections.abc import Iterator
from decimal import Decimal

import pytest
from postgres import PASSWORD

from clvcore.data.again.append import append
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.errors import ClvError, ConfigError, MappingError, NotFoundError, UploadError
from clvcore.runs.databases import ask
from clvcore.runs.databases.again import asked_again, queries_of
from clvcore.runs.databases.named import named
from clvcore.runs.databases.source import connection
from clvcore.runs.workspace import Workspace


@pytest.fixture(scope="module")
def server(postgres):
    postgres.run(
        """
        DROP SCHEMA IF EXISTS sales CASCADE; CREATE SCHEMA sales;
        CREATE TYPE sales.mood AS ENUM ('glad');
        CREATE TABLE sales.orders (
            id int4 PRIMARY KEY, cents int4, total numeric(38, 10), at timestamptz, local timestamp,
            ok boolean, mood sales.mood, tags text[], more jsonb, photo bytea, name text);
        INSERT INTO sales.orders VALUES
            (1, 2000000000, 1234567890123456789012345678.0123456789, '2025-03-30 01:59:59+01',
             '2025-03-30 02:30:00.5', true, 'glad', ARRAY['a', 'b c'], '{"a": 1.10}', 'x', '李'),
            (2, 2000000000, 0.1, '2025-03-30 03:00:00+02', NULL, false, NULL, NULL, NULL, NULL, ''),
            (3, NULL, NULL, '2025-10-26 02:30:00+01', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        CREATE TABLE public.hidden (secret text); CREATE SEQUENCE sales.counter;
        GRANT USAGE ON SCHEMA sales TO reader; GRANT SELECT ON sales.orders TO reader;
        GRANT INSERT, UPDATE, DELETE, TRUNCATE ON sales.orders TO reader;
        GRANT USAGE ON SEQUENCE sales.counter TO reader;
        """
    )
    yield postgres
    postgres.run("DROP SCHEMA sales CASCADE; DROP TABLE public.hidden")


@pytest.fixture
def place(server):
    return connection(server.uri(), "shop")


def test_every_value_is_the_text_that_postgresql_writes(place):
    raw = ask.query(
        place,
        "SELECT id, total, at, local, ok, mood, tags, more, name FROM sales.orders ORDER BY id",
    )
    assert raw.frame.row(0) == (
        "1",
        "1234567890123456789012345678.0123456789",
        "2025-03-30T00:59:59+00:00",
        "2025-03-30 02:30:00.5",
        "true",
        "glad",
        '{a,"b c"}',
        '{"a": 1.10}',
        "李",
    )
    assert raw.frame.row(1)[1:5] == ("0.1000000000", "2025-03-30T01:00:00+00:00", None, "false")
    assert raw.frame["name"].to_list() == ["李", "", None]
    assert raw.numbers == {"id", "total"}


def test_moments_a_second_apart_stay_so_across_a_change_of_clocks(place):
    raw = ask.query(place, "SELECT at FROM sales.orders ORDER BY id")
    assert raw.frame["at"].to_list() == [
        "2025-03-30T00:59:59+00:00",
        "2025-03-30T01:00:00+00:00",
        "2025-10-26T01:30:00+00:00",
    ]


def test_a_sum_beyond_32_bits_is_whole(place):
    raw = ask.query(place, "SELECT sum(cents) AS cents, sum(total) AS total FROM sales.orders")
    assert raw.frame.row(0) == (
        str(2 * 2_000_000_000),
        "1234567890123456789012345678.1123456789",
    )


def test_values_are_bound_and_take_the_type_of_their_column(place):
    sql = "SELECT id FROM sales.orders WHERE cents > :least AND at < :until AND name = :name"
    values = {"least": "5", "until": "2025-06-01", "name": "李"}
    assert ask.query(place, sql, values).frame["id"].to_list() == ["1"]
    with pytest.raises(UploadError, match="no rows"):
        ask.query(place, sql, values | {"name": "x' OR '1'='1"})


def test_a_percent_sign_is_a_percent_sign(place):
    raw = ask.query(place, "SELECT '%s' AS a, 7 % 4 AS b, name LIKE '李%' AS c FROM sales.orders")
    assert raw.frame.row(0) == ("%s", "3", "true")


def test_only_what_may_be_read_is_listed(place):
    assert [table.name for table in ask.tables(place)] == ["sales.orders"]
    assert ask.tables(place)[0].columns[:2] == ("id", "cents")
    assert ask.query(place, "SELECT id FROM " + ask.tables(place)[0].sql_name).frame.height == 3


def test_large_answers_come_in_parts_up_to_the_limit(place):
    raw = ask.query(place, "SELECT n FROM generate_series(1, 50000) AS n", limit_rows=45_000)
    assert raw.frame["n"].to_list()[-1] == "45000"
    assert raw.reading["rows_cut_after"] == "45000"


@pytest.mark.parametrize(
    ("sql", "kind", "told"),
    [
        ("SELECT * FROM sales.ordres", NotFoundError, "no table 'sales.ordres'.*sales.orders"),
        ("SELECT totl FROM sales.orders", NotFoundError, "no column 'totl'.*total"),
        ("SELECT o.totl FROM sales.orders AS o", NotFoundError, "no column 'o.totl'.*total"),
        ("SELECT * FROM hidden", ConfigError, "permission denied"),
        ("SELECT photo FROM sales.orders", UploadError, "'photo'.*bytes"),
        ("SELECT 1 AS a, 2 AS a", MappingError, "more than one column 'a'"),
        ("SELECT id FROM sales.orders WHERE false", UploadError, "no rows"),
        ("SELECT 1 / 0 AS x", UploadError, "division by zero"),
        ("SELECT FROM FROM", UploadError, "syntax error"),
        ("SELECT id FROM sales.orders WHERE id = 'x'", UploadError, "invalid input syntax"),
    ],
)
def test_what_is_wrong_is_one_clear_sentence(place, sql, kind, told):
    with pytest.raises(kind, match=told) as caught:
        ask.query(place, sql)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO sales.orders (id) VALUES (9)",
        "DELETE FROM sales.orders",
        "TRUNCATE sales.orders",
        "WITH gone AS (DELETE FROM sales.orders RETURNING id) SELECT * FROM gone",
        "SELECT id FROM sales.orders FOR UPDATE",
        "SELECT id INTO stolen FROM sales.orders",
        "SELECT 1 AS x; DELETE FROM sales.orders",
        "SELECT 1 AS x; COMMIT; BEGIN READ WRITE; DELETE FROM sales.orders",
        "SELECT set_config('transaction_read_only', 'off', false) AS x",
        "SELECT query_to_xml('DELETE FROM sales.orders', true, true, '')::text AS x",
        "SELECT nextval('sales.counter') AS x",
        "COPY sales.orders TO '/tmp/stolen.csv'",
        "COPY sales.orders TO PROGRAM 'cat'",
        "SELECT pg_read_file('/etc/hostname') AS x",
        "SELECT pg_ls_dir('.') AS x",
        "SELECT lo_import('/etc/hostname') AS x",
        "SELECT lo_export(1, '/tmp/stolen') AS x",
        "SELECT rolpassword FROM pg_authid",
        "CREATE TABLE sales.mine (x int)",
        "SET default_transaction_read_only = off",
        "DO $$ BEGIN DELETE FROM sales.orders; END $$",
        "EXPLAIN ANALYZE DELETE FROM sales.orders",
        "CALL nothing()",
        "VALUES (1); DELETE FROM sales.orders",
    ],
)
@pytest.mark.parametrize("gate", ["open", "shut"])
def test_a_user_who_might_write_cannot_from_here(place, sql, gate, monkeypatch):
    """Also where our own check of the statement were not there: the server refuses by itself."""
    before = ask.query(place, "SELECT id, name, cents FROM sales.orders ORDER BY id").files
    if gate == "open":
        monkeypatch.setattr(ask, "checked", lambda statement: statement)
    with pytest.raises(ClvError):
        ask.query(place, sql)
    monkeypatch.undo()
    after = ask.query(place, "SELECT id, name, cents FROM sales.orders ORDER BY id").files
    assert after == before


def test_what_a_query_sets_or_makes_is_gone_with_it(place):
    ask.query(place, "SELECT set_config('default_transaction_read_only', 'off', false) AS x")
    ask.query(place, "SELECT lo_create(4711) AS x")
    raw = ask.query(
        place,
        "SELECT current_setting('default_transaction_read_only') AS only,"
        " (SELECT count(*) FROM pg_largeobject_metadata) AS made",
    )
    assert raw.frame.row(0) == ("on", "0")


def test_a_user_for_whom_select_is_no_limit_is_not_let_in(server):
    mighty = connection(server.uri(user="owner"), "shop")
    with pytest.raises(ConfigError, match="user owner of shop may read and write files"):
        ask.query(mighty, "SELECT 1 AS x")
    server.run(
        f"CREATE ROLE peeker LOGIN PASSWORD '{PASSWORD}'; GRANT pg_read_server_files TO peeker"
    )
    with pytest.raises(ConfigError, match="user peeker"):
        ask.tables(connection(server.uri(user="peeker"), "shop"))
    server.run("DROP ROLE peeker")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT pg_sleep(30)::text AS x",
        "SELECT pg_sleep(30)::text AS x, set_config('statement_timeout', '0', false) AS y",
    ],
)
def test_a_query_that_takes_too_long_is_ended(place, sql):
    with pytest.raises(UploadError, match=r"not answered after 0\.3 seconds"):
        ask.query(place, sql, timeout_s=0.3)


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"password": "wr@ng/secret"}, "password authentication failed"),
        ({"database": "nothing"}, "does not exist"),
        ({"user": "nobody", "password": "wr@ng/secret"}, "authentication failed"),
    ],
)
def test_where_there_is_no_connection_host_and_database_are_told_and_no_secret(server, part, told):
    place = connection(server.uri(**part), "shop")
    with pytest.raises(ConfigError, match=told) as caught:
        ask.query(place, "SELECT 1 AS x")
    assert f"{server.folder}:" in str(caught.value)
    said = "".join(traceback.format_exception(caught.value))
    assert not [word for word in (PASSWORD, "wr@ng", "wr%40ng") if word in said]


def test_a_server_that_is_not_there_is_one_clear_sentence(tmp_path):
    place = connection(f"postgresql://me:geheim@/shop?host={tmp_path}&port=1", "shop")
    with pytest.raises(ConfigError, match="No connection to shop") as caught:
        ask.tables(place)
    assert "\n" not in str(caught.value)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


@pytest.fixture
def lines(server) -> Iterator[None]:
    """Another table, which is gone afterwards: the tests share the server."""
    server.run(
        """
        CREATE TABLE sales.lines (client text, item text, at timestamptz, total numeric(12, 2));
        INSERT INTO sales.lines VALUES ('1', 'a', '2025-01-05+00', 5.00), ('2', 'b', '2025-01-06+00', 1.25);
        GRANT SELECT ON sales.lines TO reader;
        """
    )
    yield
    server.run("DROP TABLE sales.lines")


@pytest.mark.usefixtures("lines")
def test_a_stored_query_is_asked_anew_by_the_name_of_its_source_and_no_password_is_stored(
    server, monkeypatch, home
):
    monkeypatch.setenv("CLV_DATABASE_SHOP", server.uri())
    sql = "SELECT client, item, at, total FROM sales.lines WHERE at >= CAST(:since AS timestamptz)"
    raws = {"events": ask.query(named("shop"), sql, {"since": "2025-01-01+00"})}
    recipe = Recipe("mine", "EUR", options={"decimal": "."})
    folder = Workspace(home).add(bring_in(raws, recipe))
    data = Workspace(home).resolve("mine")
    server.run("INSERT INTO sales.lines VALUES ('1', 'b', '2025-02-01+00', 3.10)")
    asked = asked_again(data, {"since": "2025-01-06+00"})
    made = append(Workspace(home).intake_of(data), asked)
    assert (made.came[0].rows_in, made.came[0].accepted, made.there["events"]) == (2, 1, 1)
    assert made.intake.dataset.events["amount"].sum() == Decimal("9.35")
    assert PASSWORD not in (folder / "dataset.json").read_text()
    assert {one.reading["source"] for one in queries_of(made.intake.dataset).values()} == {"shop"}
