"""Versions that travel: out as a zip with a model card, in as a candidate that must pass the gate here."""

import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from avocet import archive, durable, registry
from avocet import recipe as recipes
from avocet.byhand import proved, user
from avocet.candidates import Blend, OnBase
from avocet.errors import (
    ArchiveError,
    DamagedVersionError,
    NonFiniteError,
    NoSpaceError,
    NothingToDoError,
    WrongUseError,
)
from avocet.history import record
from avocet.home import Home, checked_name
from avocet.recipe import Recipe
from avocet.runs import only_one
from avocet.travelled import Member, Story, read_story
from avocet.views.learned_rows import learned_rows

RESERVE_BYTES = 200 * 10**6  # what an import or export leaves free
_DATE = (1980, 1, 1, 0, 0, 0)  # the same version is the same zip, byte for byte


@dataclass(frozen=True)
class Imported:
    """A version that came in; `note` says what it cannot do yet."""

    version: str
    recipe: str
    candidate: str
    note: str


def export(place: Home, version: str, out: Path) -> Path:
    """Write `version` to the new file `out`: weights, tokenizer, story, manifest, metrics and a model card; no mail.

    Raises DamagedVersionError, WrongUseError where `out` is there already, DiskError.
    """
    contents = exported(place, version)
    with registry.on_disk(f"writing {out.name}"):
        try:
            with durable.new_file(out) as draft:
                _write(draft, contents)
        except FileExistsError:
            raise WrongUseError(f"{out} is there already; give another name or remove it") from None
    return out


def packed(place: Home, version: str, with_rows: bool = False) -> tuple[IO[bytes], str, int]:
    """What `export` writes, as a file without a name that is gone when it is closed; the version's id, and its bytes.

    `with_rows`: with training_data.json, which is mail. Raises NoSpaceError, NotFoundError, DamagedVersionError, DiskError.
    """
    found = registry.open_version(place.models / checked_name(version, "version"))
    contents = exported(place, found.id)
    if with_rows:
        contents["training_data.json"] = learned_rows(place, found)
    n_bytes = sum(c.stat().st_size if isinstance(c, Path) else len(c) for c in contents.values())
    with registry.on_disk(f"packing {found.id}"):
        place.data.mkdir(parents=True, exist_ok=True)
        enough_room(place, n_bytes)
        file = TemporaryFile(dir=place.data)  # noqa: SIM115  the caller reads it
        try:
            _write(file, contents)
        except BaseException:
            file.close()
            raise
    n_bytes = file.tell()
    file.seek(0)
    return file, found.id, n_bytes


def enough_room(place: Home, n_bytes: int) -> None:
    """Raises NoSpaceError where the disk of data/ would be full with that much more: nights need it."""
    free = shutil.disk_usage(place.data).free
    if free - n_bytes < RESERVE_BYTES:
        raise NoSpaceError(
            f"{free // 10**6} MB are free in {place.root}, and {n_bytes // 10**6} MB would not leave enough: make room"
        )


def exported(place: Home, version: str) -> dict[str, bytes | Path]:
    """Name -> content of every file that travels. Raises DamagedVersionError, ArchiveError for a file that may not."""
    from avocet.card import card, metrics

    found = registry.open_version(place.models / checked_name(version, "version"))
    registry.verify(found.folder)
    files = {p.relative_to(found.folder).as_posix(): p for p in found.folder.rglob("*") if p.is_file()}
    odd = [name for name in sorted(files) if not archive.allowed(name)]
    if odd:
        raise ArchiveError(f"version {found.id} holds {odd[0]}, which the importer would refuse; it was not exported")
    numbers = metrics(place, found)
    told = {"README.md": card(found, numbers), "metrics.json": json.dumps(numbers, indent=2, allow_nan=False) + "\n"}
    return {**files, **{name: text.encode() for name, text in told.items()}}


def _write(draft: Path | IO[bytes], contents: Mapping[str, bytes | Path]) -> None:
    """Stored, not deflated: weights hardly shrink, and another zlib would give another file."""
    with zipfile.ZipFile(draft, "x" if isinstance(draft, Path) else "w", zipfile.ZIP_STORED) as into:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o100644 << 16
            entry.file_size = content.stat().st_size if isinstance(content, Path) else len(content)
            with (
                into.open(entry, "w") as sink,
                content.open("rb") if isinstance(content, Path) else BytesIO(content) as source,
            ):
                shutil.copyfileobj(source, sink, 2**20)


