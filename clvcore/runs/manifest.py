"""What the files of a folder were when they were written, so that a flipped bit is seen.

``manifest.json`` names each file with its length and SHA-256, and holds the SHA-256 of that list.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from clvcore.runs.durable import write_whole

MANIFEST = "manifest.json"
_BLOCK = 1 << 20


class DamagedError(Exception):
    """Raised where a file is not what it was; the argument is its name."""


def seal(folder: Path, names: Iterable[str]) -> None:
    """Write down what these files are now; written last, it says that they are complete."""
    files = {name: _fingerprint(folder / name) for name in sorted(names)}
    manifest = {"files": files, "sha256": _digest_of(files)}
    write_whole(folder / MANIFEST, json.dumps(manifest, indent=1).encode())


def files_in(folder: Path) -> list[str]:
    """All files below a folder save its manifest, by their paths in it."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return [name for path in found if (name := path.relative_to(folder).as_posix()) != MANIFEST]


def sealed_files(folder: Path) -> dict[str, Any]:
    """Length and digest by the name of each sealed file; empty where nothing was sealed.

    Raises:
        DamagedError: the manifest itself is not what it was.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        files, digest = manifest.pop("files"), manifest.pop("sha256")
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(MANIFEST) from error
    if manifest or digest != _digest_of(files):
        raise DamagedError(MANIFEST)
    return files


def check_all(folder: Path) -> None:
    """Compare every sealed file with its digest.

    Raises:
        DamagedError: one is not what it was, or nothing was sealed.
    """
    files = sealed_files(folder)
    if not files:
        raise DamagedError(MANIFEST)
    for name, expected in files.items():
        try:
            found = _fingerprint(folder / name)
        except OSError as error:
            raise DamagedError(name) from error
        if found != expected:
            raise DamagedError(name)


def read_sealed(folder: Path, name: str) -> bytes:
    """A file, compared with its digest where it was sealed.

    Raises:
        OSError: it cannot be read.
        DamagedError: it, or the manifest, is not what it was.
    """
    data = (folder / name).read_bytes()
    expected = sealed_files(folder).get(name)
    if expected is not None and expected != _print_of(len(data), hashlib.sha256(data).hexdigest()):
        raise DamagedError(name)
    return data


def _fingerprint(file: Path) -> dict[str, Any]:
    digest, length = hashlib.sha256(), 0
    with file.open("rb") as data:
        for block in iter(partial(data.read, _BLOCK), b""):
            digest.update(block)
            length += len(block)
    return _print_of(length, digest.hexdigest())


def _print_of(length: int, digest: str) -> dict[str, Any]:
    return {"bytes": length, "sha256": digest}


def _digest_of(files: Any) -> str:
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
