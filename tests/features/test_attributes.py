"""Attributes tell the towers what is known of a row, in the order of the vocabulary."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import polars as pl

from clvcore import columns as col
from clvcore.data.dataset import Dataset, Recipe
from clvcore.features.attributes import item_attributes, user_attributes, written_tokens
from clvcore.features.vocabulary import Vocabulary

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def catalogue() -> Dataset:
    items = pl.DataFrame(
        {
            col.ITEM: ["a", "b", "c"],
            col.TITLE: ["Red cup", "Blue cup", None],
            col.CATEGORY: ["kitchen", "kitchen", None],
            col.TAGS: [["sale", "new"], ["sale"], []],
            col.PRICE: [Decimal(3), Decimal(3), None],
            col.VECTOR: pl.Series([[3.0, 4.0], None, [0.0, 0.0]], dtype=pl.Array(pl.Float32, 2)),
            "maker": ["acme", "acme", "other"],
            "weight": [1.0, None, 3.0],
        },
        schema_overrides={col.PRICE: col.MONEY},
    )
    users = pl.DataFrame({col.USER: ["u"], col.CHANNEL: ["email"], "country": ["AT"]})
    return Dataset.of(
        events=pl.DataFrame(schema=col.EVENTS),
        items=items,
        users=users,
        observed=(NOW, NOW),
        recipe=Recipe(name="x", currency="EUR"),
    )


def bag(attributes, row: int) -> set[str]:
    return {attributes.terms[number - 1] for number in attributes.tokens[row] if number}


def test_a_row_has_the_tokens_that_it_shares_with_others():
    found = item_attributes(catalogue(), Vocabulary(pl.Series(["a", "b", "c"])))
    assert bag(found, 0) == {"category=kitchen", "tags=sale", "word=cup", "maker=acme"}
    assert bag(found, 2) == set()


def test_numbers_are_standardised_and_an_unknown_number_is_average():
    found = item_attributes(catalogue(), Vocabulary(pl.Series(["a", "b", "c"])))
    weight = found.numbers[:, found.number_names.index("weight")]
    assert weight[1] == 0
    assert np.isclose(weight[0], -weight[2])


def test_vectors_have_length_one_and_a_missing_one_is_zero():
    found = item_attributes(catalogue(), Vocabulary(pl.Series(["a", "b", "c"])))
    assert np.allclose(found.vectors, [[0.6, 0.8], [0, 0], [0, 0]])


def test_rows_stand_in_the_order_of_the_vocabulary():
    shown = item_attributes(catalogue(), Vocabulary(pl.Series(["b", "c"])))
    assert shown.tokens.shape[0] == 2
    assert shown.vectors.tolist() == [[0, 0], [0, 0]]


def test_a_user_with_nothing_in_common_has_an_empty_bag():
    found = user_attributes(catalogue(), Vocabulary(pl.Series(["u"]), "user"))
    assert bag(found, 0) == set()
    assert found.numbers.shape == (1, 0)


def test_words_meet_in_their_pieces_and_chinese_in_its_characters():
    assert {"gram=dre", "gram=res", "gram=ess"} <= set(written_tokens("Dress")) & set(
        written_tokens("dresses")
    )
    assert "gram=茶" in set(written_tokens("绿茶")) & set(written_tokens("茶杯"))
