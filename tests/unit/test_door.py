"""Who gets in: token, cookie, host, origin, tickets, sizes; every route is tried."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response

from app import bodies, door
from app.api import create_app
from app.door import PUBLIC, STARTS, Tickets
from avocet.home import Home

TOKEN = "a-token-of-the-tests"  # noqa: S105
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OWN = {"Sec-Fetch-Site": "same-origin"}
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@pytest.fixture
def app(place: Home, tmp_path: Path) -> FastAPI:
    """The application, with a page and a few routes of the test's own."""
    static = tmp_path / "static"
    static.mkdir()
    (static / "index.html").write_text("<!doctype html><title>Avocet</title>")
    made = create_app(place, TOKEN, static=static)

    async def changes(request: Request) -> int:
        return len(await request.body())

    made.add_api_route("/api/changes", changes, methods=["POST"])
    for path in STARTS:
        made.add_api_route(path, lambda: "began", methods=["GET"])
    for _ in range(1 + len(STARTS)):  # before the route that answers for whatever is no route of the API
        made.router.routes.insert(0, made.router.routes.pop())
    return made


def of(app: FastAPI, host: str = "127.0.0.1:8642", **headers: str) -> TestClient:
    return TestClient(app, base_url=f"http://{host}", headers=headers, follow_redirects=False)


@pytest.fixture
def browser(app: FastAPI) -> TestClient:
    """A browser that has followed the link."""
    client = of(app)
    assert client.get(f"/?token={TOKEN}").status_code == 303
    return client


def refused(answer: Response, status: int, reason: str) -> None:
    """A problem, and nothing else."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["type"] == f"/problems#{reason}"


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """(method, path with something in its places) of each."""
    for route in iter_route_contexts(app.routes):
        for method in route.methods or ():
            yield method, re.sub(r"{[^}]+}", "1", route.path or "")


def test_the_link_becomes_a_cookie_and_leaves_the_address(app: FastAPI) -> None:
    """303 to the same page; the cookie is HttpOnly, Strict, named by the port, and is not the token."""
    client = of(app)
    answer = client.get(f"/runs/7?a=1&token={TOKEN}&b=", headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/runs/7?a=1&b=")
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"avocet-8642=[0-9a-f]{64}; HttpOnly; Path=/; SameSite=strict", cookie)
    assert TOKEN not in str(answer.headers)
    assert client.get("/label", headers=PAGE).status_code == 200
    assert client.post("/api/changes", headers=OWN, content="abc").json() == 3


@pytest.mark.parametrize("path", ["//evil.example/a", "/%5Cevil.example", "/%0D%0ASet-Cookie:%20a=b"])
def test_the_swap_leads_to_no_other_server(app: FastAPI, path: str) -> None:
    """An address that a browser would take for another server's, or for headers, stays a path here."""
    answer = of(app).get(f"http://127.0.0.1:8642{path}?token={TOKEN}")
    assert answer.status_code == 303 and re.match(r"/[^/\\\r\n]", answer.headers["location"])
    assert len(answer.headers.get_list("set-cookie")) == 1


def test_a_wrong_token_and_none_get_a_page_that_says_how(app: FastAPI) -> None:
    """A person gets a plain page with a field for the token, a program a problem; neither tells what the token is."""
    for path in ("/", "/label", "/?token=wrong", "/?token=%C3%A9"):
        answer = of(app).get(path, headers=PAGE)
        assert answer.status_code == 401 and "avocet ui" in answer.text and 'name="token"' in answer.text
        assert TOKEN not in answer.text and "set-cookie" not in answer.headers
        assert "<style" not in answer.text and "<script" not in answer.text  # its own CSP would refuse both
    refused(of(app).get("/api/unknown"), 401, "unauthorized")
    refused(of(app).get(f"/api/unknown?token={TOKEN}"), 401, "unauthorized")  # not in the address of an API
    refused(of(app, Authorization="Bearer wrong").post("/api/changes"), 401, "unauthorized")
    refused(of(app, Authorization="Basic x").get("/api/unknown"), 401, "unauthorized")
    refused(of(app, Authorization="Bearer ").get("/api/unknown"), 401, "unauthorized")
    refused(of(app).post("/label"), 401, "unauthorized")


