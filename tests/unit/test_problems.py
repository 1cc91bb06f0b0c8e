"""Errors over HTTP are problem documents, each explained in docs/problems.md, and quote nothing that was sent."""

import ast
import importlib
import logging
import pkgutil
from collections.abc import Iterator
from typing import Literal

import pytest
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict
from starlette.responses import StreamingResponse

import app as the_app
import avocet
from app import problems
from app.bodies import Bodies
from app.problems import DOCS, add_problems
from avocet import errors
from avocet.home import CHECKOUT

CANARY = "Zyxwolf-Quarrel-7731"


class Sent(BaseModel):
    """A body of the test's own."""

    model_config = ConfigDict(extra="forbid")
    n: int
    kind: Literal["a", "b"] = "a"
    texts: list[str] = []


@pytest.fixture
def client() -> TestClient:
    """Routes that end in each way."""
    app = FastAPI()
    add_problems(app)
    app.add_middleware(Bodies)
    app.add_middleware(problems.Caught)

    @app.post("/api/sent")
    def sent(body: Sent, limit: int = 3) -> int:
        return body.n

    @app.get("/api/ours/{name}")
    def ours(name: str) -> None:
        raise next(kind for kind in kinds() if kind.__name__ == name)("one line")

    @app.get("/api/broken")
    def broken() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError:
            raise ValueError(f"cannot digest {CANARY}") from None

    @app.get("/api/half")
    def half() -> StreamingResponse:
        def parts() -> Iterator[bytes]:
            yield b"half"
            raise ValueError(CANARY)

        return StreamingResponse(parts())

    @app.get("/api/status/{code}")
    def status(code: int) -> None:
        raise HTTPException(code, "why", headers={"X-More": "1"})

    return TestClient(app)


def kinds() -> set[type[errors.AvocetError]]:
    """Every error of ours, wherever it is defined."""
    for package in (avocet, the_app):
        for found in pkgutil.iter_modules(package.__path__):
            if "Error(" in (CHECKOUT / package.__name__ / f"{found.name}.py" if not found.ispkg else DOCS).read_text():
                importlib.import_module(f"{package.__name__}.{found.name}")
    found, new = set(), {errors.AvocetError}
    while new:
        found |= new
        new = {sub for kind in new for sub in kind.__subclasses__()} - found
    return found


def said_in_code() -> set[str]:
    """The reasons that the app's code gives to `problem(request, status, detail, reason)`."""
    found = set(problems._REASONS.values())
    for path in (CHECKOUT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "problem":
                given = [*node.args[3:4], *(k.value for k in node.keywords if k.arg == "reason")]
                found |= {part.value for part in given if isinstance(part, ast.Constant)}
    return found


def test_every_reason_is_explained() -> None:
    """`type` leads to a paragraph, whatever went wrong."""
    headings = [line[3:] for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("## ")]
    reasons = {kind.reason for kind in kinds()} | said_in_code() | {"request"}
    assert len(reasons) > 25 and len(headings) == len(set(headings))
    assert sorted(reasons - set(headings)) == []


def test_our_errors_are_problems(client: TestClient) -> None:
    """Their sentence is the detail, their reason the type; none is a bug."""
    for kind in kinds():
        answer = client.get(f"/api/ours/{kind.__name__}")
        told = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert told == {
            "type": f"/problems#{kind.reason}", "title": told["title"], "status": answer.status_code, "detail": "one line",
            "instance": f"/api/ours/{kind.__name__}",
        }  # fmt: skip
        assert answer.status_code != 500
    assert client.get("/api/ours/BusyError").status_code == client.get("/api/ours/SwitchedOffError").status_code == 409
    assert client.get("/api/ours/NotFoundError").status_code == 404
    assert client.get("/api/ours/RecipeError").status_code == 422


def test_the_frameworks_errors_are_problems(client: TestClient) -> None:
    """404, 405 with Allow, and what a route raises; 204 and 304 have no body."""
    assert client.get("/nowhere").json()["type"] == "/problems#not_found"
    answer = client.delete("/api/sent")
    assert (answer.status_code, answer.json()["type"], answer.headers["allow"]) == (405, "/problems#method", "POST")
    answer = client.get("/api/status/412")
    assert (answer.status_code, answer.json()["detail"], answer.headers["x-more"]) == (412, "why", "1")
    for code in (204, 304):
        answer = client.get(f"/api/status/{code}")
        assert (answer.status_code, answer.content) == (code, b"")


def test_what_is_not_valid_is_pointed_at_and_not_quoted(client: TestClient) -> None:
    """Each place, with what is wanted there; what was sent may be mail."""
    body = {"n": CANARY, "kind": CANARY, "texts": ["a", 3], "a/b~c": CANARY}
    answer = client.post(f"/api/sent?limit={CANARY}", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    told = answer.json()
    assert CANARY not in answer.text and told["type"] == "/problems#invalid"
    places = ["/query/limit", "/body/n", "/body/kind", "/body/texts/1", "/body/a~1b~0c"]
    assert [one["pointer"] for one in told["errors"]] == places
    assert told["errors"][2]["detail"] == "Input should be 'a' or 'b'"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 422),
        (b"[1, 2]", 422),
        (b'{"n": 1}\xff', 400),
        (b'{"n": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"n": ' * 5000 + b"1" + b"}" * 5000, 400),
        (b'{"n": ' + b"1" * 5000 + b"}", 400),
        (b'{"n": 1, "texts": ["\\ud800"]}', 422),
        (b'{"n": NaN}', 422),
        (b'{"n": 1, "texts": [1e999]}', 422),
        (b'{"n": 1, "texts": ["\\ud83d\\ude00", "NaN"]}', 200),
    ],
    ids=lambda value: str(value)[:24],
)
def test_a_body_that_is_no_json_is_the_senders_mistake(client: TestClient, body: bytes, status: int) -> None:
    """Not ours: nested too deep, no UTF-8, half a surrogate pair, a number of 5,000 digits."""
    answer = client.post("/api/sent", content=body, headers={"Content-Type": "application/json"})
    kind = "application/problem+json" if status != 200 else "application/json"
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)


def test_a_path_that_is_no_text_can_be_told(client: TestClient) -> None:
    """Though the bytes in it are no UTF-8."""
    assert client.get("/api/%ff%00%ed%a0%80").status_code == 404


def test_a_bug_tells_its_place_to_the_log_and_nothing_to_anyone(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The message of an unknown error may quote a mail."""
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/broken")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems#bug")
    assert CANARY not in answer.text and CANARY not in caplog.text
    assert "in broken" in caplog.text and "ValueError" in caplog.text and "KeyError" in caplog.text


def test_an_answer_that_breaks_in_the_middle_is_cut(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    """Half an answer must not look like a whole one."""
    with pytest.raises(RuntimeError, match="broke off") as broke:
        client.get("/api/half")
    assert broke.value.__suppress_context__ and CANARY not in str(broke.value) + caplog.text


def test_the_reasons_can_be_read_from_the_server(client: TestClient) -> None:
    """`type` is an address: /problems#busy."""
    page = client.get("/problems")
    assert page.headers["content-type"].startswith("text/html")
    assert '<h2 id="busy">' in page.text and "<code>avocet settings fine_tuning_enabled=true</code>" in page.text
    assert "<script" not in page.text and "<style" not in page.text
