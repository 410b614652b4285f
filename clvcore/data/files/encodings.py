"""In which encoding a text is written, and the text itself."""

import codecs
import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from clvcore.data.files import latin
from clvcore.errors import UploadError
from clvcore.messages import say

ENCODINGS = (
    "utf-8",
    "utf-16",
    "cp1252",
    "iso8859-15",
    "cp1250",
    "iso8859-2",
    "cp1251",
    "koi8-r",
    "cp1253",
    "cp1254",
    "cp932",
    "euc-jp",
    "gb18030",
    "big5",
    "cp949",
)
"""Encodings that a person can choose from."""

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FAMILIES = {
    "cp1250": ("cp1250", "iso8859_2", "mac_latin2"),
    "cp1251": ("cp1251",),
    "koi8-r": ("koi8_r", "koi8_u"),
    "cp1253": ("cp1253", "iso8859_7"),
    "cp932": ("cp932", "shift_jis", "shift_jis_2004", "shift_jisx0213"),
    "euc-jp": ("euc_jp", "euc_jis_2004", "euc_jisx0213"),
    "gb18030": ("gb18030", "gbk", "gb2312"),
    "big5": ("big5", "big5hkscs", "cp950"),
    "cp949": ("cp949", "euc_kr"),
    "iso8859_5": ("iso8859_5",),
    "cp866": ("cp866",),
    "cp1255": ("cp1255", "iso8859_8"),
    "cp1256": ("cp1256", "iso8859_6"),
    "cp874": ("cp874", "tis_620"),
}
"""What is read for what charset-normalizer names; of what it names in the West it is often wrong."""
_FOREIGN_LINES = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_WESTERN = re.compile(
    rb"(?<![\x80-\xff])[\xc0-\xff\x80\x85\x91-\x97\x99\xa0\xa3\xa4\xa7-\xbf](?![\x80-\xff])"
)
"""Letters with accents among plain letters, and signs that stand alone."""
_MOSTLY = 0.7
_DAMAGED = 0.05
_PLAIN_CONTROLS = {"\t", "\n", "\r", "\f", "\v"}
_MOST_CONTROLS = 0.01
_SAMPLE = 1 << 16


def decode(content: bytes, *, source: str, encoding: str | None = None) -> tuple[str, str]:
    r"""The text of a file, with ``\n`` as its only line end, and its encoding.

    A byte order mark decides; then strict UTF-8; then UTF-16 where every other byte is zero; then
    what the letters look like, with Windows-1252 where nothing speaks for another.

    Raises:
        UploadError: the bytes are no text, or not in the encoding that was asked for.
    """
    name = encoding or encoding_of(content)
    try:
        text = content.decode(name, errors="replace")
    except (LookupError, UnicodeError) as error:
        raise UploadError(say("data.read.no_encoding", source=source, encoding=name)) from error
    text = text.rstrip("\x1a")  # the end of a file, long ago
    check_text(text, source=source, encoding=encoding)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\x00", ""), "utf-8" if name == "utf-8-sig" else name


def check_text(text: str, *, source: str, encoding: str | None = None) -> None:
    """Nothing, where the beginning of a text is what people write.

    Raises:
        UploadError: it holds signs that no text has.
    """
    if _strange(text) <= _MOST_CONTROLS * min(len(text), _SAMPLE):
        return
    if encoding:
        raise UploadError(say("data.read.no_encoding", source=source, encoding=encoding))
    raise UploadError(say("data.not_a_table", source=source))


def _strange(text: str) -> int:
    controls = Counter(char for char in text[:_SAMPLE] if char < " " or char == "\ufffd")
    return sum(count for char, count in controls.items() if char not in _PLAIN_CONTROLS)


def encoding_of(content: bytes) -> str:
    """The most likely encoding of a text.

    Example:
        >>> encoding_of("Müller;Zoë".encode("cp1252")), encoding_of("Иван;Мария".encode("cp1251"))
        ('cp1252', 'cp1251')
    """
    if known := encoding_of_start(content[:_SAMPLE]):
        return known
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return legacy([content])
    return "utf-8"


def encoding_of_start(start: bytes) -> str | None:
    """The encoding that the first bytes of a text give away; None where they do not."""
    for mark, name in _BYTE_ORDER_MARKS.items():
        if start.startswith(mark):
            return name
    if b"\x00" in start:
        if start[1::2].count(0) > len(start) / 4:
            return "utf-16-le"
        if start[::2].count(0) > len(start) / 4:
            return "utf-16-be"
        return _wide(start)
    return None


