"""`avocet ui`: the pages and the API in this process, at 127.0.0.1, behind a token."""

import errno
import html
import ipaddress
import logging
import os
import re
import secrets
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.terminal import say_json
from avocet.errors import WrongUseError

if TYPE_CHECKING:
    from avocet.home import Home

TOKEN = "AVOCET_UI_TOKEN"  # noqa: S105  what it is called in the environment
HOST, PORT, N_TRIED = "127.0.0.1", 8765, 20
GRACE_S = 2  # for answers that are under way; a stream of events would never end by itself

port_option = click.option("--port", type=click.IntRange(1, 65535), help=f"Default: {PORT}, or the next that is free.")
no_browser_option = click.option("--no-browser", is_flag=True, help="Only print the link.")


@dataclass(frozen=True)
class Asked:
    """Where to serve (`port` None: the first that is free), under which more `names`, and what the pages show first."""

    host: str = HOST
    port: int | None = None
    recipe: str = "job_mail"
    names: tuple[str, ...] = ()
    browser: bool = True
    as_json: bool = False


@click.command()
@port_option
@no_browser_option
@click.option("--recipe", default="job_mail", show_default=True, metavar="NAME", help="What the pages show first.")
@click.option("--host", default=HOST, show_default=True, help=f"Another address asks for a token of yours in {TOKEN}.")
@click.option("--allow-host", "names", multiple=True, metavar="NAME", help="A proxy or a tunnel calls it so.")
@click.option("--json", "as_json", is_flag=True, help="Say where as one JSON document.")
def ui(port: int | None, no_browser: bool, recipe: str, host: str, names: Sequence[str], as_json: bool) -> None:
    """The pages: label, train, compare, promote. Ctrl-C ends it.

    The link holds a new token each time, unless AVOCET_UI_TOKEN holds one. Whoever has it can read your mails.
    """
    serve(Asked(host, port, recipe, tuple(names), not no_browser, as_json))


def serve(asked: Asked) -> None:
    """Until Ctrl-C. Raises WrongUseError for an address or a token that will not do, RecipeError for a recipe."""
    from avocet import recipe as recipes
    from avocet.home import home

    place = home()
    mine = os.environ.pop(TOKEN, None) or None  # taken out: no child need know it
    token = _checked(mine, asked.host) or secrets.token_urlsafe(32)
    recipes.load(place, asked.recipe)  # a mistyped name is told here, not by each page
    listening = _listening(asked.host, asked.port)
    address = f"http://{_shown(asked.host)}:{listening.getsockname()[1]}/"
    # A token of the user's own is not repeated: who gave it knows it, and what is printed may end in a log.
    os.umask(0o077)  # what is written from now on holds mail
    _tell(asked, address if mine else f"{address}?token={token}", bool(mine))
    with _in_browser(place.data, f"{address}?token={token}", asked.browser):
        _run(asked, place, token, listening)


def _run(asked: Asked, place: "Home", token: str, listening: socket.socket) -> None:
    import uvicorn

    from app.api import create_app

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            logging.getLogger("uvicorn.error").disabled = True  # it would show each stream that it ends as a crash
            await super().shutdown(sockets)

    config = uvicorn.Config(
        create_app(place, token, asked.recipe, _hosts(asked)), log_level="warning", access_log=False,
        server_header=False, proxy_headers=False, ws="none", timeout_graceful_shutdown=GRACE_S,
    )  # fmt: skip
    Server(config).run(sockets=[listening])


def _checked(token: str | None, host: str) -> str | None:
    """The user's own token. Raises WrongUseError for one that can be guessed or typed wrong, and where it must be there."""
    make = "python -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"
    if token is None and not _is_loopback(host):
        raise WrongUseError(f"at {host} others can reach it: put a token of yours into {TOKEN} first; {make}")
    if token is not None and not re.fullmatch(r"[A-Za-z0-9._~-]{16,}", token):
        raise WrongUseError(f"{TOKEN} holds no token: 16 or more of A-Z, a-z, 0-9, . _ ~ -; {make}")
    return token


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _listening(host: str, port: int | None) -> socket.socket:
    """A socket that listens, at the first port that is free where none was asked for."""
    tried = [port] if port else range(PORT, PORT + N_TRIED)
    try:
        family = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    except OSError:
        raise WrongUseError(f"--host {host!r:.80} is no address of this machine") from None
    for number in tried:
        try:
            found = socket.create_server((host, number), family=family)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise WrongUseError(f"cannot listen at {host}, port {number}: {error.strerror}") from None
        else:
            # Said to be TCP, asyncio sends small answers at once; else each waits 40 ms for the one before to be acknowledged.
            return socket.socket(found.family, found.type, socket.IPPROTO_TCP, fileno=found.detach())
    if port:
        raise WrongUseError(f"port {port} is taken; leave --port out and a free one is found")
    raise WrongUseError(f"the ports {PORT} to {PORT + N_TRIED - 1} are all taken; say --port")


def _shown(host: str) -> str:
    """As it stands in a link; an address that means all of them is no link for anyone."""
    name = socket.gethostname() if host in ("0.0.0.0", "::") else host  # noqa: S104  compared, not listened at
    return f"[{name}]" if ":" in name else name


def _hosts(asked: Asked) -> tuple[str, ...]:
    from app.door import ANY_ADDRESS, LOOPBACK

    others = () if _is_loopback(asked.host) else (asked.host, socket.gethostname(), ANY_ADDRESS)
    return (*LOOPBACK, asked.host, *others, *asked.names)


def _tell(asked: Asked, link: str, mine: bool) -> None:
    """The link on standard output, which may be read by a program."""
    if asked.as_json:
        say_json({"url": link})
    else:
        click.echo(link + (f" (it asks for the token that {TOKEN} holds)" if mine else ""))
        click.echo("Ctrl-C ends it.", err=True)
    sys.stdout.flush()


@contextmanager
def _in_browser(data: Path, link: str, wanted: bool) -> Iterator[None]:
    """Opens `link` by way of a file that only its owner can read: a browser's arguments are for all to see."""
    there = sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not wanted or not there:  # without a screen, a browser for terminals would take this one
        yield
        return
    import webbrowser

    from avocet.durable import on_disk, replace_private

    way = data / "open-ui.html"
    with on_disk("opening the browser"):
        data.mkdir(parents=True, exist_ok=True)
        to = html.escape(link)
        replace_private(way, f'<meta http-equiv="refresh" content="0; url={to}"><a href="{to}">Avocet</a>'.encode())
    try:
        webbrowser.open(way.as_uri())
        yield
    finally:
        way.unlink(missing_ok=True)
