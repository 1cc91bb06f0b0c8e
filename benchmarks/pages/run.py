"""How long a person waits for the pages and for the API: `python -m benchmarks.pages.run`, with the test extra and a Chromium.

The demo's 503 mails after one run; a browser without anything kept opens each page, and 20 mails are labelled by key. Then
as many mails as `--mails` says lie in the same store, and each address is asked in turn with /api/health, which does nothing:
what a machine that does other things adds, it adds to both.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, expect

from avocet.home import CHECKOUT, Home
from avocet.store.database import store_of
from avocet.store.labels import Incoming, Labels
from avocet.store.said import StoredRow
from tests.browsers import chromium
from tests.uis import COLLECTION, Ui, demo_home, train

N_KEYS = 20
# Each page, and what is on it when it has its data.
PAGES = {
    "label": ".label-button",
    "training": "[aria-labelledby=classes-head] tbody tr",
    "models": "#benchmark",
    "data": ".open-mail",
    "runs/1": ".log li",
}
ROUNDS = 5
BLOCK = 5_000


def main() -> None:
    """Two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=60, help="that each address is asked")
    parser.add_argument("--home", type=Path, help="one that is kept, trained once")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = trained(asked.home or Path(folder) / "home")
        with_pages(home, Path(folder))
        with_many(home, Path(folder), asked.mails, asked.times)


def trained(root: Path) -> Path:
    """The demo's home after a first run."""
    if not root.exists():
        demo_home(root)
        train(root)
    return root


def with_pages(home: Path, folder: Path) -> None:
    """What a browser takes, on a copy."""
    ui = Ui(Path(shutil.copytree(home, folder / "pages", symlinks=True)), folder / "pages.log")
    ui.start()
    try:
        with chromium() as browser:
            first = opened(browser, ui, "label")  # the first visitor of a server that was just started
            print("| | s, median | s, worst |\n| --- | --- | --- |")
            print(f"| first page with data, the server just started | {first:.2f} | |")
            for page in PAGES:
                table_line(f"/{page}, nothing kept in the browser", [opened(browser, ui, page) for _ in range(ROUNDS)])
            passed, saved = zip(*by_key(browser, ui), strict=True)
            table_line(f"{N_KEYS} labels by key, until the next mail is there", list(passed))
            table_line(f"{N_KEYS} labels by key, until all are in the store", list(saved))
    finally:
        ui.end()


def opened(browser: Browser, ui: Ui, page: str) -> float:
    """Seconds from the address to the page with its data, for a visitor who was let in but has nothing kept."""
    with browser.new_context() as context:
        door = context.request.get(ui.link("favicon.svg"))  # the cookie, and no page
        assert door.ok
        its = context.new_page()
        began = time.perf_counter()
        its.goto(f"http://127.0.0.1:{ui.port}/{page}", wait_until="commit")
        its.locator(PAGES[page]).first.wait_for()
        return time.perf_counter() - began