def _wide(start: bytes) -> str | None:
    """UTF-16 whose letters are not Latin: the plain signs between them have a zero byte each."""
    even = start[: len(start) // 2 * 2]
    for name, zero in (("utf-16-le", 1), ("utf-16-be", 0)):
        other = even[1 - zero :: 2]
        ends = sum(
            1
            for mark, plain in zip(even[zero::2], other, strict=True)
            if not mark and plain in b"\n,;\t"
        )
        text = even.decode(name, errors="replace")
        if ends and text.count("\n") and "\ufffd" not in text[:-1] and _strange(text) == 0:
            return name
    return None


def doubt(content: bytes, encoding: str) -> latin.Guess | None:
    """The other Latin encoding that a text may be in, where its letters do not tell for sure."""
    if encoding not in latin.LATIN:
        return None
    return doubt_of(foreign_lines([content]), encoding)


def doubt_of(lines: bytes, encoding: str) -> latin.Guess | None:
    """The same by the first lines with letters beyond ASCII."""
    if encoding not in latin.LATIN:
        return None
    found = latin.guess(lines)
    return found if found.encoding == encoding and found.other else None


def foreign_lines(parts: Iterable[bytes]) -> bytes:
    """The first lines with letters beyond ASCII of a text that comes in parts."""
    return _looked_through(parts)[0]


def _looked_through(parts: Iterable[bytes]) -> tuple[bytes, frozenset[int]]:
    """The first lines with letters beyond ASCII, and every byte that stands in the text."""
    lines, rest, seen = b"", b"", np.zeros(256, dtype=bool)
    for part in parts:
        seen[np.unique(np.frombuffer(part, dtype=np.uint8))] = True
        if len(lines) > _SAMPLE // 2:
            continue
        whole = rest + part
        end = max(whole.rfind(b"\n"), whole.rfind(b"\r")) + 1
        lines, rest = _foreign(whole[:end], lines), whole[end:]
    return _foreign(rest, lines), frozenset(np.flatnonzero(seen).tolist())


def legacy(parts: Iterable[bytes]) -> str:
    """The encoding of a text that is no UTF-8, by its lines with letters beyond ASCII."""
    return _by_letters(*_looked_through(parts))


def _foreign(content: bytes, lines: bytes) -> bytes:
    """The lines with letters beyond ASCII, behind those that were found before."""
    for line in _FOREIGN_LINES.finditer(content):
        if len(lines) > _SAMPLE // 2:
            break
        lines += line.group()[:_SAMPLE] + b"\n"
    return lines


def _by_letters(lines: bytes, seen: frozenset[int]) -> str:
    """The encoding of lines with letters beyond ASCII.

    Args:
        lines: Some of them.
        seen: Every byte that the whole text has.
    """
    text = lines.decode("utf-8", errors="replace")
    beyond = sum(1 for char in text if char > "\x7f")
    if text.count("\ufffd") <= _DAMAGED * beyond:
        return "utf-8"  # damaged in a few places, or cut off within a letter
    high = sum(1 for byte in lines if byte > 0x7F)
    if len(_WESTERN.findall(lines)) >= _MOSTLY * high:
        return _western(seen, lines)
    from charset_normalizer import from_bytes

    best = from_bytes(lines).best()
    if best is not None and best.encoding == "cp1255" and _is_koi8(lines):
        return "koi8-r"
    for family, names in _FAMILIES.items():
        if best is not None and best.encoding in names:
            return _western(seen, lines) if family == "cp1250" else family
    return _western(seen, lines)


def _is_koi8(lines: bytes) -> bool:
    """Whether what looks like Hebrew is Russian: where its small letters lie, Hebrew has points."""
    return sum(1 for byte in lines if 0xC0 <= byte < 0xE0) > sum(
        1 for byte in lines if byte >= 0xE0
    )


def _western(seen: frozenset[int], lines: bytes) -> str:
    """The encoding of Latin letters; the euro may stand elsewhere where Windows' signs are missing."""
    found = latin.guess(lines).encoding
    if found not in {"cp1252", "iso8859-15"}:
        return found
    has_signs = not seen.isdisjoint(range(0x80, 0xA0))
    if 0xA4 in seen and not has_signs:
        return "iso8859-15"  # in the others this byte is a sign that nobody writes
    if not seen.isdisjoint((0x81, 0x8D, 0x8F, 0x90, 0x9D)):
        return "latin-1"
    return "cp1252"
