"""A PostgreSQL server of its own for as long as the tests take, from Debian's package."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = next(
    (file.parent for file in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None
)
MISSING = "no PostgreSQL: its tests are left out (install Debian's package postgresql)"
OWNER = "owner"
READER, PASSWORD = "reader", "s3cr#t/pass word"
PORT = 54_317
"""Only part of the socket's name: the server listens on no network but on request."""


@dataclass(frozen=True)
class Postgres:
    """A server that listens on a socket in a folder."""

    folder: Path

    def uri(self, database: str = "shop", *, user: str = READER, password: str = PASSWORD) -> str:
        """How a program reaches a database of it."""
        from urllib.parse import quote

        known = f"{user}:{quote(password, safe='')}" if password else user
        return f"postgresql://{known}@/{database}?host={self.folder}&port={PORT}"

    def run(self, sql: str, database: str = "shop") -> None:
        """Let the owner of everything do something."""
        import psycopg

        place = {"host": str(self.folder), "port": PORT, "dbname": database, "user": OWNER}
        with psycopg.connect(**place, password=PASSWORD, autocommit=True) as connection:
            connection.execute(sql)


@contextmanager
def running() -> Iterator[Postgres]:
    """A fresh server; it ends with the block and leaves nothing."""
    assert PROGRAMS, MISSING
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a short name: a socket's path has 107 bytes
    secret = folder / "password"
    secret.write_text(PASSWORD)
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres", "postgres")
        shutil.chown(secret, "postgres", "postgres")
    data, socket = folder / "data", folder
    try:
        _as_owner(
            "initdb", "-A", "scram-sha-256", "-U", OWNER, f"--pwfile={secret}", "--no-sync",
            "--encoding=UTF8", "--locale=C", "-D", str(data),
        )  # fmt: skip
        options = f"-p {PORT} -k {socket} -c listen_addresses= -c fsync=off"
        log = str(folder / "log")
        _as_owner("pg_ctl", "-D", str(data), "-l", log, "-w", "-o", options, "start")
        server = Postgres(socket)
        server.run("CREATE DATABASE shop", "postgres")
        server.run(f"CREATE ROLE {READER} LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        _as_owner("pg_ctl", "-D", str(data), "-m", "immediate", "stop", check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _as_owner(program: str, *words: str, check: bool = True) -> None:
    switch = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*switch, str(PROGRAMS / program), *words],
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PGTZ": "Europe/Berlin"},
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
