"""``clv data query``: rows of a database become a data set; secrets stay where they are."""

import json
import sqlite3

import pytest
from click.testing import CliRunner

from clvcore.cli.data import data
from clvcore.errors import ClvError

EVENTS = "SELECT customer, product, day, total FROM orders WHERE day >= :since"
ITEMS = "items=SELECT product, title FROM products"


@pytest.fixture
def clv(monkeypatch, tmp_path):
    """Run ``clv data`` in an empty workspace, in euros; errors come as they are raised."""
    monkeypatch.setenv("CLV_HOME", str(tmp_path / "home"))

    def run(*words):
        if words[0] in {"import", "query"} and "--currency" not in words:
            words = (*words, "--currency", "EUR")
        found = CliRunner().invoke(data, [str(word) for word in words])
        if isinstance(found.exception, ClvError):
            raise found.exception
        return found

    return run


@pytest.fixture
def shop(monkeypatch, tmp_path):
    """A database of orders and products that is called shop."""
    file = tmp_path / "orders.db"
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE orders (customer, product, day, total NUMERIC)")
    rows = [("007", f"p{n % 2}", f"2025-01-{n + 1:02}", n + 0.5) for n in range(10)]
    database.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    database.execute("CREATE TABLE products (product, title)")
    database.execute("INSERT INTO products VALUES ('p0', 'Lamp')")
    database.commit()
    database.close()
    monkeypatch.setenv("CLV_DATABASE_SHOP", f"sqlite:///{file}")
    return file


@pytest.mark.usefixtures("shop")
def test_two_queries_become_a_data_set_with_the_options_of_import(clv):
    words = ("--param", "since=2025-01-03", "--also", ITEMS, "--name", "mine", "--currency", "GBP")
    made = json.loads(clv("query", "shop", "--sql", EVENTS, *words, "--json").stdout)
    assert (made["name"], made["currency"], made["rows_in"], made["accepted"]) == (
        "mine",
        "GBP",
        8,
        8,
    )
    assert made["money_by_stream"] == {"purchase": sum(n + 0.5 for n in range(2, 10))}
    assert made["tables"]["items"]["accepted"] == 1
    assert json.loads(clv("show", "mine", "--json").stdout) == made


def test_a_query_and_a_file_meet(clv, shop, tmp_path):
    items = tmp_path / "items.csv"
    items.write_text("product,title\np0,Lamp\np1,Chair\n")
    made = clv(
        "query", "shop", "--sql", EVENTS, "--param", "since=2025", "--items", items, "--json"
    )
    made = json.loads(made.stdout)
    assert (made["name"], made["tables"]["items"]["accepted"]) == ("shop", 2)
    by_address = clv("query", f"sqlite:///{shop}", "--sql", "SELECT * FROM orders", "--json")
    assert json.loads(by_address.stdout)["name"] == "orders"


@pytest.mark.usefixtures("shop")
def test_a_preview_stores_nothing(clv):
    shown = clv("query", "shop", "--sql", "SELECT * FROM orders", "--preview")
    assert "007" in shown.stdout
    assert "nothing was stored" in shown.stdout
    assert json.loads(clv("list", "--json").stdout)["datasets"] == []


