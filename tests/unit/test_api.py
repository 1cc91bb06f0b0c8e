"""Around the routes: the API's description, its names, unknown addresses, compressed answers, and the pages."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient

from app import openapi
from app.api import create_app
from app.needs import RecipeName
from avocet.home import CHECKOUT, Home

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def pages(place: Home, tmp_path: Path) -> TestClient:
    """With a built bundle."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html><title>Avocet</title>")
    (static / "assets" / "app.js").write_text("console.log('avocet')\n" * 99)
    app = create_app(place, "t", static=static)
    return TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": "Bearer t"})


def test_the_committed_description_is_what_the_code_says() -> None:
    """The pages' types are made from it; `python -m app.openapi` writes it."""
    text = openapi.text_of(create_app(Home(CHECKOUT), "t"))
    assert text == openapi.FILE.read_text(encoding="utf-8"), "openapi.json is old: python -m app.openapi"


def test_an_operation_is_called_by_its_function(client: TestClient) -> None:
    """Each name once, each with a tag, and each says that it may answer with a problem."""
    told = client.get("/api/openapi.json").json()
    operations = [one for ways in told["paths"].values() for one in ways.values()]
    assert [name for name, n in Counter(one["operationId"] for one in operations).items() if n > 1] == []
    assert [
        one["operationId"] for one in operations if not one.get("tags") or not one["operationId"].isidentifier()
    ] == []
    assert [one["operationId"] for one in operations if "default" not in one["responses"]] == []
    assert "HTTPValidationError" not in json.dumps(told)


def test_a_route_says_which_of_its_own_names_it_has_not(client: TestClient) -> None:
    """A mistyped address is 404 for every method and even in a browser; a wrong method 405 with those that are right."""
    for path in ("/api/nope", "/api/", "/admin/api/nope", "/api/tickets/"):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
            answer = client.request(method, path, headers=HTML)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    answer = client.get("/api/tickets")
    assert (answer.status_code, answer.headers["allow"], answer.json()["type"]) == (405, "POST", "/problems#method")


def test_every_api_route_is_below_the_api(client: TestClient) -> None:
    """What lies elsewhere is a page, for the door's answers and for what may be kept in a cache."""
    paths = {route.path for route in iter_route_contexts(client.app.routes) if route.path}  # type: ignore[attr-defined]
    others = {path for path in paths if not path.startswith(("/api/", "/admin/api/"))}
    assert others <= {"/problems", "/{rest:path}"}


@pytest.mark.parametrize(
    "path",
    ["/", "/label", "/training", "/runs/7", "/models", "/data", "/settings", "/admin/training", "/admin/training-data", "/benchmark"],
)  # fmt: skip
def test_each_page_has_its_own_address(pages: TestClient, path: str) -> None:
    """One file serves all; it is asked for anew each time, and not sent again where it is the same."""
    answer = pages.get(path, headers=HTML)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>Avocet</title>")
    assert answer.headers["cache-control"] == "no-cache"
    again = pages.get(path, headers={**HTML, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert pages.post(path).status_code in (404, 405)


def test_files_of_the_bundle_come_compressed_and_once(pages: TestClient) -> None:
    """And what is not there is no page."""
    answer = pages.get("/assets/app.js")
    assert answer.headers["content-encoding"] == "gzip" and "javascript" in answer.headers["content-type"]
    assert pages.get("/assets/app.js", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert pages.get("/assets/gone.js").status_code == 404
    for path in ("/..%2f..%2fetc/passwd", "/assets/../../secret", "/%00", "/" + "a" * 5000):
        assert pages.get(path).status_code == 404
    assert pages.get("/api/openapi.json").headers["content-encoding"] == "gzip"


def test_without_a_bundle_a_page_says_how_to_make_one(place: Home, tmp_path: Path) -> None:
    """The API works all the same."""
    app = create_app(place, "t", static=tmp_path / "none")
    client = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": "Bearer t"})
    answer = client.get("/label", headers=HTML)
    assert answer.status_code == 503 and "make web" in answer.text
    assert client.get("/api/openapi.json").status_code == 200


@pytest.mark.parametrize("name", ["/etc/a.yaml", "../../etc/passwd", "a.yaml", "A", "a/b", "a\x00", ""])
def test_a_recipe_that_is_asked_for_over_http_is_a_name_and_no_path(place: Home, name: str) -> None:
    """The terminal takes a file's path; a request opens no file elsewhere. Empty: the application's own."""
    app = create_app(place, "t", "tiny")
    app.router.routes.insert(0, APIRoute("/api/whose", _whose))
    client = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": "Bearer t"})
    answer = client.get("/api/whose", params={"recipe": name})
    assert (answer.status_code == 422 and "is no name" in answer.json()["detail"]) or (name, answer.json()) == (
        "",
        "tiny",
    )


def _whose(name: RecipeName) -> str:
    return name


def test_a_first_page_waits_for_nothing_heavy() -> None:
    """What trains, orchestrates or checks is imported by the request that needs it."""
    code = "import sys, app.api; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {
        "torch",
        "transformers",
        "prefect",
        "great_expectations",
        "sklearn",
        "scipy",
        "pandas",
        "matplotlib",
        "rensa",
    }
    assert sorted(heavy & set(loaded)) == []
