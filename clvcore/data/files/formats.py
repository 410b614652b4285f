"""What kind of file some bytes are, told by the bytes and never by the name."""

import re
from typing import Literal

from clvcore.data.files.packed import is_workbook
from clvcore.errors import UploadError
from clvcore.messages import say

Format = Literal["parquet", "excel", "text"]

_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = {
    b"%PDF": "pdf",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"SQLite format 3": "sqlite",
    b"ARROW1": "arrow",
    b"FEA1": "arrow",
    b"7z\xbc\xaf\x27\x1c": "archive",
    b"Rar!": "archive",
    b"BZh": "archive",
    b"\xfd7zXZ": "archive",
}
_WEB = re.compile(rb"\s*(<!doctype html|<html|<\?xml)", re.IGNORECASE)


def format_of(content: bytes, *, source: str) -> Format:
    """The format of a file, already unpacked, by its first bytes.

    Raises:
        UploadError: the file is empty, or of a kind that holds no table we can read.
    """
    if not content.strip(b" \t\r\n\x00") or content in {b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"}:
        raise UploadError(say("data.empty_file", source=source))
    if content.startswith(b"PAR1"):
        return "parquet"
    if content.startswith(_OLD_WORKBOOK) or (content.startswith(b"PK") and is_workbook(content)):
        return "excel"
    for magic, kind in _FOREIGN.items():
        if content.startswith(magic):
            what = say(f"data.read.kind_{kind}")
            raise UploadError(say("data.foreign_file", source=source, kind=what))
    if _WEB.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise UploadError(say("data.foreign_file", source=source, kind=say("data.read.kind_web")))
    return "text"


def is_plain_text(content: bytes) -> bool:
    """Whether nothing but text can be in a file, so that no parser of a foreign format sees it."""
    binary = (b"PAR1", b"PK", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", _OLD_WORKBOOK)
    return not content.startswith(binary)
