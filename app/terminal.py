"""How the terminal says things: one JSON document, or a table for people."""

import json
from collections.abc import Sequence
from typing import Any

import click

from avocet.errors import WrongUseError

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
whose = click.option("--recipe", metavar="NAME", help="Whose champion; needed where there are several.")


def say_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False))


def plain(text: str) -> str:
    """On one line, without what could steer a terminal: strangers write subjects and labels."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell."""
    rows = [tuple(map(plain, row)) for row in rows]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    """{a: b} of a=b, b=c ... Raises WrongUseError for one that is none; `option` is what it was given with."""
    for text in texts:
        if "=" not in text:
            raise WrongUseError(f"{option} {text!r} is no pair; write it like a=b")
    return {text.partition("=")[0]: text.partition("=")[2] for text in texts}
