import polars as pl
import pytest

from clvcore.data.cells.private import masked_cells, suspects
from clvcore.data.files.read import read
from clvcore.data.meaning.preview import preview
from clvcore.data.meaning.understanding import understand

TEXT = 'user,time,kind,amount\n1,03/04/2025,bought,"1,5"\n2,x,view,\n3,25/04/2025,zap,"2,25"\n'


def shown(options=None, rows=20, text=TEXT):
    raw = read(text.encode(), table="events", source="file.csv")
    return preview(raw, understand(raw), options=options or {}, rows=rows)


def test_readings_stand_beside_their_text():
    frame = shown()
    assert frame.columns == ["user", "time", "→ at", "kind", "→ kind", "amount", "→ amount"]
    assert frame["→ at"].dt.strftime("%Y-%m-%d").to_list() == ["2025-04-03", None, "2025-04-25"]
    assert frame["→ amount"].to_list() == [1.5, None, 2.25]
    assert frame["→ kind"].to_list() == ["purchase", "view", None]


def test_the_whole_table_decides_how_the_first_rows_are_read():
    assert shown(rows=1)["→ at"][0].month == 4, "a date of the third row tells"


def test_words_that_are_mapped_are_read_so():
    assert shown({"kinds": {"zap": "refund"}})["→ kind"][2] == "refund"


@pytest.mark.parametrize("rows", [1, 2])
def test_an_open_question_leaves_no_reading(rows):
    frame = shown(rows=rows, text="user,time\n1,03/04/2025\n2,05/06/2025\n")
    assert frame.columns == ["user", "time"]
    assert frame.height == rows


def test_what_looks_personal_is_shown_by_a_first_letter_until_somebody_says_otherwise():
    text = "user,time,born,amount\nann@shop.org,2025-01-02,1990-05-06,1\nbob@shop.org,2025-01-03,1991-05-06,2\n"
    raw = read(text.encode(), table="events", source="file.csv")
    found = understand(raw)
    frame = preview(raw, found, options={}, personal=suspects("events", raw.frame))
    assert frame["user"].to_list() == ["a…@…", "b…@…"]
    assert "ann@" not in str(frame.rows())
    assert preview(raw, found, options={})["user"][0] == "ann@shop.org"


def test_examples_in_a_question_are_masked_like_the_first_rows():
    text = "buyer_id,member_id,time\nann@shop.org,bo@shop.org,2025-01-02\ncy@shop.org,di@shop.org,2025-01-03\n"
    raw = read(text.encode(), table="events", source="file.csv")
    told = str(understand(raw).questions)
    assert "a…@…" in told
    assert "shop.org" not in told


def test_of_a_text_around_an_address_only_the_address_is_masked():
    notes = pl.Series(["ask ann@shop.org", "call back", "gift"])
    assert masked_cells(notes, "email").to_list() == ["ask a…@…", "call back", "gift"]
