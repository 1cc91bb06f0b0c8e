"""What a page of another server can do to the real pages' server with the cookie of its visitor: nothing."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.uis import Ui

pytestmark = pytest.mark.slow

ASKED = (
    ("POST", "/api/runs"), ("POST", "/api/undo"), ("POST", "/api/label"), ("POST", "/api/finetune/cancel"),
    ("GET", "/api/finetune/run?model=tfidf&epochs=1"), ("GET", "/api/benchmark/run"), ("GET", "/api/mails"), ("GET", "/api/queue"),
    ("GET", "/api/exports/labels?format=jsonl"), ("GET", "/api/stats"),
)  # fmt: skip
THEIRS = """<!doctype html><title>Theirs</title>
<img src="ADDRESS/api/finetune/run?model=tfidf&epochs=1"><script src="ADDRESS/api/mails"></script>
<iframe src="ADDRESS/label"></iframe><iframe name="into"></iframe>
<form id="form" method="post" action="ADDRESS/api/runs" enctype="text/plain" target="into"><input name='{"model":"tfidf","x":"' value='"}'></form>
<script>
document.getElementById("form").submit();
const said = [];
const ask = ([method, path, mode]) => {
  const body = method === "POST" ? '{"model": "tfidf"}' : undefined;
  return fetch("ADDRESS" + path, {method, mode, body, credentials: "include"}).then((a) => a.text()).then((t) => said.push(t), () => said.push("no"));
};
const listen = () => new Promise((done) => {
  const source = new EventSource("ADDRESS/api/runs/1/events", {withCredentials: true});
  source.onmessage = (event) => said.push(event.data);
  source.onerror = () => { source.close(); done(); };
});
navigator.sendBeacon("ADDRESS/api/runs", '{"model": "tfidf"}');
Promise.all([...ASKED.flatMap(([method, path]) => ["cors", "no-cors"].map((mode) => ask([method, path, mode]))), listen()])
  .then(() => { window.said = said; document.title = "Done"; });
</script>
"""


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


def test_a_page_at_another_port_starts_no_run_and_reads_nothing(page: Page, ui: Ui) -> None:
    """It is the same site to the browser, which sends it our cookie; our own page goes on as before."""
    page.goto(ui.link("label"))
    expect(page.get_by_role("list", name="Labels", exact=True)).to_be_visible()
    address = f"http://127.0.0.1:{ui.port}"
    theirs = THEIRS.replace("ADDRESS", address).replace("ASKED", json.dumps(ASKED))
    other = page.context.new_page()
    with another_server(theirs) as port:
        other.goto(f"http://127.0.0.1:{port}/")
        expect(other).to_have_title("Done", timeout=30_000)
        said = other.evaluate("window.said")
    assert len(said) == 2 * len(ASKED)
    assert set(said) <= {"no", ""}  # refused, or answered so that no script may read it
    assert [frame for frame in other.frames if frame.url.startswith(f"{address}/label")] == []
    assert len(ui.get("/api/runs")["items"]) == 1
    assert ui.said() == []
    page.reload()
    expect(page.get_by_role("list", name="Labels", exact=True)).to_be_visible()
