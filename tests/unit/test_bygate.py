"""Promotion by hand without force: only as the last gate that judged the version has decided."""

import json
from collections.abc import Callable

import pytest

from avocet import registry
from avocet.bygate import promote
from avocet.byhand import override, rollback
from avocet.errors import DamagedVersionError, NothingToDoError, NotPromotedError, WrongUseError
from avocet.home import Home
from tests.nights import night, said

Make = Callable[..., str]
BAD, FAIR, GOOD = said(*range(30)), said(*range(12)), said(*range(4))


def champion(place: Home) -> str | None:
    return registry.champion_id(place.models, "tiny")


@pytest.fixture
def two(place: Home, tfidf_version: Make) -> tuple[str, str]:
    """Two versions, promoted by the gate one after the other."""
    one, two = tfidf_version("tfidf-1", penalty=1.0), tfidf_version("tfidf-2", penalty=2.0)
    night(place, "run-1", {one: FAIR})
    night(place, "run-2", {one: FAIR, two: GOOD}, champion=one)
    assert champion(place) == two
    return one, two


def test_a_champion_that_was_rolled_back_from_comes_back(place: Home, two: tuple[str, str]) -> None:
    """The gate had said yes to it; nothing is to be done where it is champion already, nor for another recipe."""
    with pytest.raises(NothingToDoError, match="is the champion of tiny already"):
        promote(place, two[1])
    rollback(place, None, None)
    with pytest.raises(WrongUseError, match="belongs to recipe tiny"):
        promote(place, two[1], "other")
    moved = promote(place, two[1], "tiny")
    assert (moved.version, moved.before, champion(place)) == (two[1], two[0], two[1])
    assert registry.ledger(place.models)[-1]["event"] == "rolled_back"


def test_a_night_that_kept_it_takes_nothing_back(place: Home, two: tuple[str, str]) -> None:
    """Judged again while it was champion, it was no challenger."""
    night(place, "run-3", {two[1]: GOOD}, champion=two[1])
    assert registry.ledger(place.models)[-1]["reason"] == "already_champion"
    rollback(place, two[0], None)
    assert promote(place, two[1]).version == two[1]


def test_what_the_gate_refused_is_refused_with_its_reasons(
    place: Home, two: tuple[str, str], tfidf_version: Make
) -> None:
    """In its own words, each condition that did not hold one by one; and the champion stays."""
    worse = tfidf_version("tfidf-3", penalty=3.0)
    run = night(place, "run-3", {two[1]: GOOD, worse: BAD}, champion=two[1])
    story = json.loads(run.decision.read_text())
    story["verdict"]["conditions"] = [
        {"name": "accuracy", "wanted": ">= 0.9", "found": "0.5", "held": False},
        {"name": "recall", "wanted": ">= 0.1", "found": "0.5", "held": True},
    ]
    run.decision.write_text(json.dumps(story))
    with pytest.raises(NotPromotedError, match="tfidf-3 was not promoted: the gate of run run-3 refused") as caught:
        promote(place, worse)
    (_, sentence), condition = caught.value.errors
    assert "macro-F1 0.50 against 0.93" in sentence
    assert condition == ("", "accuracy: asked for >= 0.9, found 0.5")
    assert champion(place) == two[1]


def test_a_later_no_outweighs_an_earlier_yes(place: Home, two: tuple[str, str]) -> None:
    """Rolled back from, judged again, refused: then it needs force."""
    rollback(place, two[0], None)
    night(place, "run-3", {two[0]: GOOD, two[1]: BAD}, champion=two[0])
    with pytest.raises(NotPromotedError, match="run-3"):
        promote(place, two[1])
    assert override(place, two[1], None, "we know better").version == two[1]


def test_without_a_gate_there_is_no_yes(place: Home, two: tuple[str, str], tfidf_version: Make) -> None:
    """Never judged; or champion by force only, which was no gate's word."""
    forced = tfidf_version("tfidf-3", penalty=3.0)
    with pytest.raises(NotPromotedError, match="no gate has judged it as a challenger yet"):
        promote(place, forced)
    override(place, forced, None, "a trial")
    rollback(place, None, None)
    with pytest.raises(NotPromotedError, match="no gate has judged it"):
        promote(place, forced)


def test_a_yes_that_a_kill_kept_from_the_ledger_is_carried_out(
    place: Home, two: tuple[str, str], tfidf_version: Make
) -> None:
    """If the champion is still the one that it was compared with, and its files are whole."""
    one, new = two[1], tfidf_version("tfidf-3", penalty=3.0)
    ledger = place.models / "ledger.jsonl"
    before = ledger.read_text()
    night(place, "run-3", {one: FAIR, new: GOOD}, champion=one)
    registry.durable.replace_link(place.models / "champion-tiny", one)
    ledger.write_text(before)  # as if killed right after decision.json was written
    rollback(place, two[0], None)
    with pytest.raises(NotPromotedError, match="compared tfidf-3 with tfidf-2, and the champion is tfidf-1 now"):
        promote(place, new)
    rollback(place, one, None)
    weights = place.models / new / "tfidf.safetensors"
    kept = weights.read_bytes()
    weights.write_bytes(b"rot")
    with pytest.raises(DamagedVersionError):
        promote(place, new)
    weights.write_bytes(kept)
    moved = promote(place, new)
    assert (moved.version, moved.before, champion(place)) == (new, one, new)
    assert registry.ledger(place.models)[-1]["run"] == "run-3"
