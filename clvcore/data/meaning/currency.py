"""The currency of a data set: told by its files, or asked for; never assumed where there is money."""

from collections.abc import Mapping
from typing import Any

from clvcore.data.cells.choices import Choices
from clvcore.data.cells.table import Cells
from clvcore.data.dataset import ColumnMap, RawTable
from clvcore.data.meaning.readings import DOLLAR, currencies_of, currency_question
from clvcore.errors import MappingError
from clvcore.messages import say

NO_MONEY = "EUR"
"""What stands in the recipe of a data set without money: any, for nothing is counted in it."""


def currency_told(
    raws: Mapping[str, RawTable],
    maps: Mapping[str, ColumnMap],
    options: Mapping[str, Any],
    answer: str,
) -> str:
    """The currency that the tables name themselves, those of the events first.

    Args:
        raws: table -> its rows.
        maps: table -> its column map.
        options: Choices of cleaning; the one currency that is to be kept counts.
        answer: How a person says the currency: the sentence behind the question.

    Raises:
        MappingError: there is money, and nothing tells, or several tell, in which currency.
    """
    choices = Choices.of(options)
    if choices.keep_currency:
        return choices.keep_currency
    asked = None
    for name, raw in raws.items():
        cells = Cells(raw, maps[name], "UTC", choices)
        named = [one for one in currencies_of(cells) if one not in choices.rates]
        if len(named) == 1 and named != [DOLLAR]:
            return named[0]
        question = currency_question(cells, named)
        if len(named) > 1:
            column = cells.column("currency")
            several = say("data.currency_several", column=column, names=", ".join(named))
            raise MappingError(say("units.both", first=several, second=answer))
        asked = asked or question
    if asked is None:
        return NO_MONEY
    raise MappingError(say("units.both", first=asked.text, second=answer))
