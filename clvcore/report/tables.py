"""A frame as a file: exact numbers, and nothing that a spreadsheet would run."""

import io
from pathlib import PurePath

import polars as pl

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.report.sheets import xlsx_bytes

_PLAIN_NUMBER = r"^[-+]?\d[\d.,]*$"
_FORMULA = r"^[=+\-@\t\r]"


def table_bytes(frame: pl.DataFrame, file: PurePath) -> bytes:
    """The frame in the format that the file's ending names: CSV, Parquet or XLSX.

    In CSV money keeps its four places, times are ISO 8601, and lists are joined by ``|``.

    Raises:
        ConfigError: the ending is another, or the frame is too large for XLSX.
    """
    out = io.BytesIO()
    if file.suffix == ".parquet":
        frame.write_parquet(out, compression="zstd")
    elif file.suffix == ".csv":
        lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
        joined = frame.with_columns(pl.col(name).list.join("|") for name in lists)
        safe_for_sheets(joined).write_csv(out)
    elif file.suffix == ".xlsx":
        return xlsx_bytes(frame)
    else:
        raise ConfigError(say("report.ending", out=file))
    return out.getvalue()


def safe_for_sheets(frame: pl.DataFrame) -> pl.DataFrame:
    """The same with a quote before every text that a spreadsheet would run as a formula.

    OWASP names the leading characters = + - @ TAB CR (CWE-1236); plain numbers stay as they are.
    """
    words = pl.col(pl.String)
    risky = words.str.contains(_FORMULA) & ~words.str.contains(_PLAIN_NUMBER)
    safe = frame.with_columns(pl.when(risky).then(pl.lit("'") + words).otherwise(words).name.keep())
    names = [f"'{name}" if name[:1] in set("=+-@\t\r") else name for name in safe.columns]
    return safe.rename(dict(zip(safe.columns, names, strict=True)))
