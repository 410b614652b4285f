from dataclasses import replace

import polars as pl
import pytest

from clvcore import columns as col
from clvcore.data.cells.private import kind_of
from clvcore.data.clean import bring_in
from clvcore.data.cleaning.personal import DIGITS
from clvcore.data.dataset import ColumnMap, Recipe
from clvcore.data.files.read import read
from clvcore.errors import ConfigError

USERS = "user,email,Vorname,country\n1,ann@shop.org,Ann,NZ\n2,bob@shop.org,Bob,NZ\n"
EVENTS = "user,time,amount\n1,2025-01-01,1\n2,2025-01-02,2\n"


def text_of(intake):
    frames = [*intake.dataset.tables().values(), *intake.rejects.values(), *intake.ignored.values()]
    told = [one.text + one.fix for one in intake.dataset.findings]
    return "\n".join([*(str(frame.to_dicts()) for frame in frames), *told])


@pytest.mark.parametrize(
    ("column", "cell", "kind"),
    [
        ("E-Mail", "x", "email"),
        ("customerName", "Ann", "name"),
        ("Telefon", "030 12", "phone"),
        ("billing_address_1", "x", "address"),
        ("client_ip", "x", "ip"),
        ("Geburtsdatum", "1990-01-01", "birth"),
        ("a", "+49 170 1234567", "phone"),
        ("a", "(415) 555-1234", "phone"),
        ("a", "192.168.0.17", "ip"),
        ("a", "2001:db8:0:0:0:ff00:42:8329", "ip"),
        ("a", "4111 1111 1111 1111", "card"),
        ("note", "write to ann@shop.org please", "email"),
        ("a", "4111 1111 1111 1112", None),
        ("a", "4006381333931", None),
        ("title", "Blue vase", None),
        ("email_opt_in", "yes", None),
        ("mail", "no", None),
        ("a", "2025-03-01 10:00:00", None),
        ("a", "12345.67", None),
        ("product_name", "Vase", None),
        ("version", "1.2.3", None),
    ],
)
def test_personal_data_is_known_by_name_or_by_value(column, cell, kind):
    assert kind_of("events", column, pl.Series([cell, None, cell])) == kind


def test_personal_columns_are_dropped_and_told(bring):
    intake = bring(events=EVENTS, users=USERS)
    assert [name for name in intake.dataset.users.columns if name not in col.USERS] == ["country"]
    assert "ann@" not in text_of(intake)
    assert {one.column for one in intake.dataset.findings if "Personal" in one.text} == {
        "email",
        "Vorname",
    }
    assert intake.dataset.recipe.options["protect"] == {
        "users.email": "drop",
        "users.Vorname": "drop",
    }


def test_a_mail_address_as_the_id_becomes_the_same_hash_in_every_table_and_month(bring):
    events = "email,time,amount\nAnn@shop.org,2025-01-01,1\nbob@shop.org,2025-01-02,2\n"
    users = "email,country\nann@shop.org,NZ\nbob@shop.org,AU\n"
    maps = {
        "events": ColumnMap({"user_id": "email", "at": "time", "amount": "amount"}),
        "users": ColumnMap({"user_id": "email"}),
    }
    january = bring({"maps": maps}, events=events, users=users)
    later = bring({"maps": maps}, events=events.replace("2025-01", "2025-02"), users=users)
    ids = january.dataset.users[col.USER].to_list()
    assert ids == later.dataset.users[col.USER].to_list()
    assert len(ids) == 2, "events and users meet"
    assert {len(one) for one in ids} == {DIGITS}
    assert "shop.org" not in text_of(january)


def test_another_key_makes_other_ids_and_without_one_nothing_comes_in():
    raws = {"events": read(b"user,time\nann@shop.org,2025-01-01\n", table="events", source="e.csv")}
    recipe = Recipe("x", "EUR")
    one, two = (bring_in(raws, recipe, key=key).dataset.users[col.USER][0] for key in (b"a", b"b"))
    assert one != two
    with pytest.raises(ConfigError, match="no key"):
        bring_in(raws, recipe)
    kept = replace(recipe, options={"protect": {"user": "keep"}})
    assert bring_in(raws, kept).dataset.users[col.USER].to_list() == ["ann@shop.org"]


def test_rejects_examples_and_broken_lines_do_not_leak(bring):
    events = (
        "user,time,amount,note\nann@shop.org,soon,1,x\nbob@shop.org,2025-01-01,2,y\n"
        "carl@shop.org,2025-01-01,3,y,z\n,2025-01-01,4,dora@shop.org\n"
    )
    intake = bring(events=events)
    assert intake.rejects["events"].height == 3
    assert "@" not in text_of(intake)


@pytest.mark.parametrize(("column", "hashed"), [("customer_name", True), ("username", False)])
def test_the_name_of_a_person_is_no_id_and_a_chosen_user_name_is_one(bring, column, hashed):
    maps = {"events": ColumnMap({"user_id": column, "at": "time"})}
    users = bring({"maps": maps}, events=f"{column},time\nann,2025-01-01\n").dataset.users
    assert (users[col.USER][0] != "ann") is hashed


def test_only_the_cells_of_a_free_text_that_hold_an_address_are_emptied(bring):
    items = "item,text\na,nice\nb,ask ann@shop.org\nc,good\nd,fine\n"
    dataset = bring(events="user,item,time\n1,a,2025-01-01\n", items=items).dataset
    assert dataset.items[col.TEXT].to_list() == ["nice", None, "good", "fine"]


def test_the_id_of_the_users_cannot_be_dropped_and_any_column_can(bring):
    with pytest.raises(ConfigError, match="cannot be dropped"):
        bring({"options": {"protect": {"user": "drop"}}}, events=EVENTS)
    users = bring(
        {"options": {"protect": {"users.country": "drop", "email": "keep"}}},
        events=EVENTS,
        users=USERS,
    ).dataset.users
    assert "email" in users.columns
    assert "country" not in users.columns


def test_a_column_that_is_said_to_be_plain_comes_in_like_any_other(bring):
    users = USERS.replace("Vorname", "name")
    intake = bring(
        events=EVENTS, users=users, recipe={"options": {"protect": {"users.name": "plain"}}}
    )
    assert intake.dataset.users["name"].to_list() == ["Ann", "Bob"]
    assert {one.column for one in intake.dataset.findings if "Personal" in one.text} == {"email"}
