"""Who likes what, from histories: the table that baselines start from."""

import numpy as np
from jaxtyping import Bool, Int
from scipy.sparse import csr_array, csr_matrix

from clvcore.features.histories import Histories
from clvcore.ranking.lists import ItemLists


def likes(
    histories: Histories,
    users: Int[np.ndarray, " batch"] | None = None,
    *,
    counted: Bool[np.ndarray, " events"] | None = None,
) -> csr_array:
    """Liking of items by users, [batch, items]: the strongest positive weight of their events.

    However often a user came back to an item, it counts once, so that nobody outvotes the others.

    Args:
        histories: what users did.
        users: their numbers, in the order wanted; all where None.
        counted: events that count; all where None.
    """
    numbers = np.arange(len(histories.users)) if users is None else users
    events = ItemLists(histories.start, np.arange(len(histories.item))).take(numbers)
    liked = histories.weight[events.item] > 0
    if counted is not None:
        liked &= counted[events.item]
    row, event = events.rows()[liked], events.item[liked]
    # the last of equal keys wins below, so the strongest event of a pair has to come last
    order = np.lexsort((histories.weight[event], histories.item[event], row))
    row, event = row[order], event[order]
    keys = row * len(histories.items) + histories.item[event]
    last = np.append(keys[1:] != keys[:-1], True)[: len(keys)]
    start = np.concatenate([[0], np.cumsum(np.bincount(row[last], minlength=len(numbers)))])
    return csr_array(
        (histories.weight[event[last]], histories.item[event[last]], start),
        shape=(len(numbers), len(histories.items)),
    )


def for_implicit(liked: csr_array) -> csr_matrix:
    """The same table as the library implicit wants it: a matrix with short indices."""
    made = csr_matrix(liked.astype(np.float64))
    made.indices, made.indptr = made.indices.astype(np.int32), made.indptr.astype(np.int32)
    return made
