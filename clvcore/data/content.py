"""The id of content: a digest of tables that are held, or gone through piece by piece."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import partial

import numpy as np
import polars as pl

_PIECE = 1 << 20
"""Rows of a table that is held whose values are digested at once."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A table that is not held: its rows can be gone through column by column, piece by piece."""

    schema: pl.Schema
    height: int
    column: Callable[[str], Iterable[pl.Series]]
    """name of a column -> its values in order, piece by piece"""


def content_id(frames: Mapping[str, pl.DataFrame | Pieces], facts: object = None) -> str:
    """Sixteen hexadecimal digits that name this content: blake2b over names, types and values.

    Neither ``DataFrame.hash_rows`` (differs between versions of polars) nor Arrow bytes (differ
    with the way a frame was put together) would do.
    """
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(frames):
        table = frames[name]
        for column, kind in table.schema.items():
            digest.update(f"{name}.{column}:{kind}:{table.height}".encode())
            for part in _value_bytes(partial(_pieces, table, column), kind):
                digest.update(part)
    digest.update(json.dumps(facts, default=_plain, sort_keys=True).encode())
    return digest.hexdigest()


def _pieces(table: pl.DataFrame | Pieces, column: str) -> Iterable[pl.Series]:
    """The values of a column, piece by piece."""
    if isinstance(table, Pieces):
        return table.column(column)
    values = table[column]
    return (values.slice(place, _PIECE) for place in range(0, len(values), _PIECE))


def _value_bytes(
    pieces: Callable[[], Iterable[pl.Series]], kind: pl.DataType
) -> Iterator[bytes | memoryview]:
    """The bytes of a column, the same for equal columns whatever their pieces and buffers."""
    if any(piece.null_count() for piece in pieces()):
        yield from _packed(piece.is_null().to_numpy() for piece in pieces())

    def known() -> Iterator[pl.Series]:
        return (piece.drop_nulls() for piece in pieces())

    if isinstance(kind, pl.List):
        yield from (piece.list.len().to_numpy().data for piece in known())
        yield from _value_bytes(
            lambda: (one.explode(keep_nulls=False, empty_as_null=False) for one in known()),
            pl.Series(dtype=kind.inner).dtype,
        )
    elif kind == pl.String:
        yield from (piece.str.len_bytes().to_numpy().data for piece in known())
        yield from ((piece.str.join("").item() or "").encode() for piece in known())
    elif kind != pl.Null:
        yield from (_physical(piece) for piece in known())


def _packed(masks: Iterable[np.ndarray]) -> Iterator[memoryview]:
    """The bits of one long mask, eight to a byte, whatever pieces it comes in."""
    rest = np.zeros(0, dtype=bool)
    for mask in masks:
        bits = np.concatenate([rest, mask])
        whole = len(bits) // 8 * 8
        yield np.packbits(bits[:whole]).data
        rest = bits[whole:]
    yield np.packbits(rest).data


def _physical(values: pl.Series) -> memoryview:
    """Days, microseconds, codes of an Enum, decimal digits."""
    physical = values.to_physical() if values.dtype != pl.Array else values
    if physical.dtype == pl.Int128:  # money in ten-thousandths: numpy has no such integer
        physical = physical.cast(pl.Int64)
    return np.ascontiguousarray(physical.to_numpy()).data


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if is_dataclass(value):
        return {part.name: getattr(value, part.name) for part in fields(value)}
    return str(value)
