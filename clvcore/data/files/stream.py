"""A text of any size is read in blocks of lines, of which one is held at a time.

The blocks come out as `clvcore.data.files.read.read` would read the whole: what the first block
decides (separator, header) holds for all; where a later one shows that the whole has to be read in
another way (another encoding, cells that span lines), all is read again in that way.
"""

import codecs
import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from clvcore.data.dataset import RawTable, SourceFile
from clvcore.data.files import layout, nested, packed
from clvcore.data.files.delimited import OtherwiseError, lines_of, pieces_of
from clvcore.data.files.encodings import (
    check_text,
    doubt_of,
    encoding_of_start,
    foreign_lines,
    legacy,
)
from clvcore.data.files.formats import format_of, is_plain_text
from clvcore.data.files.latin import LATIN
from clvcore.data.files.read import told_of_doubt
from clvcore.data.files.reading import DECIDED_BY_FILE, Reading
from clvcore.data.files.top import Plan
from clvcore.errors import UploadError
from clvcore.messages import say

BLOCK_BYTES = 4 << 20
"""How much of a text is held at a time; cutting it into lines asks for sixteen times as much."""
_LEAST_ROWS = 16
"""Rows that the last block has at least, so that lines of totals stand in it."""
_LEAST_LINES = 2 * layout.SAMPLE
"""Lines of the first block, which decides for all, at the least."""
_START = 1 << 16
_UTF8 = "utf-8"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where blocks are put as they are read."""

    put: Callable[[RawTable], None]
    clear: Callable[[], None]
    """Forget all blocks, since the text has to be read in another way."""
    column: Callable[[int], Iterable[pl.Series]]
    """place of a column -> its cells, block by block"""


def can_stream(path: Path, how: Reading = DECIDED_BY_FILE) -> bool:
    """Whether a file is delimited text, also inside gzip or zstd, that can be read in blocks.

    Raises:
        UploadError: it holds no table that can be read.
    """
    parts, layers = _unpacked(path, _Digest(), _START)
    start = next(parts, b"")
    if not start.strip(b" \t\r\n\x00") or not is_plain_text(start):
        return False
    if format_of(start, source=path.name) != "text":
        return False
    name = how.encoding or encoding_of_start(start) or "latin-1"  # braces are the same in all
    try:
        text = start.decode(name, errors="replace")
    except (LookupError, UnicodeError):
        return False
    text = text.removeprefix("\ufeff")
    return len(layers) <= 1 and (how.separator is not None or nested.kind_of(text) is None)


def read_in_blocks(
    path: Path,
    shelf: Shelf,
    *,
    table: str,
    source: str,
    how: Reading = DECIDED_BY_FILE,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[SourceFile, dict[str, str]]:
    """What was read, and how; its rows are on the shelf, in blocks and in the order of the file.

    Args:
        path: A file that `can_stream`.
        shelf: Where the blocks go.
        table: Which table it is to become.
        source: Name of the file, for messages.
        how: What a person decided about the reading.
        block_bytes: How much of the file is held at a time.

    Raises:
        UploadError: the file is no text, is damaged, or holds no rows.
        MappingError: two columns have the same name.
    """
    encoding, strict = how.encoding, False
    if encoding is None:
        start = next(_unpacked(path, _Digest(), _START)[0], b"")
        encoding = encoding_of_start(start)
        encoding, strict = encoding or _UTF8, encoding is None
    plan = Plan()
    while True:
        digest = _Digest()
        parts, layers = _unpacked(path, digest, block_bytes)
        try:
            texts = _texts(parts, encoding, source=source, strict=strict, chosen=how.encoding)
            told = _shelved(_lines(texts), shelf, plan, table=table, source=source, how=how)
        except UnicodeDecodeError:
            encoding, strict = legacy(_unpacked(path, _Digest(), block_bytes)[0]), False
        except OtherwiseError as otherwise:
            plan = otherwise.plan
        else:
            break
        shelf.clear()
    spoken = _UTF8 if encoding == "utf-8-sig" else encoding
    told = {"format": "text", "encoding": spoken, **told}
    if how.encoding is None and spoken in LATIN:
        lines = foreign_lines(_unpacked(path, _Digest(), block_bytes)[0])
        told |= told_of_doubt(doubt_of(lines, spoken))
    if layers:
        told["packed"] = ",".join(layers)
    return SourceFile(source, digest.hexdigest(), digest.n_bytes), how.told(told)


class _Digest:
    """SHA-256 and length of the bytes that went by."""

    def __init__(self) -> None:
        self.sha256, self.n_bytes = hashlib.sha256(), 0

    def hexdigest(self) -> str:
        return self.sha256.hexdigest()

    def parts(self, path: Path, size: int) -> Iterator[bytes]:
        with path.open("rb") as file:
            while part := file.read(size):
                self.sha256.update(part)
                self.n_bytes += len(part)
                yield part


def _unpacked(path: Path, digest: _Digest, size: int) -> tuple[Iterator[bytes], list[str]]:
    """The bytes of a file in parts, and in what they were packed."""
    parts, layers = digest.parts(path, size), []
    start = next(parts, b"")
    parts = _again(start, parts)
    layer = packed.layer_of(start)
    if layer is not None:
        parts = _of_size(packed.streamed(parts, layer, source=path.name), size)
        layers.append(layer)
    return parts, layers


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _of_size(parts: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in parts of about one size."""
    held: list[bytes] = []
    n_bytes = 0
    for part in parts:
        held.append(part)
        n_bytes += len(part)
        if n_bytes >= size:
            yield b"".join(held)
            held, n_bytes = [], 0
    if held:
        yield b"".join(held)


