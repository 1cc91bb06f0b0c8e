"""The door against a real browser: the link, links from elsewhere, and what pages of other servers try."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from avocet.home import CHECKOUT, Home
from tests.browsers import chromium

pytestmark = pytest.mark.slow

# `avocet ui` with a page of the test's own, and routes that count who reached them.
SERVER = """
import os
from pathlib import Path
from app import api

made, reached = api.create_app, []

def create_app(*arguments, **settings):
    app = made(*arguments, static=Path(os.environ["PAGES"]), **settings)
    async def change(): reached.append("POST")
    async def run(): reached.append("GET that starts")
    async def mail(): reached.append("GET"); return {"mail": "secret"}
    async def counted(): return reached
    for method, path, route in (
        ("POST", "/api/change", change), ("GET", "/api/finetune/run", run), ("GET", "/api/mail", mail), ("GET", "/api/reached", counted)
    ):
        app.add_api_route(path, route, methods=[method])
        app.router.routes.insert(0, app.router.routes.pop())
    return app

api.create_app = create_app
from app.cli import main
main()
"""
OURS = '<!doctype html><html lang="en"><title>Ours</title><h1>Ours</h1><script src="/ours.js"></script></html>'
SCRIPT = 'fetch("/api/change", {method: "POST"}).then((a) => { document.title = "Changed " + a.status; });'
# What a page of another server can do with the cookie of its visitor.
THEIRS = """<!doctype html><title>Theirs</title><a href="ADDRESSruns/7">a link</a>
<img src="ADDRESSapi/finetune/run"><img src="ADDRESSapi/mail"><script src="ADDRESSapi/mail"></script>
<iframe src="ADDRESSlabel"></iframe><iframe name="into"></iframe>
<form id="form" method="post" action="ADDRESSapi/change" target="into"></form>
<script>
document.getElementById("form").submit();
const said = [];
const asked = [["POST", "change", "no-cors"], ["POST", "change", "cors"], ["GET", "mail", "cors"], ["GET", "finetune/run", "no-cors"]];
Promise.all(asked.map(([method, path, mode]) =>
  fetch("ADDRESSapi/" + path, {method, mode, credentials: "include"}).then((a) => a.text()).then((t) => said.push(t), () => said.push("no"))
)).then(() => { window.said = said; document.title = "Done"; });
navigator.sendBeacon("ADDRESSapi/change", "a");
</script>
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all."""
    with chromium() as found:
        yield found


@pytest.fixture
def link(place: Home, tmp_path: Path) -> Iterator[str]:
    """What `avocet ui` printed."""
    (tmp_path / "index.html").write_text(OURS)
    (tmp_path / "ours.js").write_text(SCRIPT)
    environment = {**os.environ, "PAGES": str(tmp_path)}
    command = [sys.executable, "-c", SERVER, "ui", "--no-browser"]
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@contextmanager
def another_server(page: str) -> Iterator[int]:
    """A server with one page, at the port that it gives."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A visitor without cookies."""
    with browser.new_context() as context:
        yield context.new_page()


def reached(link: str) -> list[str]:
    address, _, token = link.partition("?token=")
    found: list[str] = httpx2.get(f"{address}api/reached", headers={"Authorization": f"Bearer {token}"}).json()
    return found


def test_the_link_opens_the_pages_typed_or_from_a_file(page: Page, link: str, tmp_path: Path) -> None:
    """Also from a file, as `avocet ui` opens it: a strange page to the browser, so that the Strict cookie comes late."""
    way = tmp_path / "open.html"
    way.write_text(f'<meta http-equiv="refresh" content="0; url={link}">')
    page.goto(way.as_uri())
    expect(page).to_have_title("Changed 200")
    assert page.url == link.partition("?")[0]
    assert reached(link) == ["POST"]
    assert page.evaluate("document.cookie") == ""


def test_without_the_token_a_person_sees_how_to_get_in(page: Page, link: str) -> None:
    """The token can be pasted; the page breaks none of its own rules."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    address, _, token = link.partition("?token=")
    page.goto(f"{address}label")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title("Changed 200")
    assert (errors, page.url) == ([], address)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_of_another_server_reaches_nothing(page: Page, link: str, name: str) -> None:
    """Neither one at another port of this machine, to which the browser sends our cookie, nor one from elsewhere."""
    page.goto(link)
    expect(page).to_have_title("Changed 200")
    with another_server(THEIRS.replace("ADDRESS", link.partition("?")[0])) as port:
        page.goto(f"http://{name}:{port}/")
        expect(page).to_have_title("Done")
        said = page.evaluate("window.said")
        assert "secret" not in json.dumps(said)
        assert [frame.url for frame in page.frames if frame.url.endswith("/label")] == []
        assert reached(link) == ["POST"]  # our own page's, before
        page.click("a")  # a link is no harm, and leads in
        expect(page).to_have_title("Changed 200")
        assert page.url.endswith("/runs/7")
