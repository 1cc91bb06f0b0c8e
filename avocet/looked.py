"""The looks of rows, each made once: kept on disk by content, template and code, so that a night looks at its new rows only."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from avocet import cleaning, html_text, looks, rows
from avocet import template as builder
from avocet.looks import Look
from avocet.methods.kept import keep, key_of, known, made_by
from avocet.rows import words_key

_CHUNK = 5_000
_as_text = json.JSONEncoder(sort_keys=True).encode


def looks_of(lines: Iterable[Mapping[str, Any]], template: str, disk: Path | None = None) -> Iterator[Look]:
    """The look of each row (its fields, more, headers), in order; a few thousand rows are in memory at a time.

    With `disk`, what was made there before is taken from it: the same look for the same content, template and code. A
    file that is lost, broken or full costs the time to make it again.
    """
    mark = f"look {_code()} {template}"
    left = iter(lines)
    used: list[bytes] = []
    while some := list(islice(left, _CHUNK)):
        if disk is None:
            yield from _made(some, template)
            continue
        keys = [key_of(mark, _as_text([row["fields"], row["more"], row["headers"]])) for row in some]
        found = {key: _unpacked(raw) for key, raw in known(disk, set(keys)).items()}
        used += found
        row_of = {key: row for key, row in zip(keys, some, strict=True) if key not in found}
        new = dict(zip(row_of, _made(list(row_of.values()), template), strict=True))
        if new:
            keep(disk, {key: _packed(look) for key, look in new.items()}, forgets=False)
        found |= new
        yield from (found[key] for key in keys)
    if used and disk:
        keep(disk, {}, used)


@cache
def _code() -> str:
    """Which code makes a look; a Python that knows other letters folds a text otherwise."""
    sources = [made_by(str(of.__file__)) for of in (cleaning, html_text, rows, builder)]
    return " ".join([*sources, made_by(str(looks.__file__), "rensa"), unicodedata.unidata_version])


def _made(some: list[Mapping[str, Any]], template: str) -> list[Look]:
    return looks.looks([{**row, "key": words_key(row["fields"], row["more"])} for row in some], template)


def _packed(look: Look) -> bytes:
    """None of a look's digests holds a line break."""
    words = "\n".join([look.key, look.sender, *look.links]).encode()
    return len(look.signature).to_bytes(2, "big") + look.signature + words


def _unpacked(raw: bytes) -> Look:
    end = 2 + int.from_bytes(raw[:2], "big")
    key, sender, *links = raw[end:].decode().split("\n")
    return Look(key, tuple(links), sender, raw[2:end])
