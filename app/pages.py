"""The pages: the built bundle under app/static, one index.html for every address of its own; `make web` builds it."""

from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from app.problems import problem

STATIC = Path(__file__).with_name("static")
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_NOT_BUILT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>Avocet: no pages</title></head>
<body><main><h1>Avocet has no pages here yet</h1><p>Their bundle, <code>app/static</code>, is not there. In the checkout,
<code>make web</code> builds it (node 20 or newer); then start <code>avocet ui</code> again.</p>
<p>The API is at work all the same: <a href="/api/openapi.json">/api/openapi.json</a>.</p></main></body></html>
"""


def add_pages(app: FastAPI, static: Path) -> None:
    """After all routes: what is an API's address and no route is 404 or 405, the rest are the pages."""
    for room in ("/api/{rest:path}", "/admin/api/{rest:path}"):
        app.add_api_route(room, _no_route, methods=METHODS, include_in_schema=False)
    if (static / "index.html").is_file():
        app.frontend("/", directory=static, fallback="index.html")
    else:
        app.add_api_route("/{rest:path}", _not_built, methods=["GET"], include_in_schema=False)


def _no_route(request: Request) -> Response:
    """A mistyped address must not answer with the pages."""
    path = request.scope["path"]
    allowed = {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.path and "{rest:path}" not in route.path and compile_path(route.path)[0].match(path)
        for method in route.methods or ()
    }
    if allowed:
        return problem(
            request, 405, f"it takes {', '.join(sorted(allowed))}", "method",
            headers={"Allow": ", ".join(sorted(allowed))},
        )  # fmt: skip
    return problem(request, 404, "no such route; /api/openapi.json lists those that are there", "not_found")


def _not_built() -> HTMLResponse:
    return HTMLResponse(_NOT_BUILT, 503)
