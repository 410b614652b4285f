"""Work on the next pieces of a table while what came of the one before is put away."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import TypeVar

AT_ONCE = 2
"""Pieces that are in memory at a time: polars works on each without the lock of the interpreter."""
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def ahead(
    work: Callable[[_Item], _Result], items: Iterable[_Item], *, at_once: int = AT_ONCE
) -> Iterator[_Result]:
    """What comes of each item, in order; others are worked on while the caller looks at one.

    Args:
        work: What is done with an item, in a thread of its own.
        items: Items, taken as there is room for them.
        at_once: How many results there are at a time, done and to be done, with the caller's.

    Raises:
        BaseException: what ``work`` raises, where the result would stand.
    """

    def within(context: Context, item: _Item) -> _Result:  # the language is the caller's
        return context.run(work, item)

    waiting: deque[Future[_Result]] = deque()
    pool = ThreadPoolExecutor(at_once)
    try:
        for item in items:
            waiting.append(pool.submit(within, copy_context(), item))
            if len(waiting) == at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
