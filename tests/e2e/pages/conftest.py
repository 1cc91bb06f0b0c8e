"""A browser before `avocet ui`, on homes as `avocet demo` makes them: real API, real store, real small runs."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from avocet.home import Home
from avocet.store.database import store_of
from avocet.store.labels import Labels
from tests import uis
from tests.browsers import chromium
from tests.uis import COLLECTION, Ui

N_MORE = 30  # labels between the first run and the second


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a file."""
    with chromium() as found:
        yield found


@pytest.fixture(scope="session")
def _untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return uis.demo_home(tmp_path_factory.mktemp("demo") / "home")


@pytest.fixture(scope="session")
def _trained(tmp_path_factory: pytest.TempPathFactory, _untrained: Path) -> Path:
    home = uis.copy(_untrained, tmp_path_factory.mktemp("trained") / "home")
    uis.train(home)
    return home


@pytest.fixture(scope="session")
def _grown(tmp_path_factory: pytest.TempPathFactory, _trained: Path) -> Path:
    home = uis.copy(_trained, tmp_path_factory.mktemp("grown") / "home")
    labels = Labels(store_of(Home(home)), COLLECTION)
    for row, _ in labels.page(N_MORE, unlabelled=True):
        labels.put(row.id, "neutral", "somebody")
    uis.train(home)
    return home


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[Path], Ui]]:
    """Starts `avocet ui` on a copy of a home."""
    started: list[Ui] = []

    def start(home: Path) -> Ui:
        ui = Ui(uis.copy(home, tmp_path / f"home{len(started)}"), tmp_path / f"ui{len(started)}.log")
        started.append(ui)
        ui.start()
        return ui

    yield start
    for ui in started:
        ui.end()


@pytest.fixture
def fresh(serve: Callable[[Path], Ui], _untrained: Path) -> Ui:
    """503 mails, 120 of which wait for a label; no run yet."""
    return serve(_untrained)


@pytest.fixture
def ui(serve: Callable[[Path], Ui], _trained: Path) -> Ui:
    """The same after a first run: its version is the champion and suggests."""
    return serve(_trained)


@pytest.fixture
def two_versions(serve: Callable[[Path], Ui], _grown: Path) -> Ui:
    """The same after a second run."""
    return serve(_grown)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a visitor without cookies. A script that crashed or that our own policy refused fails the test."""
    wrong: list[str] = []
    contexts = []

    def visit(width: int = 1280, height: int = 900, theme: str = "light") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            reduced_motion="reduce",
            accept_downloads=True,
        )  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
        page.set_default_timeout(30_000)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(visitor: Callable[..., Page]) -> Page:
    """A visitor at a desk."""
    return visitor()
