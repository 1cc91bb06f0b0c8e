"""How people see and give each label of a recipe: its key, colour, description, and how many mails it should get."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from avocet.errors import WrongUseError
from avocet.store.database import Database
from avocet.store.settings import keep, kept

RESERVED = "usdhg?/jk"  # undo, skip, discard, hide the suggestion, guidelines, help, search, next, previous; Enter and Escape are no characters
KEYS = "1234567890abcefilmnopqrtvwxyz,.-;'[]"  # in the order in which labels get them
# Ten, each with a contrast of 3:1 on white and on black at once.
COLOURS = (
    "#2f7ed8", "#c2562f", "#3d8f4f", "#8a63c8", "#b0832a", "#c2497f", "#2b8c8c", "#7d7d7d", "#a0522d", "#6b7fd1",
)  # fmt: skip
MAX_DESCRIPTION = 2_000
MAX_TARGET = 1_000_000
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)


@dataclass(frozen=True)
class LabelLook:
    """One label; `key` is one character or empty, `target` how many mails should have it (None: nobody said)."""

    name: str
    key: str
    colour: str
    description: str = ""
    target: int | None = None


def shown(database: Database, recipe: str, names: Sequence[str]) -> list[LabelLook]:
    """Each of the recipe's labels, in its order, as a person set it, else as it comes. Raises StoreError."""
    there = {one["name"]: one for one in kept(database, _name(recipe)) or []}
    taken = {one["key"] for name, one in there.items() if name in names}
    free = [key for key in KEYS if key not in taken]
    found = []
    for at, name in enumerate(names):
        if name in there:
            found.append(LabelLook(**there[name]))
            continue
        # Where nobody took it, the key that the label's place has: it stays the same when another label is set.
        usual = KEYS[at] if at < len(KEYS) else ""
        key = usual if usual in free else next((key for key in free if key not in KEYS[: len(names)]), "")
        if key:
            free.remove(key)
        found.append(LabelLook(name, key, COLOURS[at % len(COLOURS)]))
    return found


def show(
    database: Database, recipe: str, names: Sequence[str], given: Sequence[LabelLook], who: str
) -> list[LabelLook]:
    """Keep what a person set; labels that are not given stay as they come.

    Raises WrongUseError, whose `errors` say where, StoreError.
    """
    if places := list(_refused(names, given)):
        error = WrongUseError("; ".join(f"{pointer}: {why}" for pointer, why in places[:3]))
        error.errors = places
        raise error
    keep(database, who, {_name(recipe): [asdict(one) for one in given]})
    return shown(database, recipe, names)


def targets(labels: Sequence[LabelLook]) -> Mapping[str, int | None]:
    """Label -> how many mails it should get."""
    return {one.name: one.target for one in labels}


def _refused(names: Sequence[str], given: Sequence[LabelLook]) -> Iterator[tuple[str, str]]:
    """(where, why) of each value that cannot be."""
    seen: set[str] = set()
    keys: dict[str, str] = {}
    for at, one in enumerate(given):
        if one.name not in names:
            yield f"/body/items/{at}/name", f"the recipe has no label {one.name!r:.60}; it has {', '.join(names)}"[:500]
        elif one.name in seen:
            yield f"/body/items/{at}/name", f"{one.name} comes twice"
        if why := _bad_key(one.key, keys.get(one.key.lower())):
            yield f"/body/items/{at}/key", why
        if not _COLOUR.fullmatch(one.colour):
            yield f"/body/items/{at}/colour", "a colour is written like #2f7ed8"
        if len(one.description) > MAX_DESCRIPTION:
            yield f"/body/items/{at}/description", f"at most {MAX_DESCRIPTION} characters"
        if one.target is not None and not 0 < one.target <= MAX_TARGET:
            yield f"/body/items/{at}/target", f"a number of mails from 1 to {MAX_TARGET}, or null"
        seen.add(one.name)
        keys.setdefault(one.key.lower(), one.name)


def _bad_key(key: str, other: str | None) -> str | None:
    if not key:
        return None
    if len(key) != 1 or not key.isprintable() or key.isspace():
        return "a key is one character that is printed on it"
    if key.lower() in RESERVED:
        return f"{key} is taken: {', '.join(RESERVED)}, Enter and Escape have a meaning of their own"
    return f"{key} is the key of {other} already" if other is not None else None


def _name(recipe: str) -> str:
    return f"labels:{recipe}"
