"""Archives of strangers: each attack is refused for its own reason, and nothing of it is kept."""

from pathlib import Path

import pytest

from avocet import archive
from avocet.home import Home
from tests.archives import files_of, pack, refused
from tests.attacks import ARCHIVES, ATTACKS


@pytest.mark.parametrize("what", ATTACKS)
def test_each_attack_is_refused_for_its_own_reason(what: str, place: Home, zipped: Path) -> None:
    """And nothing of it is kept."""
    make, says = ATTACKS[what]
    refused(place, pack(zipped.with_name("attack.zip"), make(files_of(zipped))), says)


@pytest.mark.parametrize("what", ARCHIVES)
def test_each_odd_archive_is_refused_for_its_own_reason(what: str, place: Home, zipped: Path) -> None:
    """Before zipfile would do something with it."""
    write, says = ARCHIVES[what]
    path = zipped.with_name("attack.zip")
    write(path, files_of(zipped))
    refused(place, path, says)


def test_what_unpacks_to_too_much_is_refused_by_what_comes_out(
    place: Home, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both where the directory admits it and where it does not."""
    monkeypatch.setattr(archive, "MAX_BYTES", 10_000)
    refused(place, zipped, "unpacks to more than")
    monkeypatch.setattr(archive, "MAX_BYTES", 10**9)
    monkeypatch.setattr(archive, "MAX_JSON_BYTES", 10)
    refused(place, zipped, "unpacks to far more than it may")
