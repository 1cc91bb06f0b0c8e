"""Models in a browser: deployed by the gate's word or with a reason, rolled back, exported, removed and imported again."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.uis import RECIPE, Ui

pytestmark = pytest.mark.slow


def versions(ui: Ui) -> tuple[str, str]:
    """(the champion, the version that the gate refused)."""
    found = {model["champion"]: model["version"] for model in ui.get("/api/models", recipe=RECIPE)["items"]}
    return found[True], found[False]


def line_of(page: Page, version: str) -> Locator:
    """Its line in the list of models."""
    return page.get_by_role("table", name="List of models").get_by_role("row").filter(has_text=version)


def said(page: Page) -> Locator:
    return page.get_by_role("status")


def test_a_refused_model_is_deployed_with_a_reason_and_rolled_back(page: Page, two_versions: Ui) -> None:
    """The gate's no is shown with its reasons; who goes past it says why; both moves are in the history."""
    ui = two_versions
    champion, refused = versions(ui)
    page.goto(ui.link("models"))
    expect(line_of(page, champion)).to_contain_text("live")
    line_of(page, refused).get_by_role("button", name="Deploy …").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Deploy", exact=True).click()
    expect(dialog).to_contain_text("The gate says no.")
    assert versions(ui) == (champion, refused)
    force = dialog.get_by_role("button", name="Deploy without the gate")
    expect(force).to_be_disabled()
    dialog.get_by_role("textbox").fill("the office moved, its mails read otherwise")
    force.click()
    expect(dialog).to_have_count(0)
    expect(line_of(page, refused)).to_contain_text("live")
    assert versions(ui) == (refused, champion)
    badge = page.get_by_role("banner").get_by_role("link", name="Live:")
    expect(badge).to_have_attribute("title", re.compile(f"live model of .*{refused}"))
    page.get_by_role("button", name="Roll back …").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back", exact=True).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(line_of(page, champion).get_by_text("● live")).to_be_visible()
    assert versions(ui) == (champion, refused)
    decisions = page.get_by_role("table", name="History of decisions")
    expect(decisions).to_contain_text("the office moved")
    newest = ui.get("/api/decisions", recipe=RECIPE)["items"][:2]
    assert [one["event"] for one in newest] == ["rolled_back", "overridden"]
    assert "the office moved" in json.dumps(newest[1])


def test_a_model_is_exported_removed_and_imported_again(page: Page, two_versions: Ui, tmp_path: Path) -> None:
    """The zip holds no mail; what comes back is not live by itself; a file that is no model is refused in words."""
    ui = two_versions
    champion, refused = versions(ui)
    page.goto(ui.link("models"))
    line_of(page, refused).get_by_role("button", name="Export …").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the zip").click()
    out = tmp_path / download.value.suggested_filename
    download.value.save_as(out)
    assert out.name == f"{refused}.zip"
    with zipfile.ZipFile(io.BytesIO(out.read_bytes())) as archive:
        assert archive.testzip() is None and not [name for name in archive.namelist() if "data" in name]
    line_of(page, refused).get_by_role("button", name="Remove …").click()
    page.get_by_role("button", name="Remove for good").click()
    expect(line_of(page, refused)).to_have_count(0)
    expect(line_of(page, champion).get_by_role("button", name="Remove …")).to_have_count(0)
    assert not (ui.home / "models" / refused).exists()

    page.get_by_role("button", name="Import a model …").click()
    dialog = page.get_by_role("dialog")
    (tmp_path / "no.zip").write_bytes(b"PK\x03\x04 no zip")
    dialog.get_by_label("Zip file").set_input_files(tmp_path / "no.zip")
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text(re.compile("zip|archive"))
    dialog.get_by_label("Zip file").set_input_files(out)
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(dialog).to_have_count(0)
    expect(said(page)).to_contain_text("Imported")
    expect(line_of(page, refused)).to_be_visible()
    assert versions(ui) == (champion, refused)


def test_two_models_are_compared_mail_by_mail(page: Page, two_versions: Ui) -> None:
    """And a cell of the confusion matrix leads to its mails."""
    ui = two_versions
    page.goto(ui.link("models"))
    compare = page.locator("#compare")
    expect(compare).to_contain_text(re.compile(r"P\(better\)|better", re.IGNORECASE))
    cell = (
        page.get_by_role("region", name="Confusion matrix").get_by_role("button").filter(has_text="answered as").first
    )
    n = int(cell.inner_text().partition(",")[0])
    cell.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=2)).to_contain_text("answered as")
    expect(dialog.locator("details")).to_have_count(n)


def test_labels_go_out_and_mails_come_in_through_the_page(page: Page, ui: Ui, tmp_path: Path) -> None:
    """Counted before anything changes; the same file again brings nothing."""
    page.goto(ui.link("data"))
    n_before = ui.get("/api/stats")["n_rows"]
    page.goto(f"{page.url.partition('/data')[0]}/data?view=export")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download JSON lines").click()
    out = tmp_path / "labels.jsonl"
    download.value.save_as(out)
    assert len(out.read_text().splitlines()) == ui.get("/api/stats")["n_labelled"]

    mail = {"subject": "A new one", "body": "We would like to talk to you on Monday.", "from": "a@b.example"}
    (tmp_path / "more.jsonl").write_text(json.dumps(mail) + "\nno JSON\n")
    page.goto(f"{page.url.partition('/data')[0]}/data?view=import")
    for wanted in ("1 mail", "0 mails"):
        page.locator("input[type=file]").set_input_files(tmp_path / "more.jsonl")
        expect(page.get_by_role("button", name=f"Take in {wanted}")).to_be_visible()
        if wanted == "1 mail":
            assert ui.get("/api/stats")["n_rows"] == n_before
            page.get_by_role("button", name="Take in 1 mail").click()
            page.get_by_role("button", name="What was set aside").first.click()
            expect(page.get_by_role("dialog")).to_contain_text("more.jsonl:2")
            page.get_by_role("dialog").get_by_role("button", name="Close").click()
            page.get_by_role("button", name="Import another").click()
    expect(page.get_by_text("Everything in it is here already.")).to_be_visible()
    assert ui.get("/api/stats")["n_rows"] == n_before + 1
