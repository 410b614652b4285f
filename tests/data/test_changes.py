"""What has changed since last month is said, with its numbers and by a stated rule."""

from datetime import date, timedelta

import pytest

from clvcore.data.again import usual
from clvcore.data.again.replay import replay
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe, Severity
from clvcore.data.files.read import read
from clvcore.errors import MappingError

HEAD = ["client", "item", "time", "kind", "amount", "channel"]


def rows(first: date, days: int, *, a_day=3, price="5.00", user="u{}", channel="mail"):
    """So many purchases and as many views a day, by users who come again and again."""
    for day in range(days):
        at = first + timedelta(days=day)
        for n in range(a_day):
            who = user.format((day + n) % 7)
            yield [who, f"i{n}", f"{at} 10:00:0{n}", "purchase", price, channel]
            yield [who, f"i{n}", f"{at} 09:00:0{n}", "view", "", channel]


def raws(made, head=HEAD):
    text = "\n".join(",".join(line) for line in [head, *made])
    return {"events": read(text.encode(), table="events", source="next.csv")}


@pytest.fixture
def year(bring):
    text = "\n".join(",".join(line) for line in [HEAD, *rows(date(2024, 1, 1), 366)])
    return bring({"options": {"decimal": "."}}, events=text)


def changed(year, made, head=HEAD, answers=None):
    _, found = replay(raws(made, head), year.dataset.recipe, year, answers)
    return {one.rule: one for one in found.news}


JANUARY = date(2025, 1, 1)


def test_a_month_like_those_before_is_no_news(year):
    _, found = replay(raws(rows(JANUARY, 31)), year.dataset.recipe, year)
    assert found.alarming == ()
    volume = next(one for one in found.all if one.rule == "volume")
    assert (volume.before, volume.after) == (pytest.approx(6), pytest.approx(6))
    assert volume.usual[0] < 6 < volume.usual[1]


@pytest.mark.parametrize(
    ("how", "rule", "severity"),
    [
        ({"a_day": 1}, "volume", Severity.ERROR),
        ({"price": "9.00"}, "money", Severity.WARNING),
        ({"price": "500.00"}, "money", Severity.ERROR),
        ({"user": "x{}"}, "known_users", Severity.ERROR),
        ({"channel": "fax"}, "names_new", Severity.WARNING),
        ({"price": "much"}, "rejected", Severity.ERROR),
        ({"price": ""}, "missing", Severity.ERROR),
    ],
)
def test_every_drift_is_told_with_its_weight(year, how, rule, severity):
    one = changed(year, rows(JANUARY, 31, **how))[rule]
    assert one.severity is severity
    assert one.before is None or one.before != one.after


def test_a_kind_that_comes_no_longer_and_one_that_is_new_are_told(year):
    made = [line for line in rows(JANUARY, 31) if line[3] == "view"]
    made += [[*line[:3], "cart", *line[4:]] for line in made]
    found = changed(year, made)
    assert found["kind_gone"].before == pytest.approx(0.5)
    assert found["kind_new"].after == pytest.approx(0.5)


def test_a_gap_and_an_overlap_are_told_by_their_days(year):
    gap = changed(year, rows(date(2025, 1, 11), 20))["gap"]
    assert (gap.severity, gap.before, gap.after) == (Severity.WARNING, 0, 10)
    overlap = changed(year, rows(date(2024, 12, 21), 31))["overlap"]
    assert overlap.severity is Severity.NOTE
    assert changed(year, rows(date(2024, 12, 1), 31))["inside"].severity is Severity.WARNING


def test_new_columns_and_those_that_are_gone_are_told(year):
    made = [[*line[:5], "1"] for line in rows(JANUARY, 31)]
    found = changed(year, made, [*HEAD[:5], "points"])
    assert "points" in found["columns_new"].text
    assert "channel" in found["columns_lost"].text


def test_a_column_under_another_name_is_proposed_by_its_values_and_never_guessed(year):
    head = ["partner", *HEAD[1:]]
    with pytest.raises(MappingError, match=r"no column 'client'.* It may be called partner now"):
        changed(year, rows(JANUARY, 31), head)
    answered = changed(year, rows(JANUARY, 31), head, {("events", "client"): "partner"})
    assert [*answered] == ["column_renamed"]


def test_a_required_column_that_nothing_looks_like_is_asked_for(year):
    made = [[line[0], line[1], "never", *line[3:]] for line in rows(JANUARY, 31)]
    with pytest.raises(MappingError, match=r"no column 'time'.*none that looks like it"):
        changed(year, made, ["client", "item", "words", "kind", "amount", "channel"])


def test_within_three_spreads_a_level_is_usual_and_far_beyond_it_is_an_error():
    months = [100, 104, 96, 102, 98, 100]
    assert usual.level(months, None, 110).severity is Severity.NOTE
    assert usual.level(months, None, 125).severity is Severity.WARNING
    assert usual.level(months, None, 190).severity is Severity.WARNING  # not yet doubled
    assert usual.level(months, None, 210).severity is Severity.ERROR


def test_with_few_months_a_level_is_judged_by_its_factor():
    assert usual.level([100], 100, 149).severity is Severity.NOTE
    assert usual.level([100], 100, 151).severity is Severity.WARNING
    assert usual.level([100], 100, 301).severity is Severity.ERROR
    assert usual.level([], 100, 100).usual is None


def test_shares_may_always_move_by_five_points():
    months = [0.5] * 6
    assert usual.share(months, None, 0.549).severity is Severity.NOTE
    assert usual.share(months, None, 0.56).severity is Severity.WARNING
    assert usual.share(months, None, 0.76).severity is Severity.ERROR
    assert usual.share([], 0.5, 0.59).severity is Severity.NOTE
    assert usual.share([], 0.5, 0.81).severity is Severity.ERROR


def test_personal_ids_are_hashed_alike_so_that_users_are_known_again():
    def mails(days):
        return [[f"{line[0]}@mail.example", *line[1:]] for line in rows(days, 31)]

    options = {"decimal": ".", "protect": {"events.client": "hash"}}
    key = b"key of the workspace"
    first = bring_in(raws(mails(date(2025, 1, 1))), Recipe("p", "EUR", options=options), key=key)
    assert "@" not in first.dataset.users["user_id"][0]
    fresh, found = replay(raws(mails(date(2025, 2, 1))), first.dataset.recipe, first, key=key)
    assert set(fresh.dataset.users["user_id"]) == set(first.dataset.users["user_id"])
    assert found.news == ()


def test_files_without_a_header_are_read_under_the_names_of_the_recipe(bring):
    names = ["client", "item", "time", "kind", "amount", "channel"]
    first = bring(
        {"options": {"decimal": ".", "names": {"events": names}}},
        events="\n".join(",".join(line) for line in rows(date(2025, 1, 1), 31)),
    )
    assert first.dataset.events.height == 31 * 6
    made = [*rows(date(2025, 2, 1), 28)]
    fresh, _ = replay(raws(made[1:], made[0]), first.dataset.recipe, first)
    assert fresh.dataset.events.height == 28 * 6
