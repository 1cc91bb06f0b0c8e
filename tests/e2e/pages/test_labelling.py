"""Labelling by key in a browser: everything is saved once, nothing is lost, and what was done can be undone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.uis import N_WAITING, Ui

pytestmark = pytest.mark.slow

N = 20
GUARD_MS = 800  # keys that were meant for the mail before are passed over for so long
SAVED, UNSAVED = "saved", "unsaved"


def desk(page: Page, ui: Ui) -> Page:
    """The page Label with a mail on it."""
    page.goto(ui.link("label"))
    expect(labels(page).first).to_be_visible()
    return page


def labels(page: Page):  # type: ignore[no-untyped-def]
    return page.get_by_role("list", name="Labels", exact=True).get_by_role("button")


def is_state(page: Page, state: str) -> None:
    expect(page.locator(f"[data-state={state}]")).to_be_visible()


def left(page: Page, n: int) -> None:
    expect(page.get_by_text(re.compile(rf"^{n} left"))).to_be_visible()


def test_twenty_keys_are_twenty_labels(page: Page, ui: Ui) -> None:
    """Pressed as fast as they come: each mail once, none doubled, and a reload knows them."""
    desk(page, ui)
    left(page, N_WAITING)
    subjects = []
    for i in range(N):
        subjects.append(page.locator("article h1").inner_text())
        page.keyboard.press("6" if i % 2 else "8")
    is_state(page, SAVED)
    left(page, N_WAITING - N)
    said = ui.said()
    assert [(one["label"], one["act"], one["undoes"]) for one in said] == [
        ("digest", None, None),
        ("neutral", None, None),
    ] * (N // 2)
    assert len({one["row_id"] for one in said}) == N
    kept = [ui.get(f"/api/mails/{one['row_id']}") for one in said]
    assert [mail["fields"]["subject"].strip() for mail in kept] == subjects
    assert {mail["kind"] for mail in kept} <= {"correction", "confirmation", "label"}
    page.reload()
    left(page, N_WAITING - N)
    expect(page.get_by_text(f"{N} today")).to_be_visible()
    expect(page.get_by_role("button", name="Answer again")).to_have_count(10)
    assert ui.said() == said


def test_what_was_done_is_undone_also_after_a_restart(page: Page, ui: Ui) -> None:
    """One after the other, the last first; a skip and a discard too."""
    desk(page, ui)
    subjects = []
    for key in ("6", "s", "d", "8"):
        subjects.append(page.locator("article h1").inner_text())
        page.keyboard.press(key)
    is_state(page, SAVED)
    left(page, N_WAITING - 4)
    ui.kill()
    ui.start()
    page.reload()
    expect(labels(page).first).to_be_visible()
    left(page, N_WAITING - 4)
    for subject in reversed(subjects):
        page.keyboard.press("u")
        expect(page.locator("article h1")).to_have_text(subject)
        is_state(page, SAVED)
        page.wait_for_timeout(GUARD_MS)
    left(page, N_WAITING)
    said = ui.said()
    assert [one["undoes"] for one in said[4:]] == [one["seq"] for one in reversed(said[:4])]
    page.keyboard.press("u")
    expect(page.get_by_role("status").filter(has_text="nothing to undo")).to_be_visible()


def test_what_could_not_be_saved_comes_back(page: Page, ui: Ui) -> None:
    """And is told; the same answer again saves it, once."""
    desk(page, ui)
    first = page.locator("article h1").inner_text()
    page.route(re.compile(r"/api/mails/.*/label"), lambda route: route.abort())
    page.keyboard.press("6")
    expect(page.locator("[data-state=unsaved]")).to_contain_text("Not saved")
    expect(page.get_by_text("Not saved. You said “neutral”.")).to_be_visible()
    expect(page.locator("article h1")).to_have_text(first)
    left(page, N_WAITING)
    assert ui.said() == []
    page.unroute_all()
    page.keyboard.press("Enter")
    is_state(page, SAVED)
    left(page, N_WAITING - 1)
    (only,) = ui.said()
    assert (only["label"], ui.get(f"/api/mails/{only['row_id']}")["fields"]["subject"].strip()) == ("neutral", first)


def test_an_answer_that_was_lost_on_its_way_is_not_said_twice(page: Page, ui: Ui) -> None:
    """The store has it, the page does not know: said again, it stands once."""
    desk(page, ui)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(re.compile(r"/api/mails/.*/label"), lose)
    page.keyboard.press("6")
    is_state(page, UNSAVED)
    assert len(ui.said()) == 1
    page.unroute_all()
    page.keyboard.press("Enter")
    is_state(page, SAVED)
    assert len(ui.said()) == 1


def test_a_server_that_goes_away_loses_no_label(page: Page, ui: Ui) -> None:
    """Three keys whose answers never come: all three mails come back, and all are saved when the server is there again."""
    desk(page, ui)
    held: list[Route] = []
    page.route(re.compile(r"/api/mails/.*/label"), lambda route: held.append(route))
    for _ in range(3):
        page.keyboard.press("6")
    left(page, N_WAITING - 3)
    while len(held) < 1:
        page.wait_for_timeout(50)
    ui.kill()
    for route in held:  # the next is sent when the one before has been answered
        route.abort("connectionreset")
    page.unroute_all()
    expect(page.get_by_text("3 not saved")).to_be_visible()
    left(page, N_WAITING)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Is `avocet ui` still running?")).to_be_visible()
    ui.start()
    for _ in range(3):
        page.wait_for_timeout(GUARD_MS)
        page.keyboard.press("Enter")
    is_state(page, SAVED)
    said = ui.said()
    assert len(said) == len({one["row_id"] for one in said}) == 3


def test_a_mail_that_another_window_labelled_is_not_overwritten(visitor: Callable[..., Page], ui: Ui) -> None:
    """It comes back with what was said there."""
    one, other = desk(visitor(), ui), desk(visitor(), ui)
    for its in (one, other):  # an order that does not wait for the model's suggestions
        its.get_by_role("combobox", name="Order").select_option("oldest")
        its.wait_for_load_state("networkidle")
    assert one.locator("article h1").inner_text() == other.locator("article h1").inner_text()
    one.keyboard.press("6")
    is_state(one, SAVED)
    other.keyboard.press("8")
    expect(other.get_by_text(re.compile("labelled “neutral” elsewhere")).first).to_be_visible()
    assert [said["label"] for said in ui.said()] == ["neutral"]
    other.wait_for_timeout(GUARD_MS)
    other.keyboard.press("8")  # seen, and meant
    is_state(other, SAVED)
    assert [said["label"] for said in ui.said()] == ["neutral", "digest"]


def test_what_strangers_write_is_text(page: Page, ui: Ui) -> None:
    """In a subject, a body, a sender; on the desk, in the history, in the search."""
    nasty = "<script>document.title='run'</script><img src=x onerror=document.title='run'>"
    ui.add({"id": "nasty", "subject": nasty, "body": f"{nasty} {{{{7*7}}}}", "from": f'"{nasty}" <a@b.c>'})
    desk(page, ui)
    page.get_by_role("combobox", name="Order").select_option("oldest")
    for path in ("label", "data?q=onerror"):
        page.goto(f"{ui.link().partition('?')[0]}{path}")
        page.wait_for_load_state("networkidle")
    found = page.get_by_role("button").filter(has_text="<script>")
    expect(found).to_be_visible()
    found.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(nasty)
    expect(dialog).to_contain_text("{{7*7}}")
    assert page.locator("img[src=x]").count() == 0
    assert "run" not in page.title()
