"""A run from the page Training to its end, whatever happens to the connection or to the server on the way."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.lines import Line
from tests.uis import TRIED, Ui

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUN_MS = 300_000  # of a small run on a machine that does other things
TOLD = (
    "log",
    "note",
    "stage",
    "attempt",
    "metrics",
    "oom",
    "error",
    "verdict",
    "end",
)  # events that are lines of the log


def start(page: Page, ui: Ui, port: int | None = None) -> None:
    """Some labels, so that there is news, then the smallest model from the form."""
    page.goto(ui.link("label", port))
    expect(page.get_by_role("list", name="Labels", exact=True)).to_be_visible()
    for _ in range(20):
        page.keyboard.press("6")
    expect(page.locator("[data-state=saved]")).to_be_visible()
    page.get_by_role("link", name="Training", exact=True).click()
    page.get_by_role("combobox", name="Model", exact=True).select_option(TRIED)
    page.get_by_role("button", name="Start …").click()
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", name="Run 2")).to_be_visible()


def wait_for_lines(page: Page, n: int) -> None:
    expect(page.locator(".log li").nth(n - 1)).to_be_attached(timeout=RUN_MS)


def wait_for_end(page: Page) -> None:
    expect(page.get_by_role("region", name="How the run ended")).to_be_visible(timeout=RUN_MS)


def has_each_line_once(page: Page, ui: Ui) -> None:
    """The log on the page against the run's events.jsonl."""
    events = events_of(ui.home)
    assert events[-1]["type"] == "end"
    wanted = [(number, event) for number, event in enumerate(events, 1) if event["type"] in TOLD]
    expect(page.locator(".log li")).to_have_count(len(wanted))  # a page that was opened anew reads them first
    shown = [(int(n), text) for n, text in page.locator(".log li").evaluate_all(
        "lines => lines.map((line) => [line.querySelector('.n').innerText, line.querySelector('.text').innerText])"
    )]  # fmt: skip
    assert [n for n, _ in shown] == [n for n, _ in wanted]
    for (_, text), (_, event) in zip(shown, wanted, strict=True):
        assert said_by(event) in text


def said_by(event: dict[str, Any]) -> str:
    """What a line of the log says of an event."""
    if event["type"] == "verdict":
        return "Promoted" if event["promoted"] else "Not promoted"
    return str(event.get("message") or event.get("sentence") or event.get("stage") or "training begins")


def events_of(home: Path) -> list[dict[str, Any]]:
    (newest,) = sorted((home / "data" / "runs").glob("*/events.jsonl"))[1:]
    return [json.loads(line) for line in newest.read_text().splitlines()]


def test_a_run_is_started_and_watched_to_its_end(page: Page, ui: Ui) -> None:
    """Stage after stage, the verdict in words, and the runs' table has it; what it learned from is marked."""
    start(page, ui)
    expect(page.get_by_role("button", name="Cancel run")).to_be_visible()
    expect(page.get_by_text("Stage 1 of 5: validate")).to_be_visible(timeout=RUN_MS)
    wait_for_end(page)
    has_each_line_once(page, ui)
    expect(page.get_by_role("region", name="Verdict of the gate")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel run")).to_have_count(0)
    run = ui.get("/api/runs/2")
    assert run["outcome"] in ("promoted", "refused")
    expect(page.get_by_text("Its model is live now.")).to_have_count(int(run["outcome"] == "promoted"))
    expect(page.get_by_text("Another model is live by now.")).to_have_count(0)
    assert all(stage["status"] == "done" for stage in run["stages"])
    page.reload()
    expect(page.get_by_role("region", name="How the run ended")).to_be_visible()
    has_each_line_once(page, ui)
    page.get_by_role("link", name="Training", exact=True).first.click()
    expect(page.get_by_role("link", name="Run 2")).to_be_visible()
    assert ui.get("/api/stats")["used"] > 0


def test_cuts_lose_and_double_no_line(page: Page, ui: Ui) -> None:
    """Every connection is cut, three times while the run is at work; each time nothing passes for a while."""
    line = Line(ui.port)
    try:
        start(page, ui, line.port)
        for n_lines in (1, 3, 12):
            wait_for_lines(page, n_lines)
            line.cut()
            expect(page.get_by_text("The connection is cut.")).to_be_visible()
            page.wait_for_timeout(1000)
            line.mend()
            expect(page.get_by_text("The connection is cut.")).to_have_count(0)
        assert line.n_cut >= 3
        wait_for_end(page)
        has_each_line_once(page, ui)
    finally:
        line.close()


def test_a_browser_that_gives_up_begins_anew_and_doubles_no_line(page: Page, ui: Ui) -> None:
    """After an answer such as a proxy's 502 no browser tries again by itself: the page does, and is told all lines once more."""
    line = Line(ui.port)
    try:
        start(page, ui, line.port)
        wait_for_lines(page, 4)
        page.route("**/events", lambda route: route.fulfill(status=502))
        line.cut()
        line.mend()
        with page.expect_response(lambda answer: answer.status == 502):
            expect(page.get_by_text("The connection is cut.")).to_be_visible()
        page.unroute_all()
        expect(page.get_by_text("The connection is cut.")).to_have_count(0, timeout=15_000)
        wait_for_end(page)
        has_each_line_once(page, ui)
    finally:
        line.close()


def test_a_server_that_is_killed_and_started_again_loses_and_doubles_no_line(page: Page, ui: Ui) -> None:
    """The run goes on without it, and so does the page."""
    start(page, ui)
    wait_for_lines(page, 2)
    ui.kill()
    expect(page.get_by_text("The connection is cut.")).to_be_visible()
    ui.start()
    expect(page.get_by_text("The connection is cut.")).to_have_count(0)
    wait_for_lines(page, 12)
    ui.kill()
    ui.start()
    wait_for_end(page)
    has_each_line_once(page, ui)
    assert ui.get("/api/runs/2")["outcome"] in ("promoted", "refused")


def test_a_run_is_cancelled_from_the_page(page: Page, ui: Ui) -> None:
    """Asked first; the end is told, the champion stays, and another run can be started."""
    before = ui.get("/api/model-info")["version"]
    start(page, ui)
    wait_for_lines(page, 1)
    page.get_by_role("button", name="Cancel run").click()
    page.get_by_role("button", name="Cancel the run").click()
    wait_for_end(page)
    expect(page.get_by_role("heading", name="Cancelled")).to_be_visible()
    has_each_line_once(page, ui)
    assert ui.get("/api/model-info")["version"] == before
    page.get_by_role("link", name="Training", exact=True).first.click()
    expect(page.get_by_role("button", name="Start …")).to_be_enabled()


def test_a_second_run_is_refused_while_one_is_at_work(visitor: Callable[..., Page], ui: Ui) -> None:
    """A page that does not know yet is told which run is in the way; it names it, and shows it when it is opened anew."""
    other = visitor()
    other.goto(ui.link("training"))
    other.get_by_role("combobox", name="Model", exact=True).select_option(TRIED)
    other.get_by_role("button", name="Start …").click()
    page = visitor()
    start(page, ui)
    other.get_by_role("button", name="Start the run").click()
    expect(other.get_by_role("dialog").get_by_role("alert")).to_contain_text("run 2")
    other.reload()
    expect(other.get_by_text("Run 2 is at work.")).to_be_visible()
    expect(other.get_by_role("button", name="Start …")).to_be_disabled()
    assert len(ui.get("/api/runs")["items"]) == 2
