"""The currency of a data set whose first money comes with further files."""

from collections.abc import Mapping
from dataclasses import replace

from clvcore import columns as col
from clvcore.data.dataset import ColumnMap, Dataset, RawTable, Recipe
from clvcore.data.meaning.currency import NO_MONEY, currency_told
from clvcore.data.meaning.mapping import propose
from clvcore.errors import ConfigError
from clvcore.messages import say


def is_without_money(data: Dataset) -> bool:
    """Whether nothing in a data set is counted in its currency, and nobody chose that."""
    if data.currency != NO_MONEY or data.spend is not None:
        return False
    prices = [data.items[name] for name in (col.PRICE, col.UNIT_COST) if name in data.items]
    return all(one.null_count() == len(one) for one in (data.events[col.AMOUNT], *prices))


def in_its_currency(
    recipe: Recipe, previous: Dataset, raws: Mapping[str, RawTable], said: str | None
) -> Recipe:
    """The recipe with the currency of the whole.

    Args:
        recipe: How the further files are read.
        previous: What is there.
        raws: table -> the rows of the further files.
        said: The currency that a person said.

    Raises:
        MappingError: their money is the first, and nothing tells its currency.
        ConfigError: another currency was said than that of the money that is there.
    """
    if not is_without_money(previous):
        if said and said != recipe.currency:
            told = {"name": previous.name, "own": recipe.currency, "currency": said}
            raise ConfigError(say("data.again_other_currency", **told))
        return recipe
    if said:
        return replace(recipe, currency=said)
    maps = {name: _map(raw, recipe.maps.get(name)) for name, raw in raws.items()}
    answer = say("data.currency_say")
    return replace(recipe, currency=currency_told(raws, maps, recipe.options, answer))


def _map(raw: RawTable, known: ColumnMap | None) -> ColumnMap:
    return propose(raw) if known is None else known
