"""Small nasty files, written by code, each with what must come of it.

A case says the rows that must be there, the lines that must be set aside or rejected, or words of the
sentence in which the file is refused.
"""

import codecs
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

import polars as pl
import xlsxwriter
import zstandard

PLAIN = (("u1", "p7", "19.90"), ("u2", "p3", "30.00"), ("u3", "p7", "0.10"))
NAMES = ("user", "item", "amount")
"""The table that most files hold in one dress or another."""


@dataclass(frozen=True)
class Case:
    name: str
    content: Callable[[], bytes]
    rows: tuple = PLAIN
    names: tuple = NAMES
    aside: tuple = ()
    """Reasons of the lines set aside, in order."""
    broken: tuple = ()
    """Line numbers of what cannot be cut into cells."""
    reading: dict = field(default_factory=dict)
    refused: str = ""
    """Words of the sentence, where the file is refused."""


def lines(*, separator=",", above=(), below=(), end="\n", quote="", rows=PLAIN, names=NAMES):
    body = [separator.join(f"{quote}{cell}{quote}" for cell in row) for row in (names, *rows)]
    return end.join([*above, *body, *below]) + end


def book(*sheets, hidden=()):
    """A workbook of (name, rows) sheets."""
    held = io.BytesIO()
    options = {"in_memory": True, "default_date_format": "yyyy-mm-dd hh:mm"}
    with xlsxwriter.Workbook(held, options) as workbook:
        for name, rows in sheets:
            sheet = workbook.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    sheet.write(row, column, cell)
            if name in hidden:
                sheet.hide()
    return held.getvalue()


