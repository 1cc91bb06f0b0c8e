"""What imports and nights set aside, file by file."""

from dataclasses import dataclass

from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.rows import Unusable, read_unusable


@dataclass(frozen=True)
class SetAside:
    """One file of the quarantine, and how many rows it speaks of."""

    name: str
    n: int


def quarantine_files(home: Home) -> list[SetAside]:
    """Those that hold something, the newest first."""
    found = sorted(home.quarantine.glob("*.jsonl"), key=lambda path: (path.stat().st_mtime, path.name), reverse=True)
    return [SetAside(path.stem, n) for path in found if (n := len(read_unusable(path)))]


def in_quarantine(home: Home, name: str) -> list[Unusable]:
    """What stands in the file of that name. Raises NotFoundError; the name is looked for, never a path made of it."""
    path = next((path for path in home.quarantine.glob("*.jsonl") if path.stem == name), None)
    if path is None:
        raise NotFoundError(f"there is no {name!r:.80} in the quarantine; `avocet quarantine` lists what there is")
    return read_unusable(path)
