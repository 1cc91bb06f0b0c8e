"""Prefect's server on this machine, closed by default: `python -m app.server` (`make server`) starts it.

`eval "$(python -m app.server --env)"` lets a shell's worker, deploy and `prefect deployment run` in.
"""

import os
import secrets
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import click

from avocet.errors import AvocetError
from avocet.home import Home, home

HOST = "127.0.0.1"
PORT = 4200

# A small machine, one user, nothing leaves it; whoever sets another value in the environment gets it.
_DEFAULTS = {
    # Leases in memory leak a deployment's only slot when host and server both go down: no night runs again.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLI_PROMPT": "false",  # in a terminal it would ask to write the address into the user's profile
}


def auth_file(place: Home) -> Path:
    """Where the auth string of this AVOCET_HOME's server is kept."""
    return place.data / "prefect-auth"


def auth_string(place: Home) -> str:
    """The `user:password` that the server asks for, made at the first call. Raises AvocetError if empty."""
    path = auth_file(place)
    if not path.exists():
        _make(path)
    found = path.read_text(encoding="utf-8").strip()
    if not found:
        # Prefect's websockets take an empty string for "ask for nothing".
        raise AvocetError(f"{path} is empty, so the server would be open; delete it and a new one is made")
    return found


def _make(path: Path) -> None:
    """Write a new auth string, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(f"avocet:{secrets.token_urlsafe(32)}\n")
    try:
        # A link, not a replace: of two first starts at once, both must end with the same string, the first one's.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()


def server_environment(place: Home, port: int, inherited: Mapping[str, str]) -> dict[str, str]:
    """What `prefect server start` is started with: 127.0.0.1, an auth string, CSRF tokens, no foreign origin.

    Without these, any web page that the user visits can start, change and delete runs.
    """
    secret = auth_string(place)
    url = f"http://{HOST}:{port}"
    closed = {
        "PREFECT_SERVER_API_HOST": HOST,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_API_AUTH_STRING": secret,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        # Its own origin by both of its names: opened as localhost, the UI still calls 127.0.0.1.
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": f"{url},http://localhost:{port}",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        # A shell that talks to another server must not send this one's UI there.
        "PREFECT_SERVER_UI_API_URL": f"{url}/api",
        "PREFECT_API_URL": f"{url}/api",
        "PREFECT_API_AUTH_STRING": secret,
    }
    return {**_DEFAULTS, **inherited, **closed}


def client_exports(place: Home, port: int) -> str:
    """Shell lines that let worker, deploy and runs reach the server; the secret stays in its file."""
    return "\n".join(
        [
            f"export PREFECT_API_URL=http://{HOST}:{port}/api",
            f'export PREFECT_API_AUTH_STRING="$(cat {shlex.quote(str(auth_file(place)))})"',
            "export DO_NOT_TRACK=1",
        ]
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--env", "only_env", is_flag=True, help="Only print the export lines for other shells.")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
def main(only_env: bool, port: int) -> None:
    """Start Prefect's server and UI on this machine, closed to others; Ctrl-C ends it."""
    os.umask(0o077)  # the auth string, and the database that Prefect makes
    place = home()
    try:
        environment = server_environment(place, port, os.environ)
    except AvocetError as error:
        click.echo(f"avocet: {error}", err=True)
        sys.exit(error.exit_code)
    lines = client_exports(place, port)
    if only_env:
        click.echo(lines)
        return
    click.echo(f"UI: http://{HOST}:{port} (it asks once for the line in {auth_file(place)})")
    click.echo(f"A worker, a deploy or a run in another shell needs these lines first:\n\n{lines}\n")
    sys.stdout.flush()
    # Replaced, not wrapped: a signal to this process reaches Prefect, and its exit code is ours.
    os.execve(sys.executable, [sys.executable, "-m", "prefect", "server", "start"], environment)  # noqa: S606


if __name__ == "__main__":
    main()
