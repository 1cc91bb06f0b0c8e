"""A real browser for tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Without a window: AVOCET_TEST_CHROMIUM, one of this machine, or Playwright's own. Skips where none is; fails so in CI."""
    from playwright.sync_api import Error, sync_playwright

    path = os.environ.get("AVOCET_TEST_CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as driver:
        try:
            # Containers run tests as root, for whom Chromium has no sandbox; all pages are our own.
            browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as error:
            why = f"no Chromium here (AVOCET_TEST_CHROMIUM, or `playwright install chromium`): {str(error).splitlines()[0]}"
            if os.environ.get("AVOCET_CI"):
                pytest.fail(why)
            pytest.skip(why)
        try:
            yield browser
        finally:
            browser.close()
