"""What would users want next? Three users as examples, and what all lists hold."""

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.charts.numbers import headline_count, percent, short
from clvcore.charts.ranking import most_listed
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.ranking.recommend import RANK, SIMILARITY, neighbours, recommend
from clvcore.report.cells import count, table
from clvcore.report.material import Trained
from clvcore.report.story import Block, Chart, Section, Table

N = 10
"""Length of every list."""
FEWEST_EVENTS = 5
"""Users with fewer events are no examples: there is little that a list could follow from."""
LATEST = 8
"""Events of an example that are shown."""
SHOWN_ITEMS = 10


def recommendations_section(
    trained: Trained | None, data: Dataset, *, ids: bool = False
) -> Section:
    """The lists of all users in sum, and those of three of them; without a run, why none.

    Args:
        trained: the run that the lists come from.
        data: that it learned from.
        ids: whether the three bear their ids; a report that leaves the house rather numbers them.
    """
    title = say("report.recommendations.title")
    if trained is None:
        return Section("recommendations", title, say("report.recommendations.none", name=data.name))
    lists = recommend(trained.embeddings, trained.seen, n=N)
    if lists.is_empty():
        return Section("recommendations", title, say("report.recommendations.nothing_left"))
    listed = _listed(lists, data)
    told = say(
        "report.recommendations.answer",
        n=N,
        users=count(lists[col.USER].n_unique()),
        items=headline_count(listed.height),
        share=percent(listed.height / data.items.height),
        title=listed[col.TITLE][0],
        reach=percent(listed["share"][0]),
    )
    examples = [
        _example(trained, data, lists, user, number=None if ids else number)
        for number, user in enumerate(_examples(trained), 1)
    ]
    rule = Block(
        say("report.recommendations.examples"),
        say("report.recommendations.rule", n=FEWEST_EVENTS),
        notes=(
            say("report.recommendations.similarity"),
            *([] if ids else [say("report.recommendations.numbered_note")]),
        ),
    )
    blocks = (_most(listed), *([rule, *examples] if examples else []))
    return Section("recommendations", title, told, blocks)


def _titles(data: Dataset) -> pl.DataFrame:
    """What a person calls the items; the id where there is no title."""
    return data.items.select(
        col.ITEM, pl.coalesce(col.TITLE, col.ITEM).alias(col.TITLE), col.CATEGORY
    )


def _listed(lists: pl.DataFrame, data: Dataset) -> pl.DataFrame:
    """Every item that is in a list: users who are shown it and their share, the most first."""
    everybody = lists[col.USER].n_unique()
    return (
        lists.group_by(col.ITEM)
        .agg(pl.len().cast(pl.Int64).alias("users"))
        .with_columns((pl.col("users") / everybody).alias("share"))
        .join(_titles(data), on=col.ITEM, how="left")
        .sort("users", col.ITEM, descending=[True, False])
    )


def _most(listed: pl.DataFrame) -> Block:
    top = listed.head(SHOWN_ITEMS)
    columns = {
        col.TITLE: (say("page_users.column.title"), "word"),
        col.CATEGORY: (say("page_users.column.category"), "word"),
        "users": (say("report.recommendations.users"), "count"),
        "share": (say("report.recommendations.share"), "share"),
    }
    chart = Chart(
        title=say("report.recommendations.most", n=N),
        figure=most_listed(top, share=say("report.recommendations.axis")),
        alt=say("report.recommendations.most_alt"),
        table=table(say("report.recommendations.most", n=N), top, columns),
    )
    return Block(say("report.recommendations.all"), charts=(chart,))


def _examples(trained: Trained) -> list[str]:
    """The busiest user, the one in the middle, and the least busy of those with some events."""
    events = np.diff(trained.seen.start)
    ids = trained.seen.users.ids
    order = pl.DataFrame({"user": ids, "events": events}).filter(pl.col("events") >= FEWEST_EVENTS)
    order = order.sort("events", "user", descending=[True, False])["user"]
    if order.is_empty():
        return []
    places = dict.fromkeys([0, len(order) // 2, len(order) - 1])
    return [order[place] for place in places]


def _example(
    trained: Trained, data: Dataset, lists: pl.DataFrame, user: str, *, number: int | None
) -> Block:
    """What one user did last, and what they would want next; by number, or by id without one."""
    events = data.events.filter(pl.col(col.USER) == user)
    first, last = events[col.AT].min(), events[col.AT].max()
    found = _with_reasons(trained, lists.filter(pl.col(col.USER) == user), user, data)
    told = say("report.recommendations.user_about", events=events.height, first=first, last=last)
    name = user if number is None else say("report.recommendations.numbered", n=number)
    return Block(
        say("report.recommendations.user", user=user if number is None else number),
        told,
        tables=(_wanted(found, name), _latest(events, name, data)),
    )


def _with_reasons(trained: Trained, found: pl.DataFrame, user: str, data: Dataset) -> pl.DataFrame:
    """A user's list with titles, and the item of the history that lies nearest to each."""
    seen = trained.seen
    number = seen.users.number(user)
    own = np.zeros(len(seen.items), dtype=bool)
    own[seen.item[seen.start[number] : seen.start[number + 1]]] = True
    reasons = [
        neighbours(trained.embeddings, item, n=1, allowed=own)[col.ITEM].to_list()
        for item in found[col.ITEM]
    ]
    titles = dict(_titles(data).select(col.ITEM, col.TITLE).iter_rows())
    named = [titles[one[0]] if one else None for one in reasons]
    return found.join(_titles(data), on=col.ITEM, how="left", maintain_order="left").with_columns(
        pl.Series("reason", named, dtype=pl.String)
    )


def _wanted(found: pl.DataFrame, name: str) -> Table:
    rows = [row | {SIMILARITY: short(row[SIMILARITY])} for row in found.sort(RANK).to_dicts()]
    columns = {
        RANK: (say("page_users.column.rank"), "count"),
        col.TITLE: (say("page_users.column.title"), "word"),
        col.CATEGORY: (say("page_users.column.category"), "word"),
        SIMILARITY: (say("page_users.column.similarity"), "number"),
        "reason": (say("page_users.column.reason"), "word"),
    }
    return table(say("report.recommendations.wanted", user=name), rows, columns)


def _latest(events: pl.DataFrame, name: str, data: Dataset) -> Table:
    """The last events, the latest first."""
    latest = events.tail(LATEST).reverse()
    latest = latest.join(_titles(data), on=col.ITEM, how="left", maintain_order="left")
    rows = [
        {
            "at": say("report.recommendations.at", at=row[col.AT]),
            "kind": say(f"page_users.kind.{row[col.KIND]}"),
            "title": row[col.TITLE] or say("page_users.no_item"),
            "amount": row[col.AMOUNT],
        }
        for row in latest.to_dicts()
    ]
    columns = {
        "at": (say("page_users.column.at"), "word"),
        "kind": (say("page_users.column.kind"), "word"),
        "title": (say("page_users.column.title"), "word"),
        "amount": (say("page_users.column.amount", currency=data.currency), "money"),
    }
    caption = say("report.recommendations.latest", user=name, n=len(rows))
    return table(caption, rows, columns, folded=True)
