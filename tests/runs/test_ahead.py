"""Work that is done ahead comes out as if it had been done one after the other."""

import threading

import pytest

from clvcore.messages import languages, say
from clvcore.runs.ahead import AT_ONCE, ahead


def test_results_come_in_the_order_of_the_items_however_long_each_takes():
    last_is_done = threading.Event()

    def work(n: int) -> int:
        if n == 0:
            assert last_is_done.wait(10), "the second item is worked on while the first is not done"
        else:
            last_is_done.set()
        return n * n

    assert list(ahead(work, range(6))) == [0, 1, 4, 9, 16, 25]


def test_no_more_items_are_taken_than_there_is_room_for():
    taken: list[int] = []

    def items():
        for n in range(10):
            taken.append(n)
            yield n

    results = ahead(lambda n: n, items())
    assert next(results) == 0
    assert len(taken) == AT_ONCE


def test_an_error_stands_where_its_result_would_and_ends_the_work():
    def work(n: int) -> int:
        if n == 2:
            raise ValueError("the third")
        return n

    results = ahead(work, range(100))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="the third"):
        next(results)
    assert list(results) == []


def test_work_speaks_the_language_of_the_caller():
    with languages.speaking("zh"):
        there = list(ahead(lambda _: say("page_users.no_item"), [0]))
    assert there == ["无物品"]