def _texts(
    parts: Iterable[bytes], encoding: str, *, source: str, strict: bool, chosen: str | None
) -> Iterator[str]:
    r"""The text part by part, with ``\n`` as its only line end."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict" if strict else "replace")
    except LookupError as error:
        raise UploadError(say("data.read.no_encoding", source=source, encoding=encoding)) from error
    first, held = True, ""
    for part in parts:
        text = held + decoder.decode(part)
        held = "\r" if text.endswith("\r") else ""  # its line feed may stand in the next part
        text = text.removesuffix(held)
        if first and text:
            check_text(text, source=source, encoding=chosen)
            text, first = text.removeprefix("\ufeff"), False
        yield _plain(text)
    yield _plain(held + decoder.decode(b"", final=True))


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def _lines(texts: Iterable[str]) -> Iterator[pl.Series]:
    """The lines of a text in pieces, the first of them large enough to decide for all."""
    held: list[str] = []
    least = _LEAST_LINES
    for text in texts:
        held.append(text)
        if "\n" not in text or sum(part.count("\n") for part in held) < least:
            continue
        whole, _, rest = "".join(held).rpartition("\n")
        yield lines_of(whole)
        held, least = [rest], 1
    yield lines_of("".join(held).rstrip("\x1a"))  # the end of a file, long ago


def _shelved(
    lines: Iterable[pl.Series],
    shelf: Shelf,
    plan: Plan,
    *,
    table: str,
    source: str,
    how: Reading,
) -> dict[str, str]:
    """How the lines were read; the last block waits for the end, where totals are set aside."""
    waiting: RawTable | None = None
    for raw in pieces_of(lines, plan, table=table, source=source, how=how):
        if waiting is None:
            waiting = raw
        elif raw.frame.height < _LEAST_ROWS:
            waiting = _together(waiting, raw)
        else:
            shelf.put(waiting)
            waiting = raw
    if waiting is None:
        raise UploadError(say("data.no_rows", source=source))
    joint = waiting.reading["separator"]
    shelf.put(layout.without_totals(waiting, joint=joint, earlier=shelf.column))
    return dict(waiting.reading)


def _together(first: RawTable, second: RawTable) -> RawTable:
    """Two blocks that follow each other as one."""
    lines = [one.lines for one in (first, second) if one.lines is not None]
    return replace(
        first,
        frame=pl.concat([first.frame, second.frame]),
        lines=pl.concat(lines),
        broken=pl.concat([first.broken, second.broken]),
        aside=pl.concat([first.aside, second.aside]),
    )
