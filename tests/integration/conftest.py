"""What the tests of versions that travel share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from avocet.exchange import export
from avocet.home import Home

Make = Callable[..., str]


@pytest.fixture
def zipped(place: Home, tfidf_version: Make, tmp_path: Path) -> Path:
    """A version `tfidf-1` that was exported, in a home that has it no more."""
    tfidf_version("tfidf-1")
    out = export(place, "tfidf-1", tmp_path / "out.zip")
    shutil.rmtree(place.models / "tfidf-1")
    (place.models / "avocet-tiny-tfidf").unlink()
    return out
