"""Where a database is, taken from its address; what is secret in it shows nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from clvcore.errors import ConfigError
from clvcore.messages import listed, say

Kind = Literal["sqlite", "duckdb", "postgresql"]
_KINDS: Mapping[str, Kind] = {
    "sqlite": "sqlite",
    "duckdb": "duckdb",
    "postgresql": "postgresql",
    "postgres": "postgresql",
}
_PARTS = frozenset(
    {
        "host",
        "port",
        "user",
        "password",
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "channel_binding",
        "gssencmode",
        "target_session_attrs",
        "application_name",
    }
)
"""What may stand behind the question mark of a PostgreSQL address."""
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Connection:
    """How one database is reached."""

    name: str
    """What people call it; for a database without a name its address without the password."""
    kind: Kind
    place: str
    """The file, or host, port and database: what an error may say."""
    known: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the driver is told to connect, password included: never stored, never shown."""

    @property
    def secret(self) -> str:
        """The password; empty where there is none."""
        return self.known.get("password", "")

    @property
    def path(self) -> Path:
        """The file of an SQLite or DuckDB database."""
        return Path(self.place)

    def scrubbed(self, text: object) -> str:
        """A text of a driver without the password, however the driver wrote it."""
        told = str(text)
        if self.secret:
            for form in (self.secret, quote(self.secret, safe=""), quote(self.secret)):
                told = told.replace(form, HIDDEN)
        return told


def connection(uri: str, name: str = "") -> Connection:
    """The database at an address such as ``postgresql://reader:secret@host/shop``.

    Args:
        uri: ``sqlite:///FILE``, ``duckdb:///FILE`` (a fourth slash begins a path from the root) or
            ``postgresql://USER:PASSWORD@HOST:PORT/DATABASE``.
        name: What people call it.

    Raises:
        ConfigError: it is no such address; the message says no part of it that may be secret.
    """
    scheme, colon, _ = uri.strip().partition("://")
    kind = _KINDS.get(scheme.lower().partition("+")[0])
    if not colon or kind is None:
        raise ConfigError(say("data.db.bad_kind", source=name or say("data.db.typed")))
    try:
        parts = urlsplit(uri.strip())
        port = parts.port
    except ValueError:
        raise _bad(name) from None  # the error of the library quotes what may be a password
    if kind != "postgresql":
        file = unquote(parts.path.removeprefix("/"))
        if not file or parts.netloc:
            raise _bad(name)
        return Connection(name or f"{kind}:///{file}", kind, file)
    known = {
        "host": unquote(parts.hostname or ""),
        "port": str(port or ""),
        "dbname": unquote(parts.path.removeprefix("/")),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
    }
    further = dict(parse_qsl(parts.query))
    strangers = sorted(set(further) - _PARTS)
    if strangers or parts.fragment:
        raise _bad(name, listed(strangers))
    known = {part: value for part, value in (known | further).items() if value}
    place = _place(known)
    shown = f"postgresql://{known['user']}@{place}" if "user" in known else f"postgresql://{place}"
    return Connection(name or shown, kind, place, known)


def _place(known: Mapping[str, str]) -> str:
    host, database = known.get("host", "localhost"), known.get("dbname", "")
    port = known.get("port", "5432")
    return f"{host}:{port}/{database}"


def _bad(name: str, parts: str = "") -> ConfigError:
    source = name or say("data.db.typed")
    if parts:
        return ConfigError(say("data.db.bad_parts", source=source, parts=parts))
    return ConfigError(say("data.db.bad_uri", source=source))