@pytest.mark.usefixtures("shop")
def test_a_cut_answer_is_a_warning_that_stays_with_the_data_set(clv):
    made = clv("query", "shop", "--sql", "SELECT * FROM orders", "--limit", "4", "--json")
    found = [one for one in json.loads(made.stdout)["findings"] if one["rule"] == "cut_short"]
    assert [(one["severity"], one["rows"]) for one in found] == [("warning", 4)]
    whole = clv("query", "shop", "--sql", "SELECT * FROM orders", "--limit", "10", "--json")
    rules = [one["rule"] for one in json.loads(whole.stdout)["findings"]]
    assert "cut_short" not in rules


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("shopp", "--sql", "SELECT 1"), "Did you mean shop"),
        (("shop", "--sql", EVENTS), "not given: since"),
        (("shop", "--sql", EVENTS, "--param", "since"), "Write it like since=2025-01-01"),
        (("shop", "--sql", "SELECT * FROM orders", "--param", "x=1"), "does not ask for: x"),
        (("shop", "--sql", "DROP TABLE orders"), "begins with DROP"),
        (("shop", "--sql", "SELECT * FROM orders", "--also", "things=SELECT 1"), "things"),
        (("shop", "--sql", "SELECT * FROM orders", "--also", "items"), "names no further table"),
        (("shop", "--sql", "SELECT * FROM orders", "--events", "x.csv"), "asked for twice"),
        (("postgresql://me:geheim@host/shop", "--sql", "SELECT 1"), "password stands"),
    ],
)
def test_what_is_wrong_is_one_clear_sentence(clv, words, told):
    with pytest.raises(ClvError, match=told) as caught:
        clv("query", *words)
    assert "geheim" not in str(caught.value)


def test_a_password_is_nowhere_in_what_is_stored_or_said(clv, postgres, monkeypatch, tmp_path):
    from postgres import PASSWORD

    postgres.run(
        "CREATE TABLE orders AS SELECT 'c' || n % 5 AS customer, 'p' || n % 3 AS product,"
        " timestamptz '2025-01-01' + n * interval '1 day' AS day, n + 0.25 AS total"
        " FROM generate_series(1, 40) AS n; GRANT SELECT ON orders TO reader"
    )
    monkeypatch.setenv("CLV_DATABASE_SHOP", postgres.uri())
    try:
        made = clv(
            "query", "shop", "--sql", EVENTS, "--param", "since=2025-01-11", "--name", "mine"
        )
    finally:
        postgres.run("DROP TABLE orders")
    assert made.exit_code == 0
    kept = [file.read_bytes() for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert any(EVENTS.encode() in content for content in kept), "what was asked is remembered"
    for secret in (PASSWORD, "s3cr%23t", str(postgres.folder)):
        assert secret not in made.output
        assert not any(secret.encode() in content for content in kept)


def bought(shop, day, *, total):
    database = sqlite3.connect(shop)
    database.execute("INSERT INTO orders VALUES ('007', 'p1', ?, ?)", (day, total))
    database.commit()
    database.close()


def test_stored_queries_are_asked_anew_and_bring_only_what_is_new(clv, shop):
    words = ("--param", "since=2025-01-03", "--also", ITEMS, "--name", "mine", "--currency", "GBP")
    clv("query", "shop", "--sql", EVENTS, *words)
    bought(shop, "2025-02-01", total=99)
    asked = ("--again", "--param", "since=2025-01-08", "--json")
    compared = json.loads(clv("check", "mine", *asked).stdout)
    assert compared["tables"]["events"]["rows_in"] == 4
    made = json.loads(clv("append", "mine", *asked).stdout)
    came = made["came"]["events"]
    assert (came["rows_in"], came["accepted"], came["there"]) == (4, 1, 3)
    assert (made["rows_in"], made["accepted"], made["ignored"]) == (12, 9, 3)
    reading = made["lineage"][-1]["origins"][0]["reading"]
    assert reading["source"] == "shop"
    assert EVENTS in reading.values()
    assert str(shop) not in json.dumps(made["lineage"])
    told = clv("append", "mine", "--again").stdout
    assert "Nothing new" in told


@pytest.mark.usefixtures("shop")
def test_what_cannot_be_asked_anew_is_one_sentence(clv, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("user,item,time,amount\n1,a,2025-01-01,2.50\n")
    clv("import", "--events", file, "--currency", "EUR", "--name", "plain", "--decimal", ".")
    with pytest.raises(ClvError, match="No table of plain was brought in from a database"):
        clv("append", "plain", "--again")
    with pytest.raises(ClvError, match="Say --again beside it"):
        clv("append", "plain", "--param", "since=2025")
    with pytest.raises(ClvError, match="Name a file"):
        clv("check", "plain")
