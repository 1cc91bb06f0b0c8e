"""The pages' shapes are those of openapi.json, told without node."""

import hashlib

from avocet.home import CHECKOUT


def test_the_pages_know_the_latest_description_of_the_api() -> None:
    """`make web` (or `npm run types` in web/) makes them anew."""
    made = (CHECKOUT / "web/src/api/schema.d.ts").read_text(encoding="utf-8").partition("\n")[0]
    assert hashlib.sha256((CHECKOUT / "openapi.json").read_bytes()).hexdigest() in made
