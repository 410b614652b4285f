"""Files as they really are, brought in by a person: German, Excel, harmful, ambiguous, the next one."""

import io
import re

import pytest
import xlsxwriter
from browsing import PATIENCE_MS, says, settle
from playwright.sync_api import expect

from clvcore.messages import say

pytestmark = pytest.mark.slow
HEADER = "Kunde;Artikel;Datum;Betrag"


def german(days: range, month: int) -> bytes:
    """Sales in Windows-1252, with a title above, decimal commas, and a total below."""
    rows = [
        f"Müller {day % 7};Stück {day % 5};{day:02d}.{month:02d}.2025 10:{day:02d};1.2{day:02d},50 €"
        for day in days
    ]
    total = sum(1200 + day for day in days) + len(days) // 2
    text = "\r\n".join(["Verkäufe 2025", "", HEADER, *rows, f"Summe;;;{total},00 €"])
    return text.encode("cp1252")


def workbook() -> bytes:
    """Orders on the second sheet, ids with leading zeros."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        book.add_worksheet("Cover")
        sheet = book.add_worksheet("Orders")
        sheet.write_row(0, 0, ["customer", "sku", "ordered at", "revenue"])
        for row in range(1, 41):
            sheet.write_row(
                row, 0, [f"{row % 9:04d}", f"{row % 6:03d}", f"2025-05-{row % 28 + 1:02d}", row / 4]
            )
    return held.getvalue()


def sparse() -> bytes:
    """A few kilobytes that name the first and the last cell that a sheet can have."""
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "customer")
        sheet.write(1048575, 16383, "far away")
    return held.getvalue()


def ambiguous() -> bytes:
    """Days and months that nobody can tell apart."""
    rows = [f"u{n % 5},p{n % 4},0{n % 9 + 1}/0{(n + 3) % 9 + 1}/2025,{n}.25" for n in range(30)]
    return "\n".join(["user,item,date,revenue", *rows]).encode()


def upload(page, warm, name: str, content: bytes) -> None:
    """A file on the Data page, opened anew in the same session."""
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=say("pages.data.title"))
    if link.count():
        link.first.click()
        settle(page)
        page.get_by_text(say("page_data.view_bring"), exact=True).first.click()
    else:
        page.goto(f"{warm}/data?data_view=bring")
    settle(page)
    held = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(held)


def press(page, key: str) -> None:
    """A button by its message."""
    page.get_by_role("button", name=say(key), exact=True).click()


def accept(page) -> None:
    """From what was understood to a stored data set."""
    settle(page)
    press(page, "page_data.bring.check")
    says(page, "Ready to accept")
    press(page, "page_data.bring.accept")
    says(page, "Every row is accounted for")
    settle(page)


def test_a_german_file_and_the_next_month_of_it(page, warm):
    upload(page, warm, "verkaeufe.csv", german(range(1, 29), 3))
    says(page, "28 rows")
    expect(page.get_by_text(re.compile("Western|1252")).first).to_be_visible()
    accept(page)
    says(page, "of 30 event rows, 28 .* and 2 left out by a rule")  # title and total
    says(page, "Of EUR 34.0k brought in, EUR 34.0k counts")  # 28 sales of 1,201.50 to 1,228.50
    upload(page, warm, "april.csv", german(range(1, 15), 4))
    page.get_by_text(say("page_data.again_as_next"), exact=True).click()
    settle(page)
    press(page, "page_data.again_add_alarming")  # days are missing between the files
    says(page, "of 46 event rows, 42 .* and 4 left out by a rule")


def test_a_workbook_with_a_cover_keeps_its_leading_zeros(page, warm):
    upload(page, warm, "orders.xlsx", workbook())
    says(page, "40 rows")
    page.get_by_text("EUR", exact=True).click()
    accept(page)
    says(page, "of 40 event rows, 40 ")


def test_a_file_made_to_harm_costs_one_sentence(page, warm):
    upload(page, warm, "bomb.xlsx", sparse())
    said = page.get_by_role("alert").filter(has_text="bomb.xlsx")
    expect(said.first).to_be_visible(timeout=PATIENCE_MS)
    page.goto(warm)
    settle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text(say("pages.home.title"))


def test_dates_that_can_be_read_in_two_ways_are_asked_for(page, warm):
    upload(page, warm, "two_ways.csv", ambiguous())
    says(page, "30 rows")
    asked = page.get_by_test_id("stRadio")
    asked.locator("label").filter(has_text="2025").nth(1).click()
    settle(page)
    expect(asked).to_have_count(0)
    page.get_by_text("EUR", exact=True).click()
    accept(page)
    says(page, "of 30 event rows, 30 ")


def test_a_file_over_the_limit_is_refused_before_it_is_sent_and_the_way_out_is_said(
    page, warm, tmp_path
):
    large = tmp_path / "years.csv"
    with large.open("wb") as file:
        file.truncate((500 << 20) + 1)  # a hole, which takes no room
    sent = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "PUT" else None)
    upload(page, warm, "small.csv", ambiguous())
    page.get_by_role("button", name="Remove small.csv").first.click()
    settle(page)
    sent.clear()
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(large)
    expect(page.get_by_text("years.csv").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("500").first).to_be_visible()
    expect(page.get_by_text("clv data import --events").first).to_be_visible()
    assert sent == []
