"""The HTTP door: `create_app` joins the routes, the door's checks and the pages."""

from collections.abc import Collection
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.gzip import GZipMiddleware

from app.bodies import Bodies
from app.door import LOOPBACK, Door, Tickets
from app.openapi import add_schema
from app.pages import STATIC, add_pages
from app.problems import Caught, add_problems
from app.routes import (
    accounts,
    answers,
    data,
    documents,
    labels,
    mails,
    models,
    models_of_documents,
    runs,
    runs_of_documents,
    settings,
    tickets,
)
from avocet import __version__
from avocet.home import Home

ROUTERS = (
    mails, labels, data, accounts, settings, runs, runs_of_documents, models, models_of_documents, answers, documents, tickets,
)  # fmt: skip


def create_app(
    place: Home, token: str, recipe: str = "job_mail", hosts: Collection[str] = LOOPBACK, static: Path = STATIC
) -> FastAPI:
    """The application over one AVOCET_HOME; whoever has `token` may use it, under the names `hosts`."""
    app = FastAPI(
        title="Avocet", version=__version__, openapi_url="/api/openapi.json", redirect_slashes=False,
        docs_url=None, redoc_url=None,  # they load scripts from elsewhere
        generate_unique_id_function=_name,
    )  # fmt: skip
    app.state.place, app.state.token, app.state.recipe, app.state.tickets = place, token, recipe, Tickets()
    add_problems(app)
    for module in ROUTERS:
        app.include_router(module.router, tags=[module.__name__.rpartition(".")[2]])
    add_schema(app)
    add_pages(app, static)
    app.add_middleware(GZipMiddleware, compresslevel=5)
    app.add_middleware(Bodies)
    app.add_middleware(Caught)
    app.add_middleware(Door, token=token, tickets=app.state.tickets, hosts=hosts)  # the last one is the outermost
    return app


def _name(route: APIRoute) -> str:
    """A route is called by its function, in the API's description and in what is made of it."""
    return route.name
