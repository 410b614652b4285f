"""The key of a workspace: made once, read by nobody else, part of no export and no recipe."""

import os
import secrets
from pathlib import Path

from clvcore.errors import ConfigError
from clvcore.messages import say

FILE = "people.key"
LENGTH = 32


def key_of(folder: Path) -> bytes:
    """The key in a folder, made where there is none; only its owner may read it.

    Raises:
        ConfigError: it cannot be read or written, or is damaged.
    """
    file = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.is_file():
            _make(file)
        key = bytes.fromhex(file.read_text("ascii"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ConfigError(say("data.clean.bad_key", file=file, why=why)) from error
    if len(key) != LENGTH:
        raise ConfigError(say("data.clean.bad_key", file=file, why=f"{len(key)} != {LENGTH}"))
    return key


def _make(file: Path) -> None:
    """Write a key whole and only once: of two programs that make one, the first one counts."""
    fresh = file.with_name(f".{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_hex(LENGTH))
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink(missing_ok=True)
