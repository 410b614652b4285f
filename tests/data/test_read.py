import io
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from clvcore.data.files.read import read
from clvcore.data.files.top import separator_of
from clvcore.errors import MappingError, UploadError


def rows_of(content, table="events"):
    content = content.encode() if isinstance(content, str) else content
    return read(content, table=table, source="file.csv")


def parquet(frame):
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return read(buffer.getvalue(), table="events", source="file.parquet")


def test_ids_keep_their_leading_zeros():
    assert rows_of("user,item\n007,0012\n").frame.rows() == [("007", "0012")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator):
    text = "user;item;price\n1;a;2\n2;b;3\n".replace(";", separator)
    assert rows_of(text).frame.columns == ["user", "item", "price"]


def test_a_decimal_comma_is_not_taken_for_a_separator():
    assert separator_of(["id;price;weight", "1;2,50;0,5", "2;3,75;1,5"]) == ";"


def test_runs_of_spaces_part_cells_where_nothing_else_does():
    raw = rows_of(" customer date   value\n 00001 19970101   11.77\n 00002 19970112  2.00\n")
    assert raw.frame.columns == ["customer", "date", "value"]
    assert raw.frame.row(0) == ("00001", "19970101", "11.77")


def test_spaces_inside_cells_part_nothing():
    assert rows_of("when\n2025-01-01 10:00\n").frame.columns == ["when"]


def test_a_line_that_names_the_separator_is_obeyed_and_is_no_row():
    assert rows_of("sep=;\nuser;text\n1;a,b\n").frame.rows() == [("1", "a,b")]


def test_quotes_hide_separators_and_doubled_quotes_stand_for_one():
    assert rows_of('user,text\n1,"a, ""b"""\n').frame["text"].to_list() == ['a, "b"']


def test_a_cell_may_span_lines_and_later_rows_know_their_line():
    raw = rows_of('user,text\n1,"two\nlines"\n2,one\n')
    assert raw.frame["text"].to_list() == ["two\nlines", "one"]
    assert raw.lines.to_list() == [2, 4]


def test_a_quote_inside_a_cell_is_just_a_sign():
    assert rows_of('user,text\n1,5" pipe\n2,x\n').frame["text"].to_list() == ['5" pipe', "x"]


def test_an_open_quote_costs_its_own_line_only():
    raw = rows_of('user,text\n1,"open\n2,b\n3,c\n')
    assert raw.frame["user"].to_list() == ["2", "3"]
    assert raw.broken.rows() == [(2, '1,"open')]


def test_ragged_lines_are_kept_apart_with_number_and_text():
    raw = rows_of("user,item\n1,a\n2,b,c\n3\n\n4,d\n")
    assert raw.frame["user"].to_list() == ["1", "4"]
    assert raw.lines.to_list() == [2, 6]
    assert raw.broken.rows() == [(3, "2,b,c"), (4, "3")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_ends_a_line(end):
    assert rows_of(end.join(["user,item", "1,a", "2,b"])).frame.height == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_usual_encoding_gives_the_same_text(encoding):
    raw = rows_of("user,name\n1,Jürgen Müller\n2,Zoë\n".encode(encoding))
    assert raw.frame.columns == ["user", "name"]
    assert raw.frame["name"].to_list() == ["Jürgen Müller", "Zoë"]


def test_a_header_without_a_name_gets_one():
    assert rows_of("user,,item\n1,x,a\n").frame.columns == ["user", "column_2", "item"]


def test_a_doubled_header_is_refused_by_name():
    with pytest.raises(MappingError, match="'amount' stands more than once"):
        rows_of("user,amount,amount\n1,2,3\n")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n\n  \n", "is empty"),
        (b"user,item\n", "no rows below its header"),
        (bytes(range(256)) * 20, "bytes that are no text"),
        (b"PK\x03\x04" + b"x" * 50, "damaged or cut off"),
        (b"\x1f\x8b" + b"x" * 50, "damaged or cut off"),
        (b"PAR1" + b"\x00" * 50, "damaged or cut off"),
        (b"PAR1" + b"\x00" * 50 + b"PAR1", "damaged or cut off"),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(content, words):
    with pytest.raises(UploadError, match=words) as caught:
        rows_of(content)
    assert "file.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parquet_becomes_text_in_plain_spelling():
    raw = parquet(
        pl.DataFrame(
            {
                "id": [17850.0, None],
                "price": [0.5, 2.0],
                "cost": [Decimal("2.550"), Decimal("1.234")],
                "at": [datetime(2025, 3, 1, 14, 30, tzinfo=UTC), None],
                "local": [datetime(2025, 3, 1, 14, 30), None],  # noqa: DTZ001 - a time without zone
                "day": [date(2025, 3, 1), None],
                "tags": [["a", "b"], []],
                "vector": [[0.5, 1.0], None],
                "yes": [True, False],
            }
        )
    )
    assert raw.frame.row(0) == (
        "17850",
        "0.5",
        "2.550",
        "2025-03-01T14:30:00.000000Z",
        "2025-03-01T14:30:00.000000",
        "2025-03-01",
        "a|b",
        "0.5 1.0",
        "true",
    )
    assert raw.numbers == {"id", "price", "cost"}


def test_parquet_without_rows_is_refused():
    with pytest.raises(UploadError, match="no rows"):
        parquet(pl.DataFrame({"user": []}, schema={"user": pl.String}))
