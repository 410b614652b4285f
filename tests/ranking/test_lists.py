import numpy as np

from clvcore.ranking.lists import ItemLists

LISTS = ItemLists.of([[5, 1, 5], [], [2]])


def test_taking_lists_follows_the_order_asked_for():
    taken = LISTS.take(np.array([2, 0, 2]))
    assert taken.start.tolist() == [0, 1, 4, 5]
    assert taken.item.tolist() == [2, 5, 1, 5, 2]


def test_filtering_keeps_the_bounds_of_every_list():
    kept = LISTS.where(LISTS.item == 5)
    assert kept.start.tolist() == [0, 2, 2, 2]
    assert kept.item.tolist() == [5, 5]


def test_distinct_lists_hold_each_item_once_in_ascending_order():
    once = LISTS.distinct()
    assert once.start.tolist() == [0, 2, 2, 3]
    assert once.item.tolist() == [1, 5, 2]


def test_no_lists_at_all_are_lists_too():
    nothing = ItemLists.of([])
    assert len(nothing) == 0
    assert nothing.distinct().item.tolist() == []
