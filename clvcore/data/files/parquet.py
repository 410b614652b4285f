"""Parquet becomes a table of strings, so that it goes through the same intake as text."""

import io

import polars as pl

from clvcore.data.dataset import RawTable
from clvcore.errors import UploadError
from clvcore.messages import say

_MAGIC = b"PAR1"


def read_parquet(content: bytes, *, table: str, source: str) -> RawTable:
    """The rows of a Parquet file as strings; numbers, times and lists in one plain spelling.

    Raises:
        UploadError: the file is damaged, or has no rows.
    """
    if len(content) < 12 or not content.endswith(_MAGIC):
        raise UploadError(say("data.damaged_file", source=source))
    try:
        frame = pl.read_parquet(io.BytesIO(content))
        plain = frame.select(_as_text(column) for column in frame)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UploadError(say("data.damaged_file", source=source)) from error
    if frame.height == 0:
        raise UploadError(say("data.no_rows", source=source))
    numbers = frozenset(column.name for column in frame if column.dtype.is_numeric())
    return RawTable(name=table, frame=plain, source=source, numbers=numbers)


def _as_text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if kind.is_float():
        finite = column.set(~column.is_finite(), value=None)
        # a column of whole numbers with gaps is stored as floats: 17850.0 was the id 17850
        whole = ((finite.round() == finite) & (finite.abs() < 1e15)).all()
        return finite.cast(pl.Int64).cast(pl.String) if whole else finite.cast(pl.String)
    if isinstance(kind, pl.Datetime):
        if kind.time_zone:
            return column.dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        return column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    if isinstance(kind, pl.Array):
        column = column.arr.to_list()
        kind = column.dtype
    if isinstance(kind, pl.List):
        joint = " " if kind.inner.is_numeric() else "|"
        return column.list.eval(pl.element().cast(pl.String)).list.join(joint)
    if isinstance(kind, pl.Struct):
        return column.struct.json_encode()
    return column.cast(pl.String)