def test_a_link_from_another_page_is_asked_for_again(app: FastAPI, browser: TestClient) -> None:
    """A Strict cookie does not come with it; our own refresh brings it, without its path leading elsewhere."""
    for site in ("cross-site", "same-site"):
        answer = of(app).get("/runs/7?a=<b>", headers={**PAGE, "Sec-Fetch-Site": site})
        assert answer.status_code == 401 and 'content="0; url=/runs/7?a=%3Cb%3E"' in answer.text
        assert browser.get("/runs/7", headers={**PAGE, "Sec-Fetch-Site": site}).status_code == 200
    assert "refresh" not in of(app).get("/runs/7", headers={**PAGE, **OWN}).text


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "127.0.0.1/api/health?", "", "[::1", "192.168.1.5", "127.0.0.1:a"],
)  # fmt: skip
def test_another_name_is_refused(app: FastAPI, host: str) -> None:
    """Against a name that is pointed at this machine; also for what is public, and with the token."""
    for path in ("/api/unknown", "/api/health", "/", f"/?token={TOKEN}"):
        refused(of(app, **BEARER).get(path, headers={"Host": host}), 421, "host")
        refused(of(app).get(path, headers={"Host": host}), 421, "host")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8642", "LOCALHOST", "[::1]:8642"])
def test_the_names_of_this_machine_are_known(app: FastAPI, host: str) -> None:
    """With and without a port."""
    assert of(app, **BEARER).get("/label", headers={"Host": host, **PAGE}).status_code == 200


def test_a_server_for_others_knows_its_names_and_numbers(place: Home) -> None:
    """A number in the address cannot be a rebound name."""
    app = create_app(place, TOKEN, hosts=[*door.LOOPBACK, "Mails.example", door.ANY_ADDRESS])
    for host, status in [("mails.example", 404), ("192.168.1.5:80", 404), ("[fe80::1]", 404), ("other.example", 421)]:
        assert of(app, **BEARER).get("/api/unknown", headers={"Host": host}).status_code == status


