"""Every nasty file comes out as the table that it means, or as one sentence; nothing is lost."""

import re
from dataclasses import replace

import pytest
from corpus.cases import CASES, GOOD, NAMES, PLAIN, REFUSED, book, lines

from clvcore.data.files.read import combined, read
from clvcore.data.files.reading import Reading
from clvcore.errors import ClvError, MappingError, UploadError


def rows_of(raw):
    """The rows of a table, empty cells as None."""
    return tuple(tuple(cell or None for cell in row) for row in raw.frame.rows())


def read_(content, **how):
    return read(content, table="events", source="file.csv", how=Reading(**how))


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_nasty_file_becomes_the_table_that_it_means(case):
    raw = read_(case.content())
    assert rows_of(raw) == case.rows
    assert tuple(raw.frame.columns) == case.names
    assert {name: raw.reading.get(name) for name in case.reading} == case.reading


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_what_is_no_row_is_set_aside_or_rejected_and_nothing_else(case):
    raw = read_(case.content())
    assert tuple(raw.aside["why"]) == case.aside
    assert tuple(raw.broken["line"]) == case.broken
    assert raw.lines is None or len(raw.lines) == raw.frame.height


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_is_no_table_is_refused_in_one_sentence(case):
    with pytest.raises(ClvError, match=case.refused) as caught:
        read_(case.content())
    told = str(caught.value)
    assert "file.csv" in told
    assert "\n" not in told
    assert "{" not in told.replace("[{", "")
    assert re.fullmatch(r"\S.*[.]", told)


def test_the_registry_is_large_and_its_names_are_its_own():
    assert len(CASES) >= 120
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", [one for one in GOOD if "sheet" not in one.reading][::9])
def test_what_a_reading_tells_reads_the_file_alike(case):
    content = case.content()
    raw = read_(content)
    told = raw.reading
    decided = {name: told[name] for name in ("encoding", "separator") if name in told}
    again = read_(content, **decided) if told["format"] == "text" else raw
    assert rows_of(again) == rows_of(raw)
    assert Reading.of(again.reading) == (Reading(**decided) if again is not raw else Reading())


def test_a_person_may_name_the_encoding():
    content = "user,name\nu1,Łódź\n".encode("cp1250")
    assert rows_of(read_(content, encoding="cp1250")) == (("u1", "Łódź"),)
    with pytest.raises(UploadError, match=r"file\.csv is not written in utf-8"):
        read_("user,name\nu1,Иван\n".encode("cp1251"), encoding="utf-8")


def test_a_person_may_name_the_separator():
    assert read_(b"a;b,c\n1;2,3\n", separator=",").frame.columns == ["a;b", "c"]


def test_a_person_may_name_the_line_of_the_header():
    content = lines(above=["one,two,three"]).encode()
    raw = read_(content, header=2)
    assert tuple(raw.frame.columns) == NAMES
    assert rows_of(raw) == PLAIN
    assert raw.aside.rows() == [(1, "one,two,three", "preamble")]
    assert read_(content, header=0).frame.height == 5
    with pytest.raises(UploadError, match=r"Line 99 of file\.csv"):
        read_(content, header=99)


def test_a_person_may_name_the_sheet():
    content = book(("One", [["a"], ["x"]]), ("Two", [["b"], ["y"]]))
    assert read_(content, sheet="Two").frame.to_dict(as_series=False) == {"b": ["y"]}
    with pytest.raises(UploadError, match=r"no sheet 'Three'\. Its sheets are: One, Two"):
        read_(content, sheet="Three")


def test_a_person_may_name_the_list_that_becomes_rows():
    content = b'{"orders": [{"id": "o1", "items": [{"x": 1}], "taxes": [{"y": 2}, {"y": 3}]}]}'
    raw = read_(content, rows="orders.taxes")
    assert raw.frame.rows() == [("o1", '[{"x": "1"}]', "2"), ("o1", '[{"x": "1"}]', "3")]


def test_files_of_one_table_are_one_table_whatever_the_order_of_their_columns():
    one = read(lines().encode(), table="events", source="one.csv")
    turned = [row[::-1] for row in PLAIN]
    other = lines(rows=turned, names=NAMES[::-1], above=["Report"], below=["x"]).encode()
    both = combined([one, read(other, table="events", source="two.csv")])
    assert rows_of(both) == PLAIN * 2
    assert both.origin.to_list() == ["one.csv"] * 3 + ["two.csv"] * 3
    assert both.lines.to_list() == [2, 3, 4, 3, 4, 5]
    assert both.broken.rows() == [(6, "x", "two.csv")]
    assert both.aside.rows() == [(1, "Report", "preamble", "two.csv")]
    assert [file.name for file in both.files] == ["one.csv", "two.csv"]


def test_files_that_differ_in_their_columns_or_not_at_all_are_refused_by_name():
    one = read(lines().encode(), table="events", source="one.csv")
    two = read(b"user,item,price\nu1,p1,1\n", table="events", source="two.csv")
    with pytest.raises(MappingError, match=r"two.csv lacks .* one.csv has \(amount\) .* \(price\)"):
        combined([one, two])
    with pytest.raises(UploadError, match=r"one\.csv and copy\.csv have the same content"):
        combined([one, replace(one, files=(replace(one.files[0], name="copy.csv"),))])
