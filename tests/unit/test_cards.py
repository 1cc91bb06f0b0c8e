"""Cards with intervals, and the mails behind a cell of the confusion matrix."""

import json

import pytest

from avocet.errors import DamagedDecisionError, NotFoundError
from avocet.home import Home
from avocet.views.behind import judged_mails, title, with_words, words
from avocet.views.cards import judged, last_card
from tests.nights import LABELS, night, said


def test_a_card_says_how_sure_its_scores_are(place: Home) -> None:
    """Intervals around macro-F1 and each label's F1, calibration where there are confidences, every contestant's."""
    night(place, "run-1", {"a": said(0, 1, 2, 3)})
    _, (one, baseline) = judged(place, "run-1")
    assert (one.name, one.role, one.n, one.labels) == ("a", "challenger", 60, LABELS)
    assert one.lo is not None and one.macro_f1 is not None and one.hi is not None
    assert 0.8 < one.lo < one.macro_f1 < one.hi < 1.0
    assert [(x.label, x.n) for x in one.per_label] == [(label, 20) for label in LABELS]
    assert all(x.lo is not None and x.hi is not None and x.lo < x.f1 < x.hi for x in one.per_label)
    assert one.calibration_error == pytest.approx(0.0333, abs=1e-3)  # sure to 0.9, right on 56 of 60
    assert (baseline.role, baseline.calibration_error, baseline.macro_f1) == ("baseline", None, pytest.approx(1 / 6))
    assert one.confusion == ((18, 2, 0), (0, 19, 1), (1, 0, 19))


def test_the_last_run_that_judged_a_version_counts(place: Home) -> None:
    """One whose decision is not whole is passed over; a version that nobody judged has none."""
    night(place, "run-1", {"a": said(0)})
    night(place, "run-2", {"a": said(0, 1, 2, 3, 4)})
    found = last_card(place, "a")
    assert found is not None and found[1] == "run-2"
    path = place.runs / "run-2" / "decision.json"
    story = json.loads(path.read_text())
    path.write_text(json.dumps({**story, "gate": 3}))
    again = last_card(place, "a")
    assert again is not None and again[1] == "run-1" and again[0].accuracy == pytest.approx(59 / 60)
    assert last_card(place, "nobody") is None
    with pytest.raises(DamagedDecisionError):
        judged(place, "run-2")
    with pytest.raises(NotFoundError):
        judged(place, "run-9")


def test_the_mails_behind_a_cell(place: Home) -> None:
    """By label and by prediction, either or both; with their words when asked for."""
    night(place, "run-1", {"a": said(0, 1, 3)})
    run, cell = judged_mails(place, "a", "rejected", "digest")
    assert (run, [m.id for m in cell]) == ("run-1", ["m00", "m03"])
    assert [m.fields for m in cell] == [{}, {}]
    (first, _) = with_words(place, run, cell)
    assert first.fields == {"subject": "Mail 0 of <b>somebody</b>", "body": "body of 0"}
    assert (first.true, first.predicted, first.confidence) == ("rejected", "digest", 0.9)
    assert len(judged_mails(place, "a", true="digest")[1]) == 20
    assert [m.id for m in judged_mails(place, "a", "digest", "neutral")[1]] == ["m01"]
    assert judged_mails(place, "a", "digest", "nonsense")[1] == [] and len(judged_mails(place, "a")[1]) == 60
    with pytest.raises(NotFoundError, match="no run has judged 'b'"):
        judged_mails(place, "b")


def test_only_the_wanted_words_are_read(place: Home) -> None:
    """Ids that need escapes too; one that is not there is left out."""
    run = night(place, "run-1", {"a": said(0)})
    odd = {"id": 'ä"\\ \U0001f600', "fields": {"subject": "x"}}
    with run.rows.open("a", encoding="utf-8") as out:
        out.write(json.dumps(odd, ensure_ascii=True) + "\n")
    assert words(place, "run-1", {odd["id"], "m07", "nope"}) == {
        odd["id"]: {"subject": "x"},
        "m07": {"subject": "Mail 7 of <b>somebody</b>", "body": "body of 7"},
    }
    assert words(place, "run-1", set()) == words(place, "no-such-run", {"m07"}) == {}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"subject": " Re:\n your  interview ", "body": "x"}, "Re: your interview"),
        ({"subject": " ", "body": "Dear all,\nwe"}, "Dear all, we"),
        ({"text": "a" * 300}, "a" * 99 + "…"),
        ({"other": "x"}, ""),
        ({}, ""),
    ],
)
def test_a_title_is_what_a_person_knows_a_mail_by(fields: dict[str, str], told: str) -> None:
    """The subject, else the first words; on one line, cut."""
    assert title(fields) == told
