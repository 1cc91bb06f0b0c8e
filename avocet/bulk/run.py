"""One bulk classification from its order to its file: what shall be classified, by which version, into which file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from avocet import registry
from avocet.bulk.answers import Form
from avocet.bulk.asked import STORE, Asked, Input, open_input
from avocet.bulk.part import Far, begun_of, check_new, opened
from avocet.bulk.pool import Work, in_order
from avocet.engines import REFERENCE
from avocet.engines.choice import read as choice_of
from avocet.errors import WrongUseError
from avocet.home import Home
from avocet.records import Naming
from avocet.template import template_fields

CHUNK = 512  # rows in one pass; where they are cut never changes, so that the same rows give the same bytes


@dataclass(frozen=True)
class Span:
    """A part of an input: `n_rows` (None: all that follow) from row `first` on, counted from 0; `first` in whole chunks."""

    first: int = 0
    n_rows: int | None = None


@dataclass(frozen=True)
class Order:
    """What shall be classified into which file; `version` is its folder, or a link to it."""

    sources: tuple[str, ...]
    out: Path
    version: Path
    with_text: bool = False
    n_processes: int = 1
    again: bool = False
    naming: Naming = field(default_factory=Naming)
    span: Span = field(default_factory=Span)
    planned: tuple[Mapping[str, Any], ...] = ()  # the input's marks, where a plan was made of it


def classify_all(home: Home, order: Order, on_rows: Callable[[int], None] = lambda n: None) -> Far:
    """Classify the order's rows into its file, a line each; go on where an earlier try ended. `on_rows`: how many are done.

    Raises NotFoundError for a source or version that is not there; WrongUseError for an output that is there (see
    `again`), or a part of another input, version or options; BusyError, DiskError, RowsUnreadableError, ChildFailedError.
    """
    check(order)
    version = registry.open_version(order.version)
    form = form_of(version, order)
    before = order.planned or (begun_of(order.out) or {}).get("input")
    rows = open_input(home, order.sources, order.naming, before)
    if order.planned and list(order.planned) != list(rows.marks):
        raise WrongUseError("the input has changed since the plan was made of it; make another one")
    with opened(order.out, _header(rows, version, order), form.head, order.again) as part:
        on_rows(part.far.n_rows)
        for more in in_order(_chunks(rows, form, order.span, part.far), Work(version.folder, form), order.n_processes):
            part.add(more)
            on_rows(part.far.n_rows)
        return part.far


def check(order: Order) -> None:
    """Raises WrongUseError for an order that cannot be carried out."""
    if order.n_processes < 1:
        raise WrongUseError("at least one process must classify")
    if not order.out.parent.is_dir():
        raise WrongUseError(f"{order.out}: its folder is not there; make it first")
    if order.out.is_dir():
        raise WrongUseError(f"{order.out} is a folder; name a file, such as {order.out / 'answers.jsonl'}")
    paths = [Path(one).resolve() for one in order.sources if not one.startswith(STORE)]
    if order.out.resolve() in paths:
        raise WrongUseError(f"{order.out} is what shall be read; give another --out")
    check_new(order.out, order.again)


def form_of(version: registry.Version, order: Order) -> Form:
    """How the order's answers are written."""
    fields = template_fields(str(version.info["text"]))
    return Form(order.out.suffix.lower() == ".csv", order.with_text, tuple(version.info["trained_labels"]), fields)


def _header(rows: Input, version: registry.Version, order: Order) -> Mapping[str, Any]:
    """What a part is of: all that its bytes hang on."""
    choice = choice_of(version.folder)
    return {
        "input": [dict(mark) for mark in rows.marks],
        "version": version.id,
        "engine": choice.engine if choice else REFERENCE,
        "with_text": order.with_text,
        "columns": dict(order.naming.columns),
        "span": [order.span.first, order.span.n_rows],
        "chunk": CHUNK,
    }


def _chunks(rows: Input, form: Form, span: Span, far: Far) -> Iterator[list[Asked]]:
    """The rows of the span that are not done yet, by the chunk."""
    n_left = None if span.n_rows is None else span.n_rows - far.n_rows
    left = islice(rows.rows(form.fields, span.first + far.n_rows), n_left)
    while chunk := list(islice(left, CHUNK)):
        yield chunk