def zipped(files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def parquet(frame):
    held = io.BytesIO()
    frame.write_parquet(held)
    return held.getvalue()


TABLE = lines().encode()
NUMBERS = (("u1", "p7", 19.9), ("u2", "p3", 30), ("u3", "p7", 0.1))
SHORT = (("u1", "p7", "19.9"), ("u2", "p3", "30"), ("u3", "p7", "0.1"))
RECORDS = [dict(zip(NAMES, row, strict=True)) for row in NUMBERS]
ORDERS = {
    "exported": "2025-01-01",
    "orders": [
        {"id": "o1", "user": {"id": "u1"}, "line_items": [{"sku": "p7"}, {"sku": "p8"}]},
        {"id": "o2", "user": {"id": "u2"}, "line_items": []},
    ],
}
ORDER_NAMES = ("id", "user.id", "line_items.sku")
ORDER_ROWS = (("o1", "u1", "p7"), ("o1", "u1", "p8"), ("o2", "u2", None))


def named(text_by_encoding):
    """Cases of one small table of names in many encodings."""
    for encoding, (name, word, expected) in text_by_encoding.items():
        text = f"user,{name}\nu1,{word}\nu2,{word}\n"
        yield Case(
            f"text_{encoding}",
            lambda text=text, encoding=encoding: text.encode(encoding),
            rows=(("u1", word), ("u2", word)),
            names=("user", name),
            reading={"encoding": expected},
        )


TEXTS = [
    Case("plain", lambda: TABLE, reading={"separator": ",", "header": "1"}),
    *(
        Case(
            f"separator_{ord(sign[0])}_{len(sign)}",
            lambda sign=sign: lines(separator=sign).encode(),
            reading={"separator": sign},
        )
        for sign in (";", "\t", "|", "^", "~", "::")
    ),
    Case("spaces", lambda: lines(separator="   ").encode(), reading={"separator": " "}),
    Case("single_spaces", lambda: lines(separator=" ").encode(), reading={"separator": " "}),
    *(
        Case(f"line_end_{n}", lambda end=end: lines(end=end).encode())
        for n, end in enumerate(["\r\n", "\r", "\n\n", "\r\n\r\n"])
    ),
    Case("mixed_line_ends", lambda: b"user,item,amount\r\nu1,p7,19.90\ru2,p3,30.00\nu3,p7,0.10"),
    Case("all_quoted", lambda: lines(quote='"').encode()),
    Case("single_quotes", lambda: lines(quote="'").encode(), reading={"quote": "'"}),
    Case(
        "quotes_after_spaces",
        lambda: b'user, item, amount\nu1, "p7", 19.90\nu2, p3, 30.00\n',
        rows=PLAIN[:2],
    ),
    Case("quoted_separator", lambda: b'user,item,amount\nu1,"a,b",1\n', rows=(("u1", "a,b", "1"),)),
    Case(
        "doubled_quote", lambda: b'user,item,amount\nu1,"a ""b""",1\n', rows=(("u1", 'a "b"', "1"),)
    ),
    Case(
        "escaped_quote",
        lambda: b'user,item,amount\nu1,"a \\"b\\" c",1\nu2,"d, e",2\n',
        rows=(("u1", 'a "b" c', "1"), ("u2", "d, e", "2")),
    ),
    Case(
        "quote_within",
        lambda: b'user,item,amount\nu1,5" pipe,1\nu2,x,2\n',
        rows=(("u1", '5" pipe', "1"), ("u2", "x", "2")),
    ),
    Case(
        "cell_of_two_lines", lambda: b'user,item,amount\nu1,"a\nb",1\n', rows=(("u1", "a\nb", "1"),)
    ),
    Case(
        "header_of_two_lines",
        lambda: b'user,item,"amount\n(EUR)"\nu1,p7,1\n',
        names=("user", "item", "amount (EUR)"),
        rows=(("u1", "p7", "1"),),
    ),
    Case(
        "open_quote",
        lambda: b'user,item,amount\nu1,"p7,1\nu2,p3,2\n',
        rows=(("u2", "p3", "2"),),
        broken=(2,),
    ),
    Case("guarded_ids", lambda: b'user,item,amount\n="007",p7,1\n', rows=(("007", "p7", "1"),)),
    Case("separator_named", ("sep=;\n" + lines(separator=";")).encode, aside=("preamble",)),
    Case(
        "separator_named_tab",
        ("sep=\t\n" + lines(separator="\t")).encode,
        aside=("preamble",),
    ),
    Case(
        "title_above",
        lambda: lines(above=["Sales report", "", "Made on 2025-01-02"]).encode(),
        aside=("preamble", "preamble"),
        reading={"header": "4"},
    ),
    Case(
        "padded_title",
        lambda: lines(above=["Sales report,,", ",,"]).encode(),
        aside=("preamble", "preamble"),
        reading={"header": "3"},
    ),
    Case(
        "key_value_title",
        lambda: lines(separator=";", above=["Shop;Corner", "Period;2025-01"]).encode(),
        aside=("preamble", "preamble"),
        reading={"header": "3"},
    ),
    Case("total_below", lambda: lines(below=["Total,,50.00"]).encode(), aside=("total",)),
    Case(
        "total_german",
        lambda: lines(separator=";", below=["Summe;;1.050,00"]).encode(),
        aside=("total",),
    ),
    Case("total_chinese", lambda: lines(below=["合计,,50.00"]).encode(), aside=("total",)),
    Case("total_by_sum", lambda: lines(below=[",,50.00"]).encode(), aside=("total",)),
    Case(
        "no_total_by_another_sum",
        lambda: lines(below=[",,50.01"]).encode(),
        rows=(*PLAIN, (None, None, "50.01")),
    ),
    Case("total_of_fewer_cells", lambda: lines(below=["Total: 50.00"]).encode(), aside=("total",)),
    Case("rows_counted", lambda: lines(below=["", "(3 rows affected)"]).encode(), aside=("total",)),
    Case(
        "totals_and_title",
        lambda: lines(above=["Report"], below=["Total,,50", "Sum,,50"]).encode(),
        aside=("preamble", "total", "total"),
    ),
    Case(
        "total_of_all_cells",
        lambda: b"user,amount\nu1,1\nu2,2\nTotal,3\n",
        names=("user", "amount"),
        rows=(("u1", "1"), ("u2", "2")),
        aside=("total",),
    ),
    Case(
        "user_called_sum",
        lambda: b"user,amount\nu1,1\nu2,2\nSum,4\n",
        names=("user", "amount"),
        rows=(("u1", "1"), ("u2", "2"), ("Sum", "4")),
    ),
    Case(
        "user_called_total",
        lambda: lines(below=["Total,p1,50.00"]).encode(),
        rows=(*PLAIN, ("Total", "p1", "50.00")),
    ),
    Case("cut_off_in_a_row", lambda: lines(below=["u4,p"]).encode()[:-1], broken=(5,)),
    Case("ragged", lambda: lines(below=["u4,p7,1,2", "u5"]).encode(), broken=(5, 6)),
    Case(
        "without_header",
        lambda: b"u1,p7,19.90\nu2,p3,30.00\nu3,p7,0.10\n",
        names=("column_1", "column_2", "column_3"),
        reading={"header": "0"},
    ),
    Case(
        "header_of_years",
        lambda: b"user,2024,2025\nu1,1,2\n",
        names=("user", "2024", "2025"),
        rows=(("u1", "1", "2"),),
    ),
    Case(
        "header_without_a_name",
        lambda: b"user,,amount\nu1,p7,1\n",
        names=("user", "column_2", "amount"),
        rows=(("u1", "p7", "1"),),
    ),
    Case("blank_lines", lambda: lines().replace("\n", "\n\n  \n").encode()),
    Case("ctrl_z_at_the_end", lambda: TABLE + b"\x1a"),
    Case(
        "zero_bytes_within",
        lambda: b"user,item,amount\nu1,p\x007,1\n" + b"u2,p3,2\n" * 200,
        rows=(("u1", "p7", "1"), *[("u2", "p3", "2")] * 200),
    ),
    Case("leading_zeros", lambda: b"user,item,amount\n007,0012,1\n", rows=(("007", "0012", "1"),)),
    Case(
        "huge_numbers",
        lambda: b"user,item,amount\n18446744073709551616,1,1\n",
        rows=(("18446744073709551616", "1", "1"),),
    ),
    Case(
        "formulas_are_text", lambda: b'user,item,amount\n"=1+1",@x,1\n', rows=(("=1+1", "@x", "1"),)
    ),
    Case("one_column", lambda: b"user\nu1\nu2\n", names=("user",), rows=(("u1",), ("u2",))),
    *named(
        {
            "utf-8-sig": ("naïve", "Zoë", "utf-8"),
            "utf-16": ("naïve", "Zoë", "utf-16"),
            "utf-16-le": ("naïve", "Zoë", "utf-16-le"),
            "utf-16-be": ("naïve", "Zoë", "utf-16-be"),
            "cp1252": ("Straße", "Müller “x” 5 €", "cp1252"),
            "latin-1": ("Straße", "Müller", "cp1252"),
            "iso8859-15": ("Straße", "Müller 5 €", "iso8859-15"),
            "cp1250": ("Łódź", "Brzęczyszczykiewicz", "cp1250"),
            "iso8859-2": ("Łódź", "ręcznik kąpielowy i pościel", "iso8859-2"),
            "cp1254": ("Şehir", "Ayşe Çağrı gümüş kaşık", "cp1254"),  # noqa: RUF001 # Turkish
            "cp1251": ("имя", "Иван Петров", "cp1251"),
            "koi8-r": ("имя", "Иван Петров", "koi8-r"),
            "cp932": ("名前", "山田太郎", "cp932"),
            "gb18030": ("姓名", "张三在北京", "gb18030"),
            "big5": ("姓名", "張三在臺北", "big5"),
            "cp949": ("이름", "김철수", "cp949"),
        }
    ),
    Case(
        "utf_16_of_chinese",
        lambda: "用户,商品\n张三,书本\n李四,报纸\n".encode("utf-16-le"),
        names=("用户", "商品"),
        rows=(("张三", "书本"), ("李四", "报纸")),
    ),
    Case(
        "utf_8_cut_within_a_letter",
        lambda: ("user,name\n" + "u1,Zoë\n" * 30).encode()[:-2],
        names=("user", "name"),
        rows=(*[("u1", "Zoë")] * 29, ("u1", "Zo\ufffd")),
    ),
    Case("two_marks", lambda: codecs.BOM_UTF8 * 2 + TABLE),
]

PACKED = [
    Case("gzip", lambda: gzip.compress(TABLE), reading={"packed": "gzip"}),
    Case("gzip_of_two_members", lambda: gzip.compress(TABLE[:20]) + gzip.compress(TABLE[20:])),
    Case("zstd", lambda: zstandard.compress(TABLE), reading={"packed": "zstd"}),
    Case(
        "zip",
        lambda: zipped({"sales.csv": TABLE}),
        reading={"packed": "zip", "inside": "sales.csv"},
    ),
    Case(
        "zip_of_a_mac",
        lambda: zipped({"a.csv": TABLE, "__MACOSX/._a.csv": b"x", ".DS_Store": b"x"}),
    ),
    Case(
        "zip_of_gzip",
        lambda: zipped({"a.csv.gz": gzip.compress(TABLE)}),
        reading={"packed": "zip,gzip"},
    ),
    Case(
        "gzip_of_parquet",
        lambda: gzip.compress(parquet(pl.DataFrame(PLAIN, schema=list(NAMES), orient="row"))),
        reading={"format": "parquet"},
    ),
]

BOOKS = [
    Case(
        "workbook",
        lambda: book(("Sales", [NAMES, *NUMBERS])),
        rows=SHORT,
        reading={"format": "excel", "sheet": "Sales", "header": "1"},
    ),
    Case(
        "workbook_first_sheet_empty",
        lambda: book(("Empty", []), ("Sales", [NAMES, *NUMBERS])),
        rows=SHORT,
        reading={"sheet": "Sales"},
    ),
    Case(
        "workbook_with_a_cover",
        lambda: book(("Cover", [["Sales, see the next sheet"]]), ("Sales", [NAMES, *NUMBERS])),
        rows=SHORT,
        reading={"sheet": "Sales", "sheets": "Cover\nSales"},
    ),
    Case(
        "workbook_with_a_hidden_sheet",
        lambda: book(("Sales", [NAMES, *NUMBERS]), ("Notes", [["x"]]), hidden=("Notes",)),
        rows=SHORT,
        reading={"sheets": "Sales"},
    ),
    Case(
        "workbook_with_title_and_total",
        lambda: book(("Sales", [["Report"], [], NAMES, *NUMBERS, ("Total", "", 50)])),
        rows=SHORT,
        aside=("preamble", "total"),
        reading={"header": "3"},
    ),
    Case(
        "workbook_beside_the_corner",
        lambda: book(("Sales", [[], [], ["", "", *NAMES], *[("", "", *row) for row in NUMBERS]])),
        rows=SHORT,
        reading={"header": "3"},
    ),
    Case(
        "workbook_ids_and_dates",
        lambda: book(
            (
                "S",
                [
                    ("user", "when", "n"),
                    ("007", datetime(2025, 3, 1, 14, 30), 12345678901),  # noqa: DTZ001 - sheets know no zone
                    ("008", date(2025, 3, 2), 0.1),
                ],
            )
        ),
        names=("user", "when", "n"),
        rows=(("007", "2025-03-01T14:30:00", "12345678901"), ("008", "2025-03-02", "0.1")),
    ),
]

NESTED = [
    Case("json_list", lambda: json.dumps(RECORDS).encode(), rows=SHORT, reading={"format": "json"}),
    Case(
        "json_in_data",
        lambda: json.dumps({"data": RECORDS}).encode(),
        rows=SHORT,
        reading={"rows": "data"},
    ),
    Case("json_pretty", lambda: json.dumps({"data": RECORDS}, indent=2).encode(), rows=SHORT),
    Case(
        "json_columns",
        lambda: json.dumps({name: [row[name] for row in RECORDS] for name in NAMES}).encode(),
        rows=SHORT,
    ),
    Case("json_grid", lambda: json.dumps([NAMES, *NUMBERS]).encode(), rows=SHORT),
    Case(
        "json_orders",
        lambda: json.dumps(ORDERS).encode(),
        names=ORDER_NAMES,
        rows=ORDER_ROWS,
        aside=("preamble",),
        reading={"rows": "orders.line_items", "repeated": "line_items"},
    ),
    Case(
        "json_exact_numbers",
        lambda: (
            b'[{"user": "u1", "amount": 0.1000}, {"user": "u2", "amount": 12345678901234567890}]'
        ),
        names=("user", "amount"),
        rows=(("u1", "0.1000"), ("u2", "12345678901234567890")),
    ),
    Case(
        "json_lists_of_words",
        lambda: b'[{"user": "u1", "tags": ["a", "b"], "v": [0.5, 1]}]',
        names=("user", "tags", "v"),
        rows=(("u1", "a|b", "0.5 1"),),
    ),
    Case(
        "json_lines",
        lambda: "\n".join(json.dumps(one) for one in RECORDS).encode(),
        rows=SHORT,
        reading={"format": "json lines"},
    ),
    Case(
        "json_lines_one_broken",
        lambda: (
            b'{"user": "u1", "n": 1}\n{"user": "u2", "n"\n[1]\n{"user": "u3", "n": null, "x": true}\n'
        ),
        names=("user", "n", "x"),
        rows=(("u1", "1", None), ("u3", None, "true")),
        broken=(2, 3),
    ),
    Case(
        "json_lines_with_items",
        lambda: b'{"id": "o1", "items": [{"sku": "a"}, {"sku": "b"}]}\n' * 2,
        names=("id", "items.sku"),
        rows=(("o1", "a"), ("o1", "b")) * 2,
    ),
    Case("json_utf_16", lambda: json.dumps(RECORDS).encode("utf-16"), rows=SHORT),
]


def _locked() -> bytes:
    """A zip archive whose only file says that it is encrypted."""
    content = bytearray(zipped({"a.csv": TABLE}))
    content[6] |= 1
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    return bytes(content)


REFUSED = [
    Case("empty", lambda: b"", refused="is empty"),
    Case("only_blanks", lambda: b"\n\r\n \t\n", refused="is empty"),
    Case("only_a_mark", lambda: codecs.BOM_UTF8, refused="is empty"),
    Case("only_a_header", lambda: b"user,item\n", refused="no rows below its header"),
    Case("noise", lambda: bytes(range(256)) * 20, refused="bytes that are no text"),
    Case("picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), refused="a picture"),
    Case("pdf", lambda: b"%PDF-1.7\n", refused="a PDF document"),
    Case(
        "web_page", lambda: b"<!DOCTYPE html><html><body>Log in</body></html>", refused="a web page"
    ),
    Case("sqlite", lambda: b"SQLite format 3\x00" + bytes(50), refused="a SQLite database"),
    Case("arrow", lambda: b"ARROW1\x00\x00" + bytes(50), refused="an Arrow or Feather file"),
    Case(
        "doubled_name", lambda: b"user,amount,amount\nu,1,2\n", refused="'amount' stands more than"
    ),
    Case(
        "too_wide",
        (",".join(f"c{n}" for n in range(5000)) + "\n" + "x," * 4999 + "x\n").encode,
        refused="5,000 columns, and a table has 4,096",
    ),
    Case(
        "open_quotes_everywhere",
        lambda: b"user,item\n" + b'u1,"p\nu2,q"r,s,t\n' * 1500,
        refused="never closed",
    ),
    Case("gzip_cut_off", lambda: gzip.compress(TABLE * 50)[:-12], refused="damaged or cut off"),
    Case("gzip_noise", lambda: b"\x1f\x8b" + b"x" * 50, refused="damaged or cut off"),
    Case("gzip_of_nothing", lambda: gzip.compress(b""), refused="is empty"),
    Case("zstd_cut_off", lambda: zstandard.compress(TABLE * 50)[:-6], refused="damaged or cut off"),
    Case("zip_cut_off", lambda: zipped({"a.csv": TABLE})[:-30], refused="damaged or cut off"),
    Case(
        "zip_of_two",
        lambda: zipped({"a.csv": TABLE, "b.csv": TABLE}),
        refused=r"several files \(a.csv, b.csv\)",
    ),
    Case("zip_of_nothing", lambda: zipped({}), refused="is empty"),
    Case("zip_locked", _locked, refused="locked with a password"),
    Case("workbook_cut_off", lambda: book(("S", [NAMES, *NUMBERS]))[:-200], refused="damaged"),
    Case(
        "workbook_damaged",
        lambda: zipped({"xl/workbook.xml": b"<oops"}),
        refused="workbook that is damaged",
    ),
    Case("workbook_of_nothing", lambda: book(("S", [])), refused="no rows"),
    Case(
        "workbook_old_damaged",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        refused="damaged",
    ),
    Case(
        "parquet_cut_off",
        lambda: parquet(pl.DataFrame({"a": [1]}))[:-9],
        refused="damaged or cut off",
    ),
    Case("parquet_hollow", lambda: b"PAR1" + bytes(50) + b"PAR1", refused="damaged or cut off"),
    Case("parquet_without_rows", lambda: parquet(pl.DataFrame({"a": []})), refused="no rows"),
    Case(
        "json_cut_off",
        lambda: json.dumps(RECORDS).encode()[:-9],
        refused=r"damaged at line 1, column",
    ),
    Case("json_of_words", lambda: b'["a", {"b": 1}]', refused="JSON without records"),
    Case("json_two_lists", lambda: b'{"a": [{"x": 1}], "b": [{"y": 1}]}', refused="'a', 'b'"),
    Case(
        "json_two_inner_lists",
        lambda: b'{"orders": [{"items": [{"x": 1}], "taxes": [{"y": 1}]}]}',
        refused="'orders.items', 'orders.taxes'",
    ),
    Case("json_too_deep", lambda: b"[" * 100_000 + b"]" * 100_000, refused="too deeply"),
    Case(
        "json_too_wide",
        lambda: json.dumps([{f"c{n}": 1 for n in range(5000)}]).encode(),
        refused="columns, and a table has 4,096",
    ),
]


GOOD = [*TEXTS, *PACKED, *BOOKS, *NESTED]
CASES = [*GOOD, *REFUSED]
