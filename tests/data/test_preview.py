import pytest

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
