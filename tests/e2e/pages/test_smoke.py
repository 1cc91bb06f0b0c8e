"""The quick test of the pages: they come up on a home with mails, and a key is a label."""

from playwright.sync_api import Page, expect

from tests.uis import N_WAITING, Ui


def test_the_first_page_has_a_mail_and_a_key_labels_it(page: Page, fresh: Ui) -> None:
    """From the link that `avocet ui` prints to a label in the store."""
    page.goto(fresh.link())
    expect(page.get_by_role("list", name="Labels", exact=True)).to_be_visible()
    first = page.locator("article h1").inner_text()
    page.keyboard.press("3")
    expect(page.locator("[data-state=saved]")).to_be_visible()
    expect(page.get_by_text(f"{N_WAITING - 1} left")).to_be_visible()
    (said,) = fresh.said()
    assert said["label"] == "rejected"
    assert fresh.get(f"/api/mails/{said['row_id']}")["fields"]["subject"].strip() == first
