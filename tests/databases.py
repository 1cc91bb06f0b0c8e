"""Databases for tests: a file, and one of its own on a real PostgreSQL server."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SERVER = os.environ.get("AVOCET_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


@contextmanager
def on_postgresql() -> Iterator[str]:
    """The URL of an empty database, gone afterwards. Skips where there is no server; fails so in CI."""
    import psycopg

    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as e:
        why = f"no PostgreSQL at AVOCET_TEST_POSTGRESQL or on this machine: {e}"
        if os.environ.get("AVOCET_CI"):
            pytest.fail(why)
        pytest.skip(why)
    name = f"avocet_test_{secrets.token_hex(6)}"
    with server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        try:
            yield f"{SERVER.rpartition('/')[0]}/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
