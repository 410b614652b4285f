"""Files inside archives, unpacked in memory up to a limit."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from clvcore.errors import UploadError
from clvcore.messages import listed, say

MOST_BYTES = 2 << 30
"""The most that a file may hold once it is unpacked."""
_CHUNK = 1 << 20
_SIP = 1 << 12
_MOST_LAYERS = 3
_GZIP, _ZSTD, _ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_BOOKS = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")
_CLUTTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What was inside, and how it was packed from the outside in."""

    content: bytes
    layers: tuple[str, ...] = ()
    inside: str = ""
    """Name of the file in a zip archive."""


def unpacked(content: bytes, *, source: str, most_bytes: int = MOST_BYTES) -> Unpacked:
    """The file inside gzip, zstd or zip, told by its first bytes; any other file as it is.

    Raises:
        UploadError: the archive is damaged, locked, holds several tables, or far too much.
    """
    found = Unpacked(content)
    while len(found.layers) < _MOST_LAYERS:
        if found.content.startswith(_GZIP):
            parts, layer, inside = _gunzipped(iter([found.content]), source), "gzip", found.inside
        elif found.content.startswith(_ZSTD):
            parts, layer, inside = _unzstd(iter([found.content]), source), "zstd", found.inside
        elif found.content.startswith((_ZIP, _EMPTY_ZIP)) and not is_workbook(found.content):
            (parts, inside), layer = _member(found.content, source, most_bytes), "zip"
        else:
            break
        text = _joined(parts, source=source, most_bytes=most_bytes)
        found = Unpacked(text, (*found.layers, layer), inside)
    return found


def is_workbook(content: bytes) -> bool:
    """Whether a zip archive is a workbook of Excel or LibreOffice."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False
    return any(book in names for book in _BOOKS)


def _joined(parts: Iterator[bytes], *, source: str, most_bytes: int) -> bytes:
    held = io.BytesIO()
    for part in parts:
        if held.tell() + len(part) > most_bytes:
            most = most_bytes >> 20
            raise UploadError(say("data.read.too_much_inside", source=source, most=most))
        held.write(part)
    return held.getvalue()


def layer_of(start: bytes) -> str | None:
    """In what a file is packed that can be unpacked part by part, by its first bytes."""
    if start.startswith(_GZIP):
        return "gzip"
    return "zstd" if start.startswith(_ZSTD) else None


def streamed(parts: Iterator[bytes], layer: str, *, source: str) -> Iterator[bytes]:
    """What is inside a file that is packed in a `layer_of`, up to the limit.

    Raises:
        UploadError: the archive is damaged, or holds far too much.
    """
    inside = _gunzipped(parts, source) if layer == "gzip" else _unzstd(parts, source)
    held = 0
    for part in inside:
        held += len(part)
        if held > MOST_BYTES:
            most = MOST_BYTES >> 20
            raise UploadError(say("data.read.too_much_inside", source=source, most=most))
        yield part


def _gunzipped(parts: Iterator[bytes], source: str) -> Iterator[bytes]:
    """The parts of one or several gzip members."""
    stream = zlib.decompressobj(wbits=31)
    try:
        for part in parts:
            left = part
            while left:
                if stream.eof:
                    left = left.lstrip(b"\x00")
                    if not left:
                        break
                    if not _GZIP.startswith(left[:2]):
                        return
                    stream = zlib.decompressobj(wbits=31)
                yield stream.decompress(left, _CHUNK)
                left = stream.unused_data if stream.eof else stream.unconsumed_tail
    except zlib.error as error:
        raise UploadError(say("data.read.damaged_archive", source=source)) from error
    if not stream.eof:
        raise UploadError(say("data.read.damaged_archive", source=source))


def _unzstd(parts: Iterator[bytes], source: str) -> Iterator[bytes]:
    """The parts of one or several zstd frames; a little at a time, since a bomb grows 30,000-fold."""
    import zstandard

    bound = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    frame, fresh = bound.decompressobj(), True
    try:
        sips = (part[place : place + _SIP] for part in parts for place in range(0, len(part), _SIP))
        for sip in sips:
            left = sip
            while left:
                yield frame.decompress(left)
                left, fresh = frame.unused_data, frame.eof
                if frame.eof:
                    frame = bound.decompressobj()
    except zstandard.ZstdError as error:
        raise UploadError(say("data.read.damaged_archive", source=source)) from error
    if not fresh:
        raise UploadError(say("data.read.damaged_archive", source=source))


def _member(content: bytes, source: str, most_bytes: int) -> tuple[Iterator[bytes], str]:
    """The parts and the name of the only file in a zip archive."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise UploadError(say("data.read.damaged_archive", source=source)) from error
    files = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not any(part in one.filename for part in _CLUTTER)
    ]
    if len(files) > 1:
        names = listed([one.filename for one in files])
        raise UploadError(say("data.read.several_inside", source=source, names=names))
    if not files:
        raise UploadError(say("data.empty_file", source=source))
    if files[0].flag_bits & 1:
        raise UploadError(say("data.read.locked", source=source))
    if files[0].file_size > most_bytes:
        most = most_bytes >> 20
        raise UploadError(say("data.read.too_much_inside", source=source, most=most))
    return _unzipped(archive, files[0], source), files[0].filename


def _unzipped(archive: zipfile.ZipFile, file: zipfile.ZipInfo, source: str) -> Iterator[bytes]:
    try:
        with archive, archive.open(file) as stream:
            while part := stream.read(_CHUNK):
                yield part
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        raise UploadError(say("data.read.damaged_archive", source=source)) from error
