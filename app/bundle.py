"""Whether the built pages (app/static) are those of their sources (web/), told without node.

`make web` builds them and ends with `python -m app.bundle --stamp`; `--check` says whether they are up to date.
"""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from avocet.home import CHECKOUT

WEB = CHECKOUT / "web"
STATIC = Path(__file__).with_name("static")
STAMP = ".source-hash"
_BUILT_FROM = (
    "src/**/*",
    "public/**/*",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.*",
    "tsconfig*.json",
)


def sources(web: Path) -> list[Path]:
    """What the pages are built from; tests and the invented API are no part of it."""
    found = {path for pattern in _BUILT_FROM for path in web.glob(pattern) if path.is_file()}
    return sorted(found)


def built(static: Path) -> list[Path]:
    """What was built."""
    return sorted(path for path in static.rglob("*") if path.is_file() and path.name != STAMP)


def stamp_of(web: Path, static: Path) -> str:
    """Two digests, by names and content: of the sources, and of what was built from them."""
    return f"sources {_digest(web, sources(web))}\nbuilt {_digest(static, built(static))}\n"


def wrong_with(web: Path, static: Path) -> str | None:
    """Why the bundle is not to be trusted: one sentence, or None."""
    stamp = static / STAMP
    if not stamp.is_file():
        return f"{static} has no {STAMP}: `make web` builds the pages"
    before, now = (text.splitlines() for text in (stamp.read_text(encoding="utf-8"), stamp_of(web, static)))
    if before[:1] != now[:1]:
        return "web/ has changed since the pages were built: `make web` builds them anew"
    return None if before == now else "a file of app/static is not as it was built: `make web` builds the pages anew"


def _digest(root: Path, files: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in files:
        name = path.relative_to(root).as_posix().encode()
        content = path.read_bytes()
        found.update(b"%d %s %d " % (len(name), name, len(content)) + content)
    return found.hexdigest()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--stamp", "write", is_flag=True, help="Write down what the pages were built from; right after a build only."
)
@click.option("--check", is_flag=True, help="Say whether they are up to date: exit 1 if not.")
def main(write: bool, check: bool) -> None:
    """The bundle's guard."""
    if write:
        (STATIC / STAMP).write_text(stamp_of(WEB, STATIC), encoding="utf-8")
    if check and (why := wrong_with(WEB, STATIC)):
        click.echo(f"avocet: {why}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
