"""Where a command writes its table."""

from pathlib import Path

import polars as pl

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.report.tables import table_bytes


def write_frame(frame: pl.DataFrame, out: Path) -> None:
    """Write the frame as CSV, Parquet or XLSX, by the file's ending; whole or not at all.

    Raises:
        ConfigError: another ending, or a place that cannot be written to.
    """
    write_bytes(table_bytes(frame, out), out)


def write_bytes(data: bytes, out: Path) -> None:
    """Write a file; whole or not at all.

    Raises:
        ConfigError: a place that cannot be written to.
    """
    draft = out.with_name(f".{out.name}.part")
    try:
        draft.write_bytes(data)
        draft.replace(out)
    except OSError as error:
        raise ConfigError(say("cli.write.cannot", out=out, why=error.strerror)) from error
