"""Importing a file that was sent in: its kind by its name, its rows under its own name, and no way to do it again without it."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from avocet.errors import WrongUseError
from avocet.home import Home
from avocet.incoming.importing import READERS, Imported, Source, format_of, import_items
from avocet.records import Naming

# Those of a single file.
FORMATS = tuple(name for name in READERS if name not in ("maildir", "folder"))
_ENDINGS = re.compile(
    r"((\.jsonl|\.csv|\.tsv)?\.gz|\.jsonl|\.csv|\.tsv|\.parquet|\.eml|\.mbox|\.json|\.zip)$", re.IGNORECASE
)
_MAX_NAME = 120


def plain_name(given: str) -> str:
    """What a file that was sent in is called here: no folder, nothing that cannot be printed."""
    last = re.split(r"[/\\]", given.strip())[-1]
    return "".join(c if c.isprintable() else "?" for c in last)[-_MAX_NAME:] or "upload"


def ending_of(name: str) -> str:
    """The end of the name that tells how it is read; empty where it tells nothing."""
    found = _ENDINGS.search(name)
    return found[0].lower() if found else ""


def kind_of(path: Path, name: str, asked: str | None) -> str:
    """The reader for what was sent in. Raises WrongUseError where nothing tells which."""
    if asked is not None:
        if asked not in FORMATS:
            raise WrongUseError(f"format {asked!r:.40} is none of {', '.join(FORMATS)}")
        return asked
    if not path.is_file():
        raise WrongUseError(f"{name} is empty: send the file as the body of the request")
    try:
        return format_of(path)
    except WrongUseError:
        raise WrongUseError(f"{name}: its kind cannot be told; say format, one of {', '.join(FORMATS)}") from None


def import_upload(
    home: Home, collection: str, path: Path, name: str, kind: str, naming: Naming, dry_run: bool,
    on_batch: Callable[[int], None] = lambda n: None,
) -> Imported:  # fmt: skip
    """Take the rows of `path` into `collection` as those of a file called `name`. See `import_items`."""
    how: Mapping[str, str] = {"upload": name}
    return import_items(home, collection, [Source(name, READERS[kind](path, name, naming))], dry_run, on_batch, how)
