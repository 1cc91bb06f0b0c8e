"""The committed pages are those of their sources: told without node."""

import shutil
from pathlib import Path

import pytest

from app import bundle


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """Sources of pages, with what is no source beside them."""
    web = tmp_path / "web"
    for name in ("src/main.ts", "src/api/client.ts", "public/favicon.svg", "index.html", "package.json", "vite.config.ts",
                 "tests/client.test.ts", "node_modules/vue/index.js", "README.md"):  # fmt: skip
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text(f"of {name}")
    return web


@pytest.fixture
def static(tmp_path: Path, web: Path) -> Path:
    """Built pages, stamped."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>")
    (static / "assets" / "app.js").write_text("1")
    (static / bundle.STAMP).write_text(bundle.stamp_of(web, static))
    return static


@pytest.mark.skipif(not bundle.sources(bundle.WEB), reason="web/ has no sources yet")
def test_the_committed_pages_are_built_from_the_committed_sources() -> None:
    """Whoever changes a page builds it, too."""
    assert bundle.wrong_with(bundle.WEB, bundle.STATIC) is None


@pytest.mark.parametrize(
    "name", ["src/api/client.ts", "public/favicon.svg", "package.json", "vite.config.ts", "src/new.ts"]
)
def test_a_changed_source_is_seen(web: Path, static: Path, name: str) -> None:
    """Also one that is new, gone, or called otherwise."""
    assert bundle.wrong_with(web, static) is None
    (web / name).write_text("changed")
    assert "web/ has changed" in str(bundle.wrong_with(web, static))


def test_a_source_that_moved_is_seen(web: Path, static: Path) -> None:
    """Though its content is the same."""
    (web / "src" / "main.ts").rename(web / "src" / "start.ts")
    assert "web/ has changed" in str(bundle.wrong_with(web, static))


def test_what_is_no_source_may_change(web: Path, static: Path) -> None:
    """Tests of the pages, what they depend on as npm unpacked it, words about them."""
    for name in ("tests/client.test.ts", "node_modules/vue/index.js", "README.md"):
        (web / name).write_text("changed")
    shutil.rmtree(web / "tests")
    assert bundle.wrong_with(web, static) is None


def test_pages_that_were_changed_by_hand_or_are_not_all_there_are_seen(web: Path, static: Path) -> None:
    """A file that was not committed is the likeliest."""
    (static / "assets" / "app.js").unlink()
    assert "not as it was built" in str(bundle.wrong_with(web, static))
    (static / bundle.STAMP).unlink()
    assert "make web" in str(bundle.wrong_with(web, static))
