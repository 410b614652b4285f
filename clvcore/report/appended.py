"""What became of the rows of files that were added to a data set, in a sentence for each table."""

from collections.abc import Iterator

from clvcore.data.again.append import Appended
from clvcore.data.cleaning.quality import amount
from clvcore.messages import say


def came_told(both: Appended, currency: str) -> Iterator[str]:
    """One sentence for each table of the new files: where its rows and its money went."""
    for one in both.came:
        there = both.there.get(one.table, 0)
        bears = one.table in {"events", "spend"} and one.money_in
        yield say(
            "data.again_came_money" if bears else "data.again_came",
            table=say(f"data.table.{one.table}"),
            rows=f"{one.rows_in:,}",
            accepted=f"{one.accepted:,}",
            there=f"{there:,}",
            rejected=f"{one.rejected:,}",
            ignored=f"{one.ignored - there:,}",
            money_in=amount(one.money_in, currency),
            money=amount(one.money_accepted, currency),
        )
