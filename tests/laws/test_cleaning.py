"""Laws of the choices: every row and every cent is in one place, whatever is chosen."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from clvcore import columns as col
from clvcore.data.cells.rules import RULES, chosen
from clvcore.data.consequences import consider
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.errors import DataError

HEADER = ("user", "item", "time", "kind", "quantity", "amount", "order", "currency")
USER = st.sampled_from(["1", "2", "test", "", "ann@shop.org"])
ITEM = st.sampled_from(["a", "b", "POST", ""])
TIME = st.sampled_from(
    ["2025-01-01", "2025-01-02", "2025-01-02", "1970-01-01", "2031-01-01", "soon", ""]
)
KIND = st.sampled_from(["purchase", "purchase", "refund", "view", "zap"])
QUANTITY = st.sampled_from(["1", "2", "3", "-1", ""])
AMOUNT = st.sampled_from(["0", "0.01", "10", "10", "20", "-10", "5000000", "x", ""])
ORDER = st.sampled_from(["o1", "o2", "C1", ""])
CURRENCY = st.sampled_from(["EUR", "EUR", "USD", ""])
ROWS = st.lists(
    st.tuples(USER, ITEM, TIME, KIND, QUANTITY, AMOUNT, ORDER, CURRENCY), min_size=1, max_size=25
)
CHOICES = st.fixed_dictionaries(
    {name: st.sampled_from(list(rule.choices)) for name, rule in RULES.items()}
)
OPTIONS = st.sampled_from(
    [{"rates": {"USD": "0.5"}}, {"keep_currency": "EUR"}, {"rates": {"USD": "3"}}]
)
SOUND = ("9", "a", "2025-01-01", "purchase", "1", "0.25", "o9", "EUR")


def raw_of(rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([HEADER, SOUND, *rows])
    text = buffer.getvalue() + "too,few\n"
    return {"events": read(text.encode(), table="events", source="law.csv")}


def taken_apart(account):
    return (
        account.accepted + account.rejected + account.ignored,
        account.money_accepted + account.money_rejected + account.money_ignored,
    )


@settings(deadline=None, max_examples=30)
@given(ROWS, CHOICES, OPTIONS)
def test_what_was_foretold_is_what_comes_of_it_and_nothing_is_lost(rows, choices, options):
    raws = raw_of(rows)
    recipe = Recipe("law", "EUR", options={"decimal": ".", **options})
    seen = consider(raws, recipe, now=datetime(2026, 1, 1, tzinfo=UTC), key=b"k")
    foretold = seen.account(choices)
    intake = seen.intake(choices)
    account = intake.dataset.accounts[0]
    assert account == foretold
    assert account.rows_in == len(rows) + 2
    assert taken_apart(account) == (account.rows_in, account.money_in)
    events = intake.dataset.events
    assert events.height == account.accepted
    assert sum(events[col.AMOUNT].drop_nulls(), Decimal(0)) == account.money_accepted
    rejected = intake.rejects.get("events", pl.DataFrame()).height
    ignored = intake.ignored.get("events", pl.DataFrame()).height
    assert (rejected, ignored) == (account.rejected, account.ignored)


@settings(deadline=None, max_examples=20)
@given(ROWS, CHOICES, OPTIONS)
def test_the_money_that_comes_in_is_the_same_under_every_choice(rows, choices, options):
    recipe = Recipe("law", "EUR", options={"decimal": ".", **options})
    seen = consider(raw_of(rows), recipe, key=b"k")
    usual = seen.account(chosen({}))
    for one in seen.consequences(choices):
        for account in one.choices.values():
            assert (account.rows_in, account.money_in) == (usual.rows_in, usual.money_in)
            assert taken_apart(account) == (usual.rows_in, usual.money_in)


@settings(deadline=None, max_examples=20)
@given(ROWS, OPTIONS)
def test_what_cancels_out_leaves_the_sum_as_it_is(rows, options):
    recipe = Recipe("law", "EUR", options={"decimal": ".", **options})
    seen = consider(raw_of(rows), recipe, key=b"k")
    gross, net = (seen.account(chosen({"returns": one})) for one in ("gross", "net"))
    assert net.money_accepted == gross.money_accepted
    assert net.accepted <= gross.accepted
    try:
        events = seen.intake(chosen({"returns": "net"})).dataset.events
    except DataError:
        return
    purchases = events.filter(pl.col(col.KIND) == "purchase")
    gross_events = seen.intake(chosen({})).dataset.events
    before = gross_events.filter(pl.col(col.KIND) == "purchase")
    assert purchases[col.AMOUNT].sum() <= before[col.AMOUNT].sum()
    assert (purchases[col.AMOUNT].drop_nulls() >= 0).all()


BESIDE = {
    "items": (
        ("id", "title", "price", "cost"),
        st.tuples(
            st.sampled_from(["a", "b", "c", ""]), st.sampled_from(["Mug", ""]),
            st.sampled_from(["1.50", "x", "5000000000000", ""]), st.sampled_from(["-1", "2", ""]),
        ),
    ),
    "users": (
        ("user", "acquired_at", "channel", "ended_at"),
        st.tuples(USER, TIME, st.sampled_from(["ads", ""]), TIME),
    ),
    "spend": (
        ("date", "channel", "amount", "currency"),
        st.tuples(TIME, st.sampled_from(["ads", "mail", ""]), AMOUNT, CURRENCY),
    ),
    "impressions": (
        ("user", "item", "time", "position", "propensity", "taken"),
        st.tuples(
            USER, ITEM, TIME, st.sampled_from(["1", "0", "x", ""]),
            st.sampled_from(["0.5", "2", "0", "x", ""]), st.sampled_from(["yes", "no", "zap", ""]),
        ),
    ),
}  # fmt: skip


def table_of(name, header, rows):
    buffer = io.StringIO()
    csv.writer(buffer).writerows([header, *rows])
    text = buffer.getvalue() + "too,few\n" * bool(rows)
    return read(text.encode(), table=name, source=f"{name}.csv")


@settings(deadline=None, max_examples=8)
@given(
    st.fixed_dictionaries(
        {name: st.lists(row, min_size=1, max_size=10) for name, (_, row) in BESIDE.items()}
    ),
    CHOICES,
    OPTIONS,
)
def test_rows_and_money_of_every_table_are_in_one_place(rows, choices, options):
    """Items, users, spend and impressions as well as events; the choices are about events alone."""
    raws = raw_of([]) | {
        name: table_of(name, header, rows[name]) for name, (header, _) in BESIDE.items()
    }
    until = datetime(2025, 6, 1, tzinfo=UTC)
    recipe = Recipe("law", "EUR", options={"decimal": ".", **options}, observed_until=until)
    intake = consider(raws, recipe, key=b"k").intake(choices)
    accounts = {one.table: one for one in intake.dataset.accounts}
    assert set(accounts) == set(col.TABLES)
    for name, account in accounts.items():
        if name != "events":
            assert account.rows_in == len(rows[name]) + 1
        assert taken_apart(account) == (account.rows_in, account.money_in)
        left = (intake.rejects, account.rejected), (intake.ignored, account.ignored)
        for frames, number in left:
            assert frames.get(name, pl.DataFrame()).height == number
    spend = intake.dataset.spend
    assert spend.height == accounts["spend"].accepted
    assert sum(spend[col.AMOUNT], Decimal(0)) == accounts["spend"].money_accepted
    assert intake.dataset.impressions.height == accounts["impressions"].accepted
    for name, key in (("items", col.ITEM), ("users", col.USER)):
        told = {one.rule: one.rows for one in intake.dataset.findings if one.table == name}
        table = intake.dataset.tables()[name]
        assert table[key].is_unique().all()
        assert table.height == accounts[name].accepted + told.get(f"unlisted_{name}", 0)
