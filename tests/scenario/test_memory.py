"""What was found once is not looked for again."""

import pytest

from clvcore.scenario.memory import Memory


def test_what_is_remembered_is_not_found_again_and_the_oldest_is_forgotten_first():
    memory, asked = Memory(most=2), []

    def recall(key):
        return memory.recall(key, lambda: asked.append(key) or key.upper())

    assert [recall(key) for key in "aabab"] == list("AABAB")
    assert asked == ["a", "b"]
    recall("c")  # b was asked for last, so a goes
    recall("b")
    recall("a")
    assert asked == ["a", "b", "c", "a"]


def test_an_error_is_not_remembered():
    memory = Memory()
    with pytest.raises(ZeroDivisionError):
        memory.recall("key", lambda: 1 / 0)
    assert memory.recall("key", lambda: 1) == 1
