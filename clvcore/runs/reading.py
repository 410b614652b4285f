"""Files of strangers are read in a program of its own, which may die in place of the server.

Parsers of workbooks, Parquet and archives can be made to crash or to eat all memory by a file of a
few kilobytes. The child gets little of our environment, limits on memory, time and files, and hands
back a table that it has written itself; whatever becomes of it, the parent goes on with a table or
with one sentence.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from clvcore import errors
from clvcore.data.dataset import RawTable, SourceFile
from clvcore.data.files.formats import is_plain_text
from clvcore.data.files.packed import layer_of
from clvcore.data.files.reading import DECIDED_BY_FILE, Reading
from clvcore.data.files.stream import BLOCK_BYTES
from clvcore.data.meaning.blocks import Block, Blocks
from clvcore.errors import ClvError, MappingError, NotFoundError, UploadError
from clvcore.messages import recalled, say
from clvcore.messages.languages import language, speaking
from clvcore.runs.ahead import AT_ONCE, ahead
from clvcore.runs.folders import own_folder, sweep_folders
from clvcore.runs.spare import ASKED, LOG, let_read

MOST_BYTES = 2 << 30
"""The largest file that is read at once."""
_HELD = 16 << 20
"""Text up to this size is one block."""
_GROWS = 8
"""How many times a packed text grows when it is unpacked, about."""
_LARGE = 8 << 20
"""From here on reading takes longer than one likes to wait without seeing anything."""
_ALONE = 64 << 20
"""A file of more bytes is read while no other is."""
_HEAD_BYTES, _HEAD_ROWS = 1 << 18, 20
_MOST_SAID = 2000
_PREFIX = "clv-reading-"
_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 120.0
_TIMEOUT_S_PER_MB = 1.0


def read_apart(
    file: Path | bytes,
    table: str,
    source: str,
    how: Reading = DECIDED_BY_FILE,
    *,
    timeout_s: float | None = None,
) -> RawTable:
    """The rows of a file, read in a child that is thrown away afterwards.

    Args:
        file: Path of the file, or all of its bytes.
        table: Which table it is to become.
        source: Name of the file, for messages.
        how: What a person decided about the reading.
        timeout_s: How long the child may take; by default as its size allows.

    Raises:
        UploadError: the file is no table, is too large, or its reader died.
        MappingError: two columns have the same name.
        NotFoundError: there is no such file.
    """
    n_bytes = len(file) if isinstance(file, bytes) else _size(file)
    _check_size(n_bytes, source)
    sweep()
    with own_folder(Path(tempfile.gettempdir()), _PREFIX) as place:
        if isinstance(file, bytes):
            (place / "file").write_bytes(file)
            file = place / "file"
        asked = {"path": str(file.resolve()), "table": table, "source": source}
        _ask(place, {**asked, "how": asdict(how), "n_bytes": n_bytes}, timeout_s)
        return _table(place, _answer(place, source), table, source)


@dataclass(frozen=True, slots=True)
class Asked:
    """A file that is to be read."""

    load: Callable[[], bytes]
    n_bytes: int
    source: str
    how: Reading


def read_each(files: Sequence[Asked], table: str) -> Iterator[RawTable | ClvError]:
    """What comes of each file of a table, in their order: its rows, or what is wrong with it.

    Two are read at a time, except where both may need more memory than there is.
    """
    spoken = language()  # of whoever asks, whom a thread does not know

    def read(one: Asked) -> RawTable | ClvError:
        try:
            with speaking(spoken):
                return read_apart(one.load(), table, one.source, one.how)
        except ClvError as error:
            return error

    large = any(one.n_bytes > _ALONE for one in files)
    return ahead(read, files, at_once=1 if large else AT_ONCE)


def first_rows(
    content: bytes, table: str, source: str, how: Reading = DECIDED_BY_FILE
) -> RawTable | None:
    """The first rows of a large text, to be looked at while all of it is read.

    Returns:
        None where the file is small, or where nothing can be told of it by its beginning.
    """
    if len(content) <= _LARGE or not is_plain_text(content):
        return None
    try:
        begun = read_apart(content[:_HEAD_BYTES], table, source, how)
    except (UploadError, MappingError):
        return None
    return replace(begun, frame=begun.frame.head(-1).head(_HEAD_ROWS))  # the last row may be cut


def sweep() -> int:
    """How many folders were removed that a killed reader of ours left behind."""
    return sweep_folders(Path(tempfile.gettempdir()), _PREFIX)


def read_blocks_apart(
    file: Path,
    table: str,
    place: Path,
    how: Reading = DECIDED_BY_FILE,
    *,
    block_bytes: int = _HELD,
) -> Blocks:
    """The rows of a file on disk, of which one block is held at a time where it is a large text.

    Args:
        file: Path of the file.
        table: Which table it is to become.
        place: Folder in which the blocks stay for as long as they are needed.
        how: What a person decided about the reading.
        block_bytes: Files up to this size are one block.

    Raises:
        ClvError: as `read_apart` says.
    """
    n_bytes, source = _size(file), file.name
    _check_size(n_bytes, source)
    with file.open("rb") as opened:
        packed = layer_of(opened.read(4)) is not None
    if n_bytes <= (block_bytes // _GROWS if packed else block_bytes):
        return Blocks.of(read_apart(file, table, source, how))
    own = Path(tempfile.mkdtemp(prefix="reading-", dir=place))
    named = {"path": str(file.resolve()), "table": table, "source": source}
    asked = {**named, "how": asdict(how), "n_bytes": n_bytes}
    _ask(own, {**asked, "in_blocks": True, "block_bytes": min(block_bytes, BLOCK_BYTES)}, None)
    told = _answer(own, source)
    if "blocks" not in told:
        raw = _table(own, told, table, source)
        shutil.rmtree(own, ignore_errors=True)
        return Blocks.of(raw)
    files = tuple(SourceFile(**one) for one in told["files"])
    blocks = tuple(
        Block(
            partial(_block, own / f"block-{number}", table, source),
            one["rows"],
            tuple(one["filled"]),
        )
        for number, one in enumerate(told["blocks"])
    )
    head = replace(blocks[0].load(), files=files, reading=told["reading"])
    return Blocks(head, blocks)


def _block(place: Path, table: str, source: str) -> RawTable:
    """One block that the child has left."""
    return _table(
        place, {"numbers": (), "has_lines": True, "files": (), "reading": {}}, table, source
    )


def _check_size(n_bytes: int, source: str) -> None:
    if n_bytes > MOST_BYTES:
        sizes = {"n": -(-n_bytes >> 20), "most": MOST_BYTES >> 20}
        raise UploadError(say("data.read.too_large", source=source, **sizes))


def _ask(place: Path, asked: dict[str, Any], timeout_s: float | None) -> None:
    """Let a child do what is asked for, in a folder."""
    (place / ASKED).write_text(json.dumps(asked), "utf-8")
    let_read(place, timeout_s or _TIMEOUT_S + _TIMEOUT_S_PER_MB * (asked["n_bytes"] >> 20))


def _size(path: Path) -> int:
    try:
        with path.open("rb"):  # says now what the child could not
            return path.stat().st_size
    except FileNotFoundError as error:
        raise NotFoundError(say("data.no_such_file", path=path)) from error
    except (OSError, ValueError) as error:
        raise UploadError(say("data.unreadable_file", path=path, why=error)) from error


def _answer(place: Path, source: str) -> dict[str, Any]:
    """What the child has said, or its error as ours.

    Raises:
        ClvError: what the child has said.
        UploadError: it has said nothing, or not to the end.
    """
    try:
        told: dict[str, Any] = json.loads((place / "answer.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        _LOG.warning("The reader of a file has died: %s", _last_words(place))
        raise UploadError(say("data.read.gave_up", source=source)) from error
    if "error" in told:
        raise getattr(errors, told["error"])(recalled(told["text"]))
    return told


def _last_words(place: Path) -> str:
    """What the child said before it died, for whoever keeps the server."""
    try:
        return (place / LOG).read_bytes()[-_MOST_SAID:].decode(errors="replace").strip()
    except OSError:
        return ""


def _table(place: Path, told: dict[str, Any], table: str, source: str) -> RawTable:
    try:
        return RawTable(
            name=table,
            source=source,
            frame=_frame(place, "frame"),
            numbers=frozenset(told["numbers"]),
            lines=_frame(place, "lines")["line"] if told["has_lines"] else None,
            broken=_frame(place, "broken"),
            aside=_frame(place, "aside"),
            files=tuple(SourceFile(**one) for one in told["files"]),
            reading=told["reading"],
        )
    except (OSError, KeyError, pl.exceptions.PolarsError) as error:
        raise UploadError(say("data.read.gave_up", source=source)) from error


def _frame(place: Path, name: str) -> pl.DataFrame:
    """A table of the child; from bytes, so that nothing stays mapped to a file that is removed."""
    return pl.read_ipc((place / f"{name}.arrow").read_bytes())
