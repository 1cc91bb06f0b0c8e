"""The versions of documents 0 and 1: their paths and shapes, over the same domain functions as app/routes/models.py."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.files import GIVES_ZIP, sent
from app.needs import Place, RecipeName
from app.routes.models import Back, Why
from avocet import bygate, byhand, exchange
from avocet.byhand import Moved
from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.store.database import store_of
from avocet.store.runs import RunLedger
from avocet.views import results
from avocet.views import versions as listing
from avocet.views.results import Results
from avocet.views.versions import FinetuneStatus

router = APIRouter()


@router.get("/api/finetune/status")
def finetune_status(place: Place) -> list[FinetuneStatus]:
    """The newest version under each name, newest first; a bare array, empty where nothing was trained."""
    return listing.newest(place)


@router.get("/api/benchmark/results")
def benchmark_results(place: Place, recipe: RecipeName) -> Results:
    """Everybody's card of the recipe's last run, best first, with the verdict; no cards where there was no run."""
    return results.last_results(place, recipe)


def _version_of(place: Home, run_id: int) -> str:
    """The version that the run trained as its challenger. Raises NotFoundError."""
    run = RunLedger(store_of(place)).get(str(run_id))
    version = (run.model_path or "").removeprefix("models/")
    if not version:
        raise NotFoundError(f"run {run_id} trained no version that could be used ({run.status})")
    return version


@router.post("/admin/api/deploy-model/{run_id}")
def deploy_model(
    place: Place,
    run_id: int,
    why: Why | None = None,
    force: Annotated[bool, Query(description="Against or without the gate; needs a reason.")] = False,
) -> Moved:
    """Make the run's version champion, as the gate has decided; 409 has the gate's reasons."""
    version = _version_of(place, run_id)
    if force:
        return byhand.override(place, version, None, (why or Why()).reason)
    return bygate.promote(place, version)


@router.post("/admin/api/rollback-model")
def rollback_model(place: Place, recipe: RecipeName, to: Back | None = None) -> Moved:
    """Back to the champion before the present one; 409 where there was none, since no base model answers without one."""
    asked = to or Back()
    return byhand.rollback(place, asked.version, asked.recipe or recipe)


@router.get("/admin/api/export-model/{run_id}", response_class=StreamingResponse, responses=GIVES_ZIP)
def export_run(
    place: Place,
    run_id: int,
    with_training_data: Annotated[
        bool, Query(description="With training_data.json: the mails that it learned from, word for word.")
    ] = False,
) -> StreamingResponse:
    """The run's version as a zip. With `with_training_data` it holds mail: then keep it as you keep your mailbox."""
    file, version, n_bytes = exchange.packed(place, _version_of(place, run_id), with_training_data)
    return sent(file, f"{version}.zip", n_bytes)
