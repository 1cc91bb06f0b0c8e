"""The pictures of the pages in the README, of invented mails: `python -m docs.screenshots` writes docs/pictures/*.png.

It needs the test extra and a Chromium; a home in a temporary folder is filled, labelled and trained twice, which takes minutes.
"""

import io
import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Page, expect

from avocet.home import CHECKOUT
from tests.browsers import chromium
from tests.uis import RECIPE, TRIED, Ui, demo_home, train

OUT = Path(__file__).with_name("pictures")
SIZE = {"width": 1280, "height": 860}
SECOND = "joint"  # the candidate of the second run
N_LABELS = 60  # that are given in between, as the queue asks for them
MOST_BYTES = 150_000


def main() -> None:
    """Each page as a person meets it after some labels and a second run."""
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        ui = Ui(demo_home(Path(folder) / "home", serve={"engines": []}), Path(folder) / "ui.log")
        train(ui.home)
        ui.start()
        try:
            label(ui)
            train(ui.home, SECOND)
            while ui.get("/api/model-info")["coming"]:
                time.sleep(0.2)
            with chromium() as browser:
                page = browser.new_page(viewport=SIZE, color_scheme="light", reduced_motion="reduce")  # type: ignore[arg-type]
                page.goto(ui.link("data"))
                for name, picture in pictures(page, page.url.removesuffix("data")):
                    keep(name, picture)
        finally:
            ui.end()


def label(ui: Ui) -> None:
    """What the invented mails truly are, said beside what the model suggests."""
    lines = (CHECKOUT / "data" / "demo_mail.jsonl").read_text(encoding="utf-8").splitlines()
    true = {row["id"]: row["label"] for row in map(json.loads, lines)}
    names = {one["name"] for one in ui.get("/api/labels")["items"]}
    while not any(one["suggestion"] for one in ui.get("/api/queue")["items"]):
        time.sleep(0.2)  # the champion is being loaded
    asked = [one for one in ui.get("/api/queue", limit=N_LABELS)["items"] if true[one["mail"]["id"]] in names]
    for one in asked:
        said = {"label": true[one["mail"]["id"]], **({"suggestion": one["suggestion"]} if one["suggestion"] else {})}
        ui.http.put(f"/api/mails/{quote(one['mail']['id'])}/label", json=said).raise_for_status()


def pictures(page: Page, root: str) -> Iterator[tuple[str, bytes]]:
    """(name, PNG) of each page."""
    page.goto(f"{root}label")
    expect(page.locator(".label-button.suggested")).to_be_visible(timeout=60_000)
    yield "label", page.screenshot()
    for name, address in (("training", "training"), ("run", "runs/2"), ("models", "models")):
        page.goto(root + address)
        page.wait_for_load_state("networkidle")
        if name == "models":  # each label's F1 and the confusion matrix, below what all pages have on top
            page.get_by_label("Look into").evaluate("(its) => window.scrollTo(0, its.offsetTop - 110)")
        yield name, page.screenshot()


def keep(name: str, picture: bytes) -> None:
    """With 256 colours, which are enough for a page and a third of the bytes."""
    small = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(OUT / f"{name}.png", optimize=True)
    if (n_bytes := (OUT / f"{name}.png").stat().st_size) > MOST_BYTES:
        raise SystemExit(f"{name}.png has {n_bytes} bytes, more than {MOST_BYTES}")


if __name__ == "__main__":
    print(f"{OUT}: {RECIPE}, {TRIED} then {SECOND}")
    main()
