from datetime import UTC, datetime

import polars as pl
import pytest

from clvcore.data.cells.moments import date_order, moments


def read(*cells, time_zone="UTC"):
    column = pl.Series(cells, dtype=pl.String)
    found = moments(column, time_zone=time_zone, order=date_order(column) or "dmy")
    return [
        moment and f"{moment:%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".") for moment in found.at
    ]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2025-03-01", "2025-03-01 00:00:00"),
        ("2025-03-01 14:30", "2025-03-01 14:30:00"),
        ("2025-03-01T14:30:05.25", "2025-03-01 14:30:05.25"),
        ("2025-03-01T14:30:05Z", "2025-03-01 14:30:05"),
        ("2025-03-01 14:30:05+02:00", "2025-03-01 12:30:05"),
        ("2025-03-01 14:30:05 -0530", "2025-03-01 20:00:05"),
        ("2025-03-01 14:30:05 UTC", "2025-03-01 14:30:05"),
        ("2025/3/1 4:05", "2025-03-01 04:05:00"),
        ("20250301", "2025-03-01 00:00:00"),
        ("20250301143005", "2025-03-01 14:30:05"),
        ("20250301T143005", "2025-03-01 14:30:05"),
        ("1.3.2025", "2025-03-01 00:00:00"),
        ("25/03/2025 14:30", "2025-03-25 14:30:00"),
        ("3/25/2025 2:30 PM", "2025-03-25 14:30:00"),
        ("25.03.25", "2025-03-25 00:00:00"),
        ("1 Dec 2010", "2010-12-01 00:00:00"),
        ("1-Dec-10", "2010-12-01 00:00:00"),
        ("Dec 1, 2010 8:26 AM", "2010-12-01 08:26:00"),
        ("Wednesday, 1 December 2010 10:00:05", "2010-12-01 10:00:05"),
        ("1700000000", "2023-11-14 22:13:20"),
        ("1700000000.5", "2023-11-14 22:13:20.5"),
        ("1700000000123", "2023-11-14 22:13:20.123"),
        ("1700000000123456", "2023-11-14 22:13:20.123456"),
        ("1700000000123456789", "2023-11-14 22:13:20.123456"),
    ],
)
def test_times_are_read_as_files_write_them(cell, moment):
    assert read(cell) == [moment]


@pytest.mark.parametrize("cell", ["soon", "2025-13-01", "2025-02-30", "31.04.2025", "12", "25:00"])
def test_what_is_no_time_stays_unread(cell):
    assert read(cell, "2025-01-01", "2025-01-02") == [
        None,
        "2025-01-01 00:00:00",
        "2025-01-02 00:00:00",
    ]


def test_one_day_above_twelve_decides_for_the_column():
    assert read("03/04/2025", "25/04/2025")[0] == "2025-04-03 00:00:00"
    assert read("03/04/2025", "04/25/2025")[0] == "2025-03-04 00:00:00"


def test_days_and_months_below_thirteen_tell_nothing():
    assert date_order(pl.Series(["03/04/2025", "05/06/2025"])) is None


def test_dots_stand_between_day_and_month_in_that_order():
    assert date_order(pl.Series(["03.04.2025"])) == "dmy"


def test_a_local_time_follows_the_clocks_of_its_zone():
    assert read("2025-01-01 12:00", "2025-07-01 12:00", time_zone="Europe/Berlin") == [
        "2025-01-01 11:00:00",
        "2025-07-01 10:00:00",
    ]


def test_an_offset_goes_before_the_zone():
    assert read("2025-07-01T12:00Z", "2025-07-01 12:00", time_zone="Europe/Berlin") == [
        "2025-07-01 12:00:00",
        "2025-07-01 10:00:00",
    ]


def test_the_hour_that_spring_skips_is_read_an_hour_later_and_counted():
    found = moments(pl.Series(["2025-03-30 02:30"]), time_zone="Europe/Berlin", order="dmy")
    assert f"{found.at[0]:%H:%M}" == "01:30"  # 03:30 summer time
    assert (found.skipped, found.repeated) == (1, 0)


def test_of_the_hour_that_autumn_repeats_the_first_is_taken_and_counted():
    found = moments(pl.Series(["2025-10-26 02:30"]), time_zone="Europe/Berlin", order="dmy")
    assert f"{found.at[0]:%H:%M}" == "00:30"  # still summer time
    assert (found.skipped, found.repeated) == (0, 1)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_stated_unit_goes_before_the_number_of_digits(unit):
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    cells = pl.Series([str(86_400 * per_second), "soon", None])
    found = moments(cells, time_zone="Europe/Berlin", order="dmy", unit=unit).at
    assert found.to_list() == [datetime(1970, 1, 2, tzinfo=UTC), None, None]
