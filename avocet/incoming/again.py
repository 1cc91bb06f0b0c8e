"""Importing again what an import set aside, just as it was imported: the file beside its quarantine says how."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from avocet.errors import NotFoundError, WrongUseError
from avocet.home import Home
from avocet.incoming.importing import HOW, Imported, import_files
from avocet.records import Naming


def import_again(home: Home, name: str, on_batch: Callable[[int], None] = lambda n: None) -> tuple[Imported, list[str]]:
    """(what it came to, the files that are gone); what is still no row is in a new quarantine file, the old one goes.

    Raises NotFoundError where there is no such file, or none of what it speaks of is there any more, WrongUseError for one
    of a night or of a mailbox, and what an import raises.
    """
    path = home.quarantine / f"{name}.jsonl"
    how = _how(path)
    if how is None:
        raise WrongUseError(
            f"{name} is of a night, which reads its rows anew each time: mend them, and run another one"
        )
    if "account" in how:
        raise WrongUseError(f"{name} came from a mailbox: `avocet fetch {how['account']}` asks it for what is new")
    if "upload" in how:
        raise WrongUseError(
            f"{name} came from {how['upload']}, which was sent in and is not kept: mend it and send it again"
        )
    files = [Path(file) for file in how["paths"]]
    there, gone = [p for p in files if p.exists()], [str(p) for p in files if not p.exists()]
    if not there:
        raise NotFoundError(f"none of the {len(files)} files of {name} is there any more, the first was {files[0]}")
    naming = Naming(how["columns"], how["labels"], frozenset(how["needed"]))
    found = import_files(home, how["collection"], there, naming, how["kind"], on_batch=on_batch)
    path.unlink()
    path.with_suffix(HOW).unlink()
    return found, gone


def _how(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        raise NotFoundError(f"there is no {path.stem!r:.80} in the quarantine; `avocet quarantine` lists what there is")
    beside = path.with_suffix(HOW)
    found: dict[str, Any] | None = json.loads(beside.read_bytes()) if beside.is_file() else None
    return found
