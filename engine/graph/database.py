"""SQLite files that several threads and processes share: opened by their format, changed whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

WAIT = 30.0  # seconds for another process to let the file go


class OtherFormatError(sqlite3.DatabaseError):
    """The file is of a format that this program does not write."""


def connect(
    path: Path, schema: str, version: int, *, synchronous: str = "NORMAL"
) -> sqlite3.Connection:
    """Open a database, made by the statements of `schema` where it is new.

    `synchronous` as in SQLite: with NORMAL a power cut may lose the last changes, with FULL none.
    Raises OtherFormatError where the file has another `version`, and whatever SQLite raises.
    """
    database = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute(f"PRAGMA synchronous = {synchronous}")
        database.execute("PRAGMA foreign_keys = ON")
        with transaction(database):
            found = database.execute("PRAGMA user_version").fetchone()[0]
            if found == 0:
                for statement in schema.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {version}")
            elif found != version:
                said = f"it is of format {found}, this program reads {version}"
                raise OtherFormatError(said)
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def transaction(database: sqlite3.Connection) -> Generator[None]:
    """All that is done inside, or nothing of it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:  # a full disk ends it by itself
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