def by_key(browser: Browser, ui: Ui) -> Iterator[tuple[float, float]]:
    """(seconds to the mail after the last, seconds until all are saved), three times twenty."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(ui.link("label"))
        expect(page.locator(".label-button").first).to_be_visible()
        page.wait_for_timeout(3000)  # suggestions come
        for _ in range(3):
            before = len(ui.said())
            began = time.perf_counter()
            for i in range(N_KEYS):
                page.keyboard.press("6" if i % 2 else "8")
            passed = time.perf_counter() - began
            page.locator("[data-state=saved]").wait_for()
            saved = time.perf_counter() - began
            assert len(ui.said()) == before + N_KEYS
            yield passed, saved


def with_many(home: Path, folder: Path, n_mails: int, times: int) -> None:
    """What the API takes with `n_mails` in the store."""
    ui = Ui(Path(shutil.copytree(home, folder / "many", symlinks=True)), folder / "many.log")
    fill(ui.home, n_mails)
    ui.start()
    try:
        began = time.perf_counter()
        first = ui.get("/api/queue", limit=50)
        print(
            f"\n{ui.get('/api/stats')['n_rows']:,} mails; the first look at the queue: {time.perf_counter() - began:.2f} s"
        )
        while not any(one["suggestion"] for one in ui.get("/api/queue", limit=50)["items"]):
            time.sleep(0.5)
        print(f"suggestions after {time.perf_counter() - began:.1f} s; {first['total']:,} mails wait\n")
        time.sleep(20)  # scoring goes on in the background for a while
        print("| | ms, p50 | ms, p95 | times /api/health |\n| --- | --- | --- | --- |")
        for name, ask in addresses(ui):
            compared(name, ask, lambda: ui.get("/api/health"), times)
    finally:
        ui.end()


def addresses(ui: Ui) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is asked, by name."""
    mails = [one["mail"] for one in ui.get("/api/queue", limit=200, order="oldest")["items"]]
    row = {"subject": "Your interview", "body": "is on Monday at ten. " * 20}

    def say() -> None:
        path = f"/api/mails/{quote(mails.pop()['id'], safe='')}/label"
        ui.http.put(path, json={"label": "neutral"}).raise_for_status()

    def classify(n: int) -> None:
        ui.http.post("/api/classify", json=[row] * n).raise_for_status()

    yield "GET /api/queue?limit=50", lambda: ui.get("/api/queue", limit=50)
    yield "GET /api/queue?limit=50&order=rare", lambda: ui.get("/api/queue", limit=50, order="rare")
    yield "GET /api/mails?limit=50", lambda: ui.get("/api/mails", limit=50)
    yield "GET /api/mails?label=digest&limit=50", lambda: ui.get("/api/mails", limit=50, label="digest")
    yield "GET /api/mails?q=interview&limit=50", lambda: ui.get("/api/mails", limit=50, q="interview")
    yield "PUT /api/mails/{id}/label", say
    yield "GET /api/history", lambda: ui.get("/api/history")
    yield "GET /api/stats", lambda: ui.get("/api/stats")
    yield "POST /api/classify, 1 mail", lambda: classify(1)
    yield "POST /api/classify, 50 mails", lambda: classify(50)


def compared(name: str, ask: Callable[[], Any], nothing: Callable[[], Any], times: int) -> None:
    """One line of the table: in turn with what does nothing."""
    took: list[float] = []
    idle: list[float] = []
    ask()
    for _ in range(times):
        for work, into in ((nothing, idle), (ask, took)):
            began = time.perf_counter()
            work()
            into.append(1000 * (time.perf_counter() - began))
    worst = sorted(took)[int(0.95 * len(took))]
    print(f"| {name} | {median(took):.1f} | {worst:.1f} | {median(took) / median(idle):.1f} |", flush=True)


def table_line(name: str, seconds: list[float]) -> None:
    """Of several times."""
    print(f"| {name} | {median(seconds):.2f} | {max(seconds):.2f} |", flush=True)


def fill(home: Path, n_mails: int) -> None:
    """As many mails as that in the demo's collection: the invented ones over and over, each with a number of its own."""
    labels = Labels(store_of(Home(home)), COLLECTION)
    lines = (CHECKOUT / "data" / "demo_mail.jsonl").read_text(encoding="utf-8").splitlines()
    mails = [json.loads(line) for line in lines]
    there = labels.count()
    for start in range(there, n_mails, BLOCK):
        labels.add([another(mails[i % len(mails)], i) for i in range(start, min(start + BLOCK, n_mails))])


def another(mail: dict[str, Any], i: int) -> Incoming:
    """The same mail of another day."""
    fields = {"subject": f"{mail['subject']} ({i})", "body": f"{mail['body']}\nReference {i}"}
    headers = {name: mail[name] for name in ("from", "date") if name in mail}
    return Incoming(StoredRow(f"more-{i:06}", fields, "benchmark", headers))


if __name__ == "__main__":
    main()