def import_version(place: Home, path: Path) -> Imported:
    """Take the version in the zip `path` in as a candidate: no pointer and no alias moves.

    Raises ArchiveError with the rule that it breaks (nothing is kept then), NothingToDoError where that very
    version is here, BusyError while a run is at work.
    """
    if not path.is_file():
        raise WrongUseError(f"{path} is no file; give the zip that `avocet models export` wrote")
    with path.open("rb") as raw:
        return import_opened(place, raw, path.name)


def import_opened(place: Home, raw: IO[bytes], name: str) -> Imported:
    """Like `import_version`, for an open file that is called `name` in what is said of it."""
    with only_one(place):
        staging = registry.new_staging(place.models)
        try:
            with registry.on_disk(f"unpacking {name}"):
                archive.unpack(raw, name, staging)
            story = read_story(staging)
            note = _fits(place, story)
            _is_new(place.models, staging, story.version)
            _works(staging)
            registry.publish(staging, None)
        except BaseException:
            registry.discard(staging)
            raise
        entry = {"recipe": story.recipe, "version": story.version, "user": user()}
        with registry.on_disk(f"noting that {story.version} was imported, which it was,"):
            record(place.models, {"event": "imported", **entry})
    return Imported(story.version, story.recipe, story.candidate, note)


def _is_new(models: Path, staging: Path, version: str) -> None:
    there = models / version
    if not there.exists():
        return
    manifest = there / registry.MANIFEST
    if manifest.is_file() and manifest.read_bytes() == (staging / registry.MANIFEST).read_bytes():
        raise NothingToDoError(f"version {version} is here already; nothing was changed")
    raise ArchiveError(f"another version called {version} is here already; `avocet models show {version}` tells of it")


def _works(staging: Path) -> None:
    try:
        proved(staging)
    except (DamagedVersionError, NonFiniteError) as e:
        raise ArchiveError(f"it does not work here: {str(e).replace(staging.name, 'in the zip')}") from None


def _fits(place: Home, story: Story) -> str:
    """What to say of a version whose recipe is not here. Raises ArchiveError where the recipe is, and differs."""
    if not place.recipe(story.recipe).exists():
        return f"there is no recipe {story.recipe} here yet, so no gate can judge it; `avocet classify --model` uses it"
    _fits_recipe(recipes.load(place, story.recipe), story)
    return (
        f"a candidate of {story.recipe}; the champion stays until the gate decides: "
        f"avocet train {story.recipe} --model VERSION"
    )


def _fits_recipe(recipe: Recipe, story: Story) -> None:
    strange = [label for label in story.labels if label not in recipe.labels]
    if strange:
        raise ArchiveError(f"its label {strange[0]!r:.80} is none of recipe {recipe.name}")
    missing = [name for name in story.fields if name not in recipe.fields]
    if missing:
        raise ArchiveError(f"its template reads {missing[0]}, which the rows of recipe {recipe.name} do not have")
    settings = recipe.candidates.get(story.candidate)
    if settings is None:
        raise ArchiveError(
            f"recipe {recipe.name} has no candidate {story.candidate}; it has {', '.join(recipe.candidates)}"
        )
    _is_candidate(recipe, story.candidate, story)
    if isinstance(settings, Blend):
        for name, member in story.members.items():
            if name not in settings.of:
                raise ArchiveError(
                    f"its member {name} is none of candidate {story.candidate} of recipe {recipe.name}, "
                    f"which is made of {', '.join(settings.of)}"
                )
            _is_candidate(recipe, name, member)


def _is_candidate(recipe: Recipe, name: str, its: Story | Member) -> None:
    """A version of another method or on another base must not compete as this candidate, nor open that base."""
    settings = recipe.candidates[name]
    base = settings.base if isinstance(settings, OnBase) else "none"
    if (settings.method, base) != (its.method, its.base_model_id):
        raise ArchiveError(
            f"it is {its.method} on base {its.base_model_id}; candidate {name} of recipe {recipe.name} "
            f"is {settings.method} on {base}"
        )
