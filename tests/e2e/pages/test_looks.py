"""axe finds nothing on any page, light and dark, at a desk and on a phone; and no page is wider than its window."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files

import pytest
from playwright.sync_api import Page

from tests.uis import Ui

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PAGES = (
    "label", "training", "runs/1", "runs/99", "models", "data", "data?view=review", "data?view=import", "data?view=export",
    "settings", "welcome", "no-such-page",
)  # fmt: skip
EMPTY = ("welcome", "training", "models", "data")
SIZES = {"desk": (1280, 900), "phone": (390, 844)}
# By which a dialog is opened, and on which page.
DIALOGS = (
    ("label", "button", "Keys"), ("label", "button", "Guidelines"), ("training", "button", "Start …"), ("models", "button", "Export …"),
    ("models", "button", "Deploy …"), ("models", "button", "Import a model …"),
)  # fmt: skip


@cache
def axe() -> str:
    """Its script, as a package carries it: no node is needed."""
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def found_by_axe(page: Page) -> list[str]:
    """One line a violation: the rule, where, and why."""
    page.evaluate(axe())  # not as a script of the page: its policy would refuse it, as it should
    found, n_held = page.evaluate("axe.run().then((its) => [its.violations, its.passes.length])")
    assert n_held > 5  # it has looked
    return [
        f"{page.url}: {its['id']} ({its['help']}) at {node['target']}: {node['failureSummary']}"
        for its in found
        for node in its["nodes"]
    ]


def come(page: Page, address: str) -> None:
    """Wait until all that it asks for is there."""
    page.goto(address)
    page.locator("h1").first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(visitor: Callable[..., Page], two_versions: Ui, theme: str, size: str) -> None:
    """With mails, models and runs; every page of the pages' own router."""
    page = visitor(*SIZES[size], theme)
    page.goto(two_versions.link("data"))
    root = page.url.removesuffix("data")
    wrong: list[str] = []
    for its in PAGES:
        come(page, root + its)
        wrong += found_by_axe(page)
        if overflow(page) > 0:
            wrong.append(f"{page.url} is {overflow(page)} pixels wider than a {size}")
    assert wrong == [], json.dumps(wrong, indent=1)


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_dialogs(visitor: Callable[..., Page], two_versions: Ui, size: str) -> None:
    """And each is as wide as its window at most."""
    page = visitor(*SIZES[size])
    page.goto(two_versions.link("data"))
    root = page.url.removesuffix("data")
    wrong: list[str] = []
    for its, role, name in DIALOGS:
        come(page, root + its)
        button = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
        if not button.is_visible():  # keys are of no use on a phone
            assert (name, size) == ("Keys", "phone")
            continue
        button.click()
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        wrong += found_by_axe(page)
        box = dialog.bounding_box()
        assert box is not None
        if box["x"] < 0 or box["x"] + box["width"] > SIZES[size][0]:
            wrong.append(f"the dialog {name} of {its} does not fit")
    assert wrong == [], json.dumps(wrong, indent=1)


def test_axe_finds_nothing_before_the_first_run(visitor: Callable[..., Page], fresh: Ui) -> None:
    """Where there is no model and no run yet."""
    page = visitor(*SIZES["phone"])
    page.goto(fresh.link("data"))
    root = page.url.removesuffix("data")
    wrong: list[str] = []
    for its in EMPTY:
        come(page, root + its)
        wrong += found_by_axe(page)
    assert wrong == [], json.dumps(wrong, indent=1)
