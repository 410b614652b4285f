"""Bytes become a table of strings: read, nothing interpreted."""

from clvcore.data.dataset import RawTable
from clvcore.data.delimited import read_delimited
from clvcore.data.formats import decode, format_of
from clvcore.data.parquet import read_parquet


def read(content: bytes, *, table: str, source: str) -> RawTable:
    """The rows of a CSV or Parquet file, every cell as text, so that ids keep leading zeros.

    Args:
        content: The whole file.
        table: Which table it is to become: a name of `clvcore.columns.TABLES`.
        source: Name of the file, for messages.

    Raises:
        UploadError: the bytes are not a table that can be read.
        MappingError: two columns have the same name.
    """
    if format_of(content, source=source) == "parquet":
        return read_parquet(content, table=table, source=source)
    return read_delimited(decode(content, source=source), table=table, source=source)