def test_two_hosts_are_one_too_many(app: FastAPI) -> None:
    """Whoever sends two wants one of us to read the other."""
    answer = of(app, **BEARER).get("/api/unknown", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")])
    refused(answer, 421, "host")


FOREIGN: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},  # another port of this machine
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:4200"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://["},  # no address at all
    {"Origin": "http://localhost:8642"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_page_can_change_nothing_and_read_nothing(
    app: FastAPI, browser: TestClient, headers: dict[str, str]
) -> None:
    """Though its requests bring the cookie: another port of 127.0.0.1 is the same site."""
    refused(browser.post("/api/changes", headers=headers), 403, "foreign")
    refused(browser.get("/api/unknown", headers=headers), 403, "foreign")
    refused(of(app, **BEARER).post("/api/changes", headers=headers), 403, "foreign")


def test_own_pages_scripts_and_old_browsers_get_in(app: FastAPI, browser: TestClient) -> None:
    """A change needs a sign that it is from here: Sec-Fetch-Site, an equal Origin, or the token itself."""
    for headers in (OWN, {"Sec-Fetch-Site": "none"}, {"Origin": "http://127.0.0.1:8642"}):
        assert browser.post("/api/changes", headers=headers).status_code == 200
    assert of(app, **BEARER).post("/api/changes").status_code == 200
    refused(browser.post("/api/changes"), 403, "foreign")  # a program with a stolen cookie
    assert browser.get("/api/unknown").status_code == 404


@pytest.mark.parametrize("path", STARTS)
def test_a_get_that_starts_needs_the_token_or_a_ticket_that_is_good_once(
    app: FastAPI, browser: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link in a mail, opened by a mail program, brings the cookie and Sec-Fetch-Site: none."""
    assert of(app, **BEARER).get(path).status_code == 200
    for headers in (OWN, {"Sec-Fetch-Site": "none"}, {}):
        refused(browser.get(path, headers=headers), 403, "ticket")
    ticket = browser.post("/api/tickets", headers=OWN).json()["ticket"]
    refused(browser.get(f"{path}?ticket={ticket}", headers={"Sec-Fetch-Site": "same-site"}), 403, "foreign")
    assert browser.get(f"{path}?ticket={ticket}", headers=OWN).status_code == 200
    refused(browser.get(f"{path}?ticket={ticket}", headers=OWN), 403, "ticket")
    again = {"Last-Event-ID": "1-1"}  # a browser's stream after a cut: it goes on, and starts nothing
    assert browser.get(f"{path}?ticket={ticket}", headers={**OWN, **again}).status_code == 200
    refused(browser.get(path, headers={"Sec-Fetch-Site": "same-site", **again}), 403, "foreign")
    monkeypatch.setattr(door, "TICKET_S", -1.0)
    late = browser.post("/api/tickets", headers=OWN).json()["ticket"]
    refused(browser.get(f"{path}?ticket={late}", headers=OWN), 403, "ticket")


def test_tickets_that_nobody_took_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that asks for ever fills no memory."""
    box = Tickets()
    monkeypatch.setattr(door, "TICKET_S", -1.0)
    for _ in range(3):
        box.give()
    assert len(box._until) == 1


def test_a_preflight_gets_nothing(app: FastAPI, browser: TestClient) -> None:
    """No page of another server is let in by CORS."""
    asks = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    for client in (of(app), browser, of(app, **BEARER)):
        answer = client.options("/api/changes", headers=asks)
        assert answer.status_code in (401, 403)
        assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_every_answer_holds_the_browser_to_our_rules(app: FastAPI, browser: TestClient) -> None:
    """Pages, answers and refusals alike; mail is kept in no cache."""
    for answer in (browser.get("/label", headers=PAGE), of(app).get("/"), of(app).get("/api/x"), browser.get("/api/x")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert browser.get("/api/unknown").headers["cache-control"] == "no-store"
    assert browser.get("/label", headers=PAGE).headers["cache-control"] == "no-cache"


def test_a_body_that_is_too_large_is_refused_said_or_not(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its Content-Length, or as soon as more has come; uploads may be larger."""
    monkeypatch.setattr(bodies, "MAX_BYTES", 10)
    client = of(app, **BEARER)

    def chunks() -> Iterator[bytes]:
        yield b"123456"
        yield b"789012"

    assert client.post("/api/changes", content="1234567890").json() == 10
    refused(client.post("/api/changes", content="12345678901"), 413, "too_large")
    refused(client.post("/api/changes", content=chunks()), 413, "too_large")
    refused(client.post("/api/imports-not", content="12345678901"), 413, "too_large")
    refused(client.post("/api/changes", json=list(range(9))), 413, "too_large")
    refused(
        client.post("/api/changes", content=chunks(), headers={"Content-Type": "application/json"}), 413, "too_large"
    )
    assert client.post("/api/imports", content="12345678901").status_code != 413
    assert client.post("/api/changes", json="12345678").json() == 10


def test_every_route_is_behind_the_door(app: FastAPI, browser: TestClient) -> None:
    """No route is reached without the token, by another name or from another page, but the public ones."""
    tried = list(routes(app))
    assert len(tried) > 10
    answers: dict[str, Any] = {
        "no token": (of(app), {}, 401),
        "another host": (of(app, **BEARER), {"Host": "evil.example"}, 421),
        "cross-site": (browser, {"Sec-Fetch-Site": "cross-site"}, 403),
        "same-site": (browser, {"Sec-Fetch-Site": "same-site"}, 403),
    }
    wrong = []
    for method, path in tried:
        for how, (client, headers, status) in answers.items():
            shown = method in door.SAFE and not door.is_api(path)  # a link to a page may come from anywhere
            if (path in PUBLIC and how != "another host") or (shown and how.endswith("-site")):
                continue
            if client.request(method, path, headers=headers).status_code != status:
                wrong.append(f"{method} {path} by {how}")
    assert wrong == []


def test_what_is_public_is_these_two() -> None:
    """Whoever adds one to the list changes this line, too."""
    assert PUBLIC == ("/api/health", "/api/version")
