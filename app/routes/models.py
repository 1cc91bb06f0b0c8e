"""Versions: scores, comparison, promotion by hand, export and import."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from app.files import GIVES_ZIP, TAKES_ZIP, received, sent
from app.needs import Place, RecipeName
from app.paging import LIMIT, Cursor, Limit, page_of
from app.shapes import Page
from avocet import bygate, byhand, exchange, history
from avocet.byhand import Moved
from avocet.errors import ArchiveError
from avocet.exchange import Imported
from avocet.history import Told
from avocet.retention import remove
from avocet.views import versions as listing
from avocet.views.behind import JudgedMail, judged_mails, with_words
from avocet.views.comparison import Comparison, compare
from avocet.views.version import ModelDetail, shown
from avocet.views.versions import Model

router = APIRouter()


class Why(BaseModel):
    """Why a person overrules the gate; the ledger keeps it with the name of whoever started this server."""

    model_config = ConfigDict(extra="forbid")

    reason: str = ""


class Back(BaseModel):
    """To which version, and whose; the champion before the present one, and the recipe of the query, if not given."""

    model_config = ConfigDict(extra="forbid")

    recipe: str | None = None
    version: str | None = None


@router.get("/api/models")
def list_models(place: Place, recipe: RecipeName, limit: Limit = LIMIT, cursor: Cursor = None) -> Page[Model]:
    """The recipe's versions, newest first, and damaged ones, whosever they are."""
    return page_of(listing.models(place, recipe), limit, cursor)


@router.get("/api/models/compare")
def compare_models(
    place: Place, a: Annotated[str, Query(description="A version.")], b: Annotated[str, Query(description="Another.")]
) -> Comparison:
    """Two versions line by line and, where one run judged both, the difference and the mails that b fixed and broke."""
    return compare(place, a, b)


@router.post("/api/models/rollback")
def roll_back(place: Place, recipe: RecipeName, to: Back | None = None) -> Moved:
    """Make a former champion the champion again."""
    asked = to or Back()
    return byhand.rollback(place, asked.version, asked.recipe or recipe)


@router.post("/api/models/import", status_code=201, openapi_extra=TAKES_ZIP)
async def import_model(request: Request, response: Response, place: Place) -> Imported:
    """Take in the zip that an export gave (the body), as a candidate: no champion changes."""
    async with received(request, place) as file:
        try:
            found = await to_thread.run_sync(partial(exchange.import_opened, place, file, "the body"))
        except ArchiveError as e:
            raise ArchiveError(f"the archive was refused, nothing of it was kept: {e}") from None
    response.headers["Location"] = f"/api/models/{found.version}"
    return found


@router.get("/api/models/{id}")
def show_model(place: Place, id: str) -> ModelDetail:
    """All that is known of one version, with its card in the last run that judged it."""
    return shown(place, id)


@router.delete("/api/models/{id}", status_code=204)
def remove_model(place: Place, id: str) -> None:
    """Remove a version that never was a champion; its files are gone then."""
    remove(place, id)


@router.get("/api/models/{id}/mails")
def mails_behind(
    place: Place,
    id: str,
    true: Annotated[str | None, Query(description="Of this label; any if not given.")] = None,
    pred: Annotated[str | None, Query(description="Called this by the version; anything if not given.")] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Page[JudgedMail]:
    """The mails behind a cell of the confusion matrix, from the last run that judged the version."""
    run, mails = judged_mails(place, shown(place, id).version, true, pred)
    page = page_of(mails, limit, cursor)
    return Page(with_words(place, run, page.items), page.total, page.next_cursor)


@router.post("/api/models/{id}/deploy")
def promote_model(
    place: Place,
    id: str,
    why: Why | None = None,
    force: Annotated[bool, Query(description="Against or without the gate; needs a reason.")] = False,
) -> Moved:
    """Make the version champion, as the last gate that judged it has decided; 409 has the gate's reasons."""
    if force:
        return byhand.override(place, id, None, (why or Why()).reason)
    return bygate.promote(place, id)


@router.get("/api/exports/models/{id}", response_class=StreamingResponse, responses=GIVES_ZIP)
def export_model(place: Place, id: str) -> StreamingResponse:
    """The version as a zip, with its model card and metrics; no mail is in it."""
    file, version, n_bytes = exchange.packed(place, id)
    return sent(file, f"{version}.zip", n_bytes)


@router.get("/api/decisions")
def list_decisions(place: Place, recipe: RecipeName, limit: Limit = LIMIT, cursor: Cursor = None) -> Page[Told]:
    """Every promotion, refusal, rollback and forced promotion of the recipe, newest first."""
    words = history.history(place.models, recipe)
    return page_of([history.told(word) for word in reversed(words)], limit, cursor)
