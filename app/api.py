"""The HTTP door: `create_app` joins the routes, the door's checks and the pages."""

from fastapi import FastAPI

from app.problems import add_problems
from app.routes import answers, data, documents, mails, models, runs, runs_of_documents, settings
from avocet import __version__
from avocet.home import Home

ROUTERS = (mails, data, settings, runs, runs_of_documents, models, answers, documents)


def create_app(place: Home, token: str, recipe: str = "job_mail") -> FastAPI:
    """The application over one AVOCET_HOME; whoever has `token` may use it."""
    app = FastAPI(title="Avocet", version=__version__)
    app.state.place, app.state.token, app.state.recipe = place, token, recipe
    add_problems(app)
    for module in ROUTERS:
        app.include_router(module.router)
    return app
