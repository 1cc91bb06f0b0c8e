"""`avocet classify SOURCE... --out FILE`: any number of rows into a file, gone on with where it was killed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from app.terminal import pairs
from avocet.errors import WrongUseError

STORE = "store:"


class Source(click.Path):
    """A path that is there, - for standard input, or store:NAME for a collection of the store."""

    name = "source"

    def __init__(self) -> None:
        super().__init__(exists=True, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The source as it was typed."""
        if isinstance(value, str) and value.startswith(STORE):
            return value
        return str(super().convert(value, param, ctx))


@dataclass(frozen=True)
class Bulk:
    """The options that only a file as output has."""

    out: Path | None
    n_processes: int
    with_text: bool
    again: bool
    columns: tuple[str, ...]

    def refuse_without_out(self) -> None:
        """Raises WrongUseError where one of them was given without --out."""
        if self.n_processes > 1 or self.with_text or self.again or self.columns:
            raise WrongUseError(
                "--processes, --with-text, --again and --column are for answers in a file: say which, --out FILE"
            )


def into_file(sources: Sequence[str], version: Path, bulk: Bulk, out: Path) -> None:
    """Classify all rows of `sources` into `out` and say how many. Raises what `classify_all` raises."""
    from avocet.bulk.run import Order, classify_all
    from avocet.home import home
    from avocet.progress import Bar
    from avocet.records import Naming

    if "-" in sources:
        raise WrongUseError("standard input cannot be gone on with; give a file, or leave --out away")
    given = pairs(bulk.columns, "--column")
    naming = Naming(given, needed=frozenset(given.values()))
    order = Order(tuple(sources), out, version, bulk.with_text, bulk.n_processes, bulk.again, naming)
    with Bar("classify") as bar:
        far = classify_all(home(), order, lambda n: bar.at(n, None))
    bad = f"; {far.n_bad:,} have no answer, their `error` says why" if far.n_bad else ""
    click.echo(f"{out}: {far.n_rows:,} rows{bad}", err=True)
