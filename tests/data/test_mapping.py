import pytest

from clvcore.data.dataset import ColumnMap
from clvcore.data.files.read import read
from clvcore.data.meaning.mapping import complete, propose
from clvcore.errors import MappingError


def raw(text, table="events"):
    return read(text.encode(), table=table, source="file.csv")


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        (
            "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID",
            ["order_id", "item_id", "quantity", "at", "unit_price", "user_id"],
        ),
        ("userId,movieId,rating,timestamp", ["user_id", "item_id", "rating", "at"]),
        (
            "event_time,event_type,product_id,price,user_id",
            ["at", "kind", "item_id", "unit_price", "user_id"],
        ),
        ("Kundennummer,Artikel,Bestelldatum,Betrag", ["user_id", "item_id", "at", "amount"]),
    ],
)
def test_well_known_files_are_recognised(header, roles):
    values = {"at": "2025-03-14", "kind": "view", "quantity": "2", "user_id": "7"}
    row = ",".join(values.get(role, "5") for role in roles)
    found = propose(raw(f"{header}\n{row}\n")).roles
    assert found == dict(zip(roles, header.split(","), strict=True))


def test_the_canonical_name_goes_before_its_synonyms():
    found = propose(raw("customer,user_id,time\n1,2,2025-01-01\n")).roles
    assert found["user_id"] == "user_id"


def test_two_columns_that_could_be_the_user_are_a_question():
    with pytest.raises(MappingError, match=r"customer, client.*--map events.user_id='customer'"):
        propose(raw("customer,client,time\n1,2,2025-01-01\n"))


def test_two_names_are_no_question_where_only_one_has_fitting_values():
    found = propose(raw("user,order_date,created\n1,2025-01-01,someone\n")).roles
    assert found["at"] == "order_date"


def test_the_only_column_of_dates_is_the_time_whatever_its_name():
    assert propose(raw("user,wann_war_das\n1,2025-01-01\n")).roles["at"] == "wann_war_das"


def test_a_missing_user_is_named_with_what_was_found_and_the_nearest_name():
    with pytest.raises(MappingError) as caught:
        propose(raw("custmer_id,time\n1,2025-01-01\n"))
    text = str(caught.value)
    assert "'user_id'" in text
    assert "custmer_id, time" in text
    assert "--map events.user_id='custmer_id'" in text


def test_what_is_said_goes_before_what_is_proposed():
    known = ColumnMap({"user": "client"})
    found = propose(raw("customer,client,time\n1,2,2025-01-01\n"), known).roles
    assert found["user_id"] == "client"


def test_a_column_that_is_not_there_is_answered_with_the_nearest():
    with pytest.raises(MappingError, match=r"no column 'cutomer'.*Nearest: customer"):
        propose(raw("customer,time\n1,2025-01-01\n"), ColumnMap({"user": "cutomer"}))


def test_a_role_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(MappingError, match=r"'colour' is no role of the events table.*user_id"):
        propose(raw("customer,time\n1,2025-01-01\n"), ColumnMap({"colour": "customer"}))


def test_a_type_that_is_no_kind_of_event_is_left_alone():
    assert "kind" not in propose(raw("user,time,type\n1,2025-01-01,shoes\n")).roles


def test_an_amount_makes_the_unit_price_needless():
    found = propose(raw("user,time,amount,price,quantity\n1,2025-01-01,6,3,2\n")).roles
    assert found["amount"] == "amount"
    assert "unit_price" not in found


def test_a_stored_map_is_used_exactly_as_it_stands():
    given = ColumnMap({"user_id": "user", "at": "time"})
    assert complete(raw("user,time,amount\n1,2025-01-01,6\n"), given).roles == given.roles


def test_a_stored_map_without_a_required_role_is_refused():
    with pytest.raises(MappingError, match="'at'"):
        complete(raw("user,time\n1,2025-01-01\n"), ColumnMap({"user_id": "user"}))
