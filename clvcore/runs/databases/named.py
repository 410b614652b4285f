"""Databases that whoever runs the program has named: in the environment or in Streamlit's secrets."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from clvcore.errors import ConfigError, NotFoundError
from clvcore.messages import listed, say
from clvcore.runs.databases.source import Connection, connection

PREFIX = "CLV_DATABASE_"
"""``CLV_DATABASE_SHOP`` in the environment names the source ``shop``."""
SECRETS = Path(".streamlit", "secrets.toml")
"""Where Streamlit keeps secrets, below the home folder and below the folder it was started in."""


def addresses() -> dict[str, str]:
    """The address of every named database, by name; the environment counts most.

    Raises:
        ConfigError: a file of secrets cannot be read.
    """
    found: dict[str, str] = {}
    for folder in (Path.home(), Path.cwd()):
        found |= _in_secrets(folder / SECRETS)
    for variable, uri in os.environ.items():
        if variable.startswith(PREFIX) and len(variable) > len(PREFIX) and uri.strip():
            found[_name(variable.removeprefix(PREFIX))] = uri
    return dict(sorted(found.items()))


def named(name: str) -> Connection:
    """The database of that name.

    Raises:
        NotFoundError: nobody has named one so.
        ConfigError: its address is none.
    """
    known = addresses()
    if _name(name) not in known:
        raise NotFoundError(_unknown(name, list(known)))
    return connection(known[_name(name)], _name(name))


def source(reference: str) -> Connection:
    """The database that a person means by a name, or by an address without a password.

    Raises:
        NotFoundError: nobody has named one so.
        ConfigError: it is no address, or a password stands in it.
    """
    if "://" not in reference:
        return named(reference)
    typed = connection(reference)
    if typed.secret:
        raise ConfigError(say("data.db.typed_password"))
    return typed


def _in_secrets(file: Path) -> dict[str, str]:
    try:
        told = tomllib.loads(file.read_text("utf-8")).get("databases", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise ConfigError(say("data.db.bad_secrets", file=file)) from None  # it quotes secrets
    found: dict[str, str] = {}
    for name, one in told.items() if isinstance(told, Mapping) else ():
        uri = one.get("uri") if isinstance(one, Mapping) else one
        if isinstance(uri, str) and uri.strip():
            found[_name(name)] = uri
    return found


def _name(text: str) -> str:
    return text.strip().lower().replace("-", "_")


def _unknown(name: str, names: list[str]) -> str:
    if not names:
        return say("data.db.no_sources", name=name, variable=PREFIX + _name(name).upper())
    near = difflib.get_close_matches(_name(name), names, n=1)
    if near:
        return say("data.db.no_such_source_near", name=name, near=near[0])
    return say("data.db.no_such_source", name=name, names=listed(names))
