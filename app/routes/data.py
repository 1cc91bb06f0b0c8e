"""Ways in and out for mails: imports, what they set aside, what looks wrong, and labelled mails as a file."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.checks import Checks, checked_now, told
from app.needs import Place, TheRecipe
from app.paging import LIMIT, Cursor, Limit, page_of
from app.queues import TheLabels
from app.shapes import Page
from app.terminal import pairs
from avocet import decision
from avocet.home import Home
from avocet.incoming.importing import Imported
from avocet.incoming.jobs import Job, Jobs, Upload
from avocet.incoming.quarantined import SetAside, in_quarantine, quarantine_files
from avocet.incoming.uploads import ending_of, import_upload, kind_of, plain_name
from avocet.oddities import to_look_at
from avocet.recipe_file import remember
from avocet.records import Naming
from avocet.rows import Unusable
from avocet.store.handed_out import Form, handed_out
from avocet.suspects import Suspect
from avocet.views.recipes import collection_for

router = APIRouter()
_CHUNK = 2**20
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_KINDS: dict[Form, str] = {
    "jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet",
}  # fmt: skip
_GIVEN: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The file",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in _KINDS.values()},
    }
}
Pairs = Annotated[Sequence[str], Query(max_length=200)]


@router.post("/api/imports", status_code=202, openapi_extra={"requestBody": {"required": True, "content": _FILE}})
async def begin_import(
    request: Request,
    response: Response,
    place: Place,
    recipe: TheRecipe,
    filename: Annotated[
        str, Query(max_length=1000, description="What the file is called where it comes from.")
    ] = "upload",
    format: Annotated[str | None, Query(max_length=20, description="Told by the name if not given.")] = None,
    dry_run: Annotated[bool, Query(description="Count only.")] = False,
    column: Pairs = (),
    label: Pairs = (),
) -> Job:
    """Take in the file that is the body; it goes on in the background, and Location says where to ask how far it is.

    `column=OURS=THEIRS` and `label=THEIRS=OURS` say what the file calls things; the recipe remembers them.
    """
    name, given = plain_name(filename), pairs(column, "column")
    said = Naming(given, pairs(label, "label"), frozenset(given.values()))
    announced = request.headers.get("content-length", "")
    jobs = Jobs(place)
    with jobs.sent(name, ending_of(name), int(announced) if announced.isdecimal() else None) as upload:
        await _received(request, upload)
        kind = kind_of(upload.path, name, format or None)
        if not dry_run:
            remember(place, recipe, said)
        known = Naming({**recipe.columns, **given}, {**recipe.label_map, **said.labels}, said.needed)
        work = partial(_import, place, collection_for(recipe), upload, kind, known, dry_run)
        job = jobs.start(upload, work, dry_run)
    response.headers["Location"] = f"/api/imports/{job.id}"
    return job


@router.get("/api/imports")
def list_imports(place: Place, limit: Limit = LIMIT, cursor: Cursor = None) -> Page[Job]:
    """Imports and fetches over HTTP, the newest first."""
    return page_of(Jobs(place).all(), limit, cursor)


@router.get("/api/imports/{id}")
def show_import(place: Place, id: str) -> Job:
    """How far one is, or what it came to."""
    return Jobs(place).get(id)


@router.get("/api/quarantine")
def list_quarantine(place: Place, limit: Limit = LIMIT, cursor: Cursor = None) -> Page[SetAside]:
    """What imports and nights set aside, the newest first."""
    return page_of(quarantine_files(place), limit, cursor)


@router.get("/api/quarantine/{name}")
def show_quarantine(
    place: Place, name: str, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000, cursor: Cursor = None
) -> Page[Unusable]:
    """What one of them set aside: file, place and reason; never a text."""
    return page_of(in_quarantine(place, name), limit, cursor)


@router.get("/api/suspects")
def list_suspects(place: Place, recipe: TheRecipe) -> Page[Suspect]:
    """Conflicts, labels that are likely wrong and odd lengths, as the recipe's last run saw them; all at once."""
    found = to_look_at(place, decision.read(place, decision.last_decided(place, recipe.name)))
    return Page(found, len(found))


@router.get("/api/checks")
def show_checks(place: Place, recipe: TheRecipe) -> Checks:
    """Tonight's rows checked as a night would; nothing is changed."""
    return told(checked_now(place, recipe).report)


@router.get("/api/exports/labels", response_class=StreamingResponse, responses=_GIVEN)
def export_labels(
    place: Place, labels: TheLabels, format: Annotated[Form, Query(description="Which kind of file.")] = "jsonl"
) -> StreamingResponse:
    """Every labelled mail as a file, to read elsewhere or to import again: this is mail."""
    pieces = handed_out(labels, format, place.data)
    begun = chain([next(pieces, b"")], pieces)  # what cannot be written at all is told as such
    name = f"{labels.collection}-labels.{format}"
    return StreamingResponse(
        begun, media_type=_KINDS[format], headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


async def _received(request: Request, upload: Upload) -> None:
    """In threads: a slow disk must not keep other requests waiting."""
    waiting = bytearray()
    async for part in request.stream():
        waiting += part
        if len(waiting) >= _CHUNK:
            await to_thread.run_sync(upload.write, bytes(waiting))
            waiting.clear()
    if waiting:
        await to_thread.run_sync(upload.write, bytes(waiting))
    upload.close()


def _import(
    place: Home,
    collection: str,
    upload: Upload,
    kind: str,
    naming: Naming,
    dry_run: bool,
    on_batch: Callable[[int], None],
) -> Imported:
    return import_upload(place, collection, upload.path, upload.name, kind, naming, dry_run, on_batch)
