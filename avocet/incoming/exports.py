"""What labelling tools and Gmail export: Label Studio's and Argilla's JSON, Takeout's zip with an mbox in it."""

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from avocet.errors import RowsUnreadableError
from avocet.home import home
from avocet.incoming import mailboxes
from avocet.incoming.items import Bad, Item, Items, item_of
from avocet.records import Naming, json_list

MAX_JSON_BYTES = 512 * 1024 * 1024
MAX_UNPACKED_BYTES = 64 * 1024**3  # of all mboxes of a Takeout together
SPARE_BYTES = 256 * 1024**2  # of the disk, for the store
_PIECE = 1024 * 1024


def json_records(path: Path, shown: str, naming: Naming) -> Items:
    """A JSON list: Label Studio's tasks (JSON or JSON-MIN), Argilla's records, or plain objects.

    A record on which people disagree has no label. Raises OSError, RowsUnreadableError where it is no list.
    """
    if path.stat().st_size > MAX_JSON_BYTES:
        raise RowsUnreadableError(f"{shown} is larger than {MAX_JSON_BYTES // 2**20} MB; export JSON lines instead")
    found = json_list(path.read_bytes())
    if isinstance(found, str):
        raise RowsUnreadableError(f"{shown}: {found}")
    for number, record in enumerate(found, start=1):
        if not isinstance(record, dict):
            yield Bad(number, "no JSON object")
            continue
        try:
            yield _item(record, number, shown, naming)
        except (AttributeError, TypeError, KeyError, ValueError):
            yield Bad(number, "not as Label Studio or Argilla write it")


def takeout(path: Path, shown: str, naming: Naming) -> Items:
    """The mboxes in a Takeout archive; chats are set aside. Raises OSError, RowsUnreadableError."""
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory(dir=_room(), prefix="takeout-") as folder:
            inside = [name for name in archive.namelist() if name.endswith(".mbox")]
            if not inside:
                raise RowsUnreadableError(f"{shown}: there is no .mbox in it; ask Takeout for Mail")
            left = MAX_UNPACKED_BYTES
            for name in inside:
                unpacked = Path(folder) / "mail.mbox"
                with archive.open(name) as packed, unpacked.open("wb") as plain:
                    left -= _unpacked(packed, plain, left, f"{shown}/{name}")
                yield from mailboxes.mbox(unpacked, f"{shown}/{name}", naming)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as e:  # damaged, with a password, of another kind
        raise RowsUnreadableError(f"{shown} cannot be unpacked: {e}") from None


def _unpacked(packed: IO[bytes], plain: IO[bytes], left: int, shown: str) -> int:
    """How many bytes there were, counted as they come: what an archive says of its sizes is a stranger's word."""
    free = shutil.disk_usage(plain.name).free - SPARE_BYTES
    n_bytes = 0
    while piece := packed.read(_PIECE):
        n_bytes += len(piece)
        if n_bytes > left:
            raise RowsUnreadableError(
                f"{shown}: more than {MAX_UNPACKED_BYTES // 2**20} MB unpacked; ask Takeout for less"
            )
        if n_bytes > free:
            raise RowsUnreadableError(
                f"{shown}: unpacked it does not fit on the disk ({max(free, 0) // 2**20} MB can be used); make room"
            )
        plain.write(piece)
    return n_bytes


def _room() -> Path:
    """Mail is unpacked where mail may lie."""
    home().data.mkdir(parents=True, exist_ok=True)
    return home().data


def _item(record: dict[str, Any], number: int, shown: str, naming: Naming) -> Item:
    if isinstance(record.get("data"), dict) and isinstance(record.get("annotations"), list):
        its = {**record["data"], "id": _named("ls", record.get("id"))}
        its.pop("label", None)  # what was there before people looked is not what they say
        said = [a for a in record["annotations"] if isinstance(a, dict) and not a.get("was_cancelled")]
        choices = [set(_choices(a)) for a in said]
        times = [str(a.get("updated_at") or a.get("created_at") or "") for a in said]
        return item_of({**its, **_agreed(choices), **_since(times)}, number, shown, naming)
    if isinstance(record.get("fields"), dict) and ("responses" in record or "suggestions" in record):
        its = {**record["fields"], "id": _named("argilla", record.get("id"))}
        its.pop("label", None)
        without = Naming({k: v for k, v in naming.columns.items() if k != "label"}, naming.labels)
        responses = record.get("responses") or {}
        values = [
            {str(one.get("value"))}
            for one in _answers(responses, naming.columns.get("label"))
            if one.get("value") is not None
        ]
        return item_of({**its, **_agreed(values)}, number, shown, without)
    return item_of(_flat(record), number, shown, naming)


def _choices(annotation: Mapping[str, Any]) -> Iterator[str]:
    for one in annotation.get("result") or []:
        value = one.get("value") if isinstance(one, dict) else None
        yield from map(str, (value or {}).get("choices") or [])


def _answers(responses: Mapping[str, Any], question: str | None) -> list[Mapping[str, Any]]:
    """Of the question that `--column label=QUESTION` names, else of the only one."""
    if question is None and len(responses) == 1:
        question = next(iter(responses))
    found = responses.get(question or "label") or []
    return [one for one in found if isinstance(one, dict)]


def _agreed(said: list[set[str]]) -> dict[str, str]:
    """The label that all gave, if it is one."""
    every = set.union(*said) if said else set()
    return {"label": every.pop()} if len(every) == 1 else {}


def _since(times: list[str]) -> dict[str, str]:
    return {"labeled_at": max(times)} if any(times) else {}


def _named(tool: str, number: Any) -> str | None:
    """A task's number is one only within its project, so it is told apart from other sources' ids."""
    return f"{tool}-{number}" if number is not None else None


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """JSON-MIN writes several choices as an object; a single one is a label."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        choices = value.get("choices") if isinstance(value, dict) else None
        found[name] = choices[0] if isinstance(choices, list) and len(choices) == 1 else value
    return found
