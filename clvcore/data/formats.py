"""What kind of file some bytes are, and the text in them."""

import codecs
from collections import Counter
from typing import Literal

from clvcore.errors import UploadError
from clvcore.messages import say

Format = Literal["parquet", "text"]

_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "a SQLite database",
}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_PLAIN_CONTROLS = {"\t", "\n", "\r", "\f", "\v"}
_MOST_CONTROLS = 0.01
_SAMPLE = 1 << 16


def format_of(content: bytes, *, source: str) -> Format:
    """The format of a file by its first bytes, whatever its name.

    Raises:
        UploadError: the file is empty, or of a kind that holds no table we can read.
    """
    if not content.strip(b" \t\r\n\x00"):
        raise UploadError(say("data.empty_file", source=source))
    if content.startswith(b"PAR1"):
        return "parquet"
    for magic, kind in _FOREIGN.items():
        if content.startswith(magic):
            raise UploadError(say("data.foreign_file", source=source, kind=kind))
    return "text"


def decode(content: bytes, *, source: str) -> str:
    r"""The text of a file, with ``\n`` as its only line end.

    A byte order mark decides; then strict UTF-8; then UTF-16 where every other byte is zero; then
    Windows-1252, in which nearly every sequence of bytes is text.

    Raises:
        UploadError: the bytes are no text.
    """
    text = content.decode(_encoding(content), errors="replace")
    controls = Counter(char for char in text[:_SAMPLE] if char < " " or char == "\ufffd")
    strange = sum(count for char, count in controls.items() if char not in _PLAIN_CONTROLS)
    if strange > _MOST_CONTROLS * min(len(text), _SAMPLE):
        raise UploadError(say("data.not_a_table", source=source))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _encoding(content: bytes) -> str:
    for mark, name in _BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return name
    start = content[:_SAMPLE]
    if b"\x00" in start:
        if start[1::2].count(0) > len(start) / 4:
            return "utf-16-le"
        if start[::2].count(0) > len(start) / 4:
            return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
