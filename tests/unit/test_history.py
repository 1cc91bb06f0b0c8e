"""What the ledger answers: decisions in order, the champion at a time, and the line of champions."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from avocet import history, registry
from avocet.errors import WrongUseError
from avocet.registry import Version

Make = Callable[..., Version]
START = datetime(2026, 11, 3, 2, tzinfo=UTC)


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    """A ledger with one line an hour from 02:00 on: a and b promoted, c refused, back to a, c forced."""
    lines = [
        {"event": "promoting", "version": "a", "before": None},
        {"event": "promoted", "version": "a", "before": None, "sentence": "promoted a"},
        {"event": "promoting", "version": "b", "before": "a"},
        {"event": "promoted", "version": "b", "before": "a", "sentence": "promoted b"},
        {"event": "refused", "version": "c", "sentence": "refused c", "reason": "not_better"},
        {"event": "rolling_back", "version": "a", "before": "b", "user": "ada"},
        {"event": "rolled_back", "version": "a", "before": "b", "user": "ada", "sentence": "back to a"},
        {
            "event": "overridden",
            "version": "c",
            "before": "a",
            "user": "ada",
            "reason": "a try",
            "sentence": "c by hand",
        },
    ]
    for i, line in enumerate(lines):
        at = (START + timedelta(hours=i)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        registry.record(tmp_path, {"recipe": "tiny", **line, "at": at})
    return tmp_path


def test_history_is_every_decision_with_its_sentence_and_person(nights: Path) -> None:
    """Not the lines that only say what is about to happen."""
    words = history.history(nights)
    assert [(w.event, w.version, w.sentence) for w in words] == [
        ("promoted", "a", "promoted a"),
        ("promoted", "b", "promoted b"),
        ("refused", "c", "refused c"),
        ("rolled_back", "a", "back to a"),
        ("overridden", "c", "c by hand"),
    ]
    assert [(w.by, w.reason) for w in words[2:]] == [(None, "not_better"), ("ada", None), ("ada", "a try")]
    assert history.history(nights, "other") == []


@pytest.mark.parametrize(
    ("hours", "version"), [(0, None), (1, "a"), (2.9, "a"), (3, "b"), (5, "b"), (6, "a"), (7, "c")]
)
def test_the_champion_at_a_time_is_the_last_that_was_moved_to(hours: float, version: str | None, nights: Path) -> None:
    """A refusal moves nothing; a rollback does."""
    word = history.champion_at(nights, "tiny", START + timedelta(hours=hours))
    assert (word and word.version) == version


def test_a_move_that_a_kill_interrupted_counts_from_when_it_began(tmp_path: Path) -> None:
    """The next run closes it a day later, but mail was answered by the new version all the time."""
    story = {"recipe": "tiny", "version": "a", "before": None, "run": "r"}
    registry.record(tmp_path, {"event": "promoting", **story, "at": "2026-11-03T02:00:00.0Z"})
    registry.record(tmp_path, {"event": "promoted", **story, "recovered": True, "at": "2026-11-04T02:00:00.0Z"})
    (word,) = history.history(tmp_path, "tiny")
    assert word.at == START and "after a kill" in word.sentence


def moves(models: Path, *steps: str) -> None:
    """'+a' promotes a, '-a' rolls back to it."""
    before = None
    for step in steps:
        event = "promoted" if step[0] == "+" else "rolled_back"
        registry.record(models, {"event": event, "recipe": "tiny", "version": step[1:], "before": before})
        before = step[1:]


@pytest.mark.parametrize(
    ("steps", "line", "back"),
    [
        ("", "", ""),
        ("+a", "a", ""),
        ("+a +b +c", "abc", "ba"),
        ("+a +b +c -b", "ab", "a"),
        ("+a +b +c -b -a", "a", ""),
        ("+a +b +c -a -c", "ac", "a"),
        ("+a +b +a", "aba", "b"),
        ("+a +b -a +c", "ac", "a"),
    ],
)
def test_the_lineage_forgets_what_was_rolled_back(steps: str, line: str, back: str, tmp_path: Path) -> None:
    """So that a second rollback goes further back, not forth again."""
    moves(tmp_path, *steps.split())
    assert "".join(history.lineage(tmp_path, "tiny")) == line
    assert "".join(history.former(tmp_path, "tiny", line[-1:] or None)) == back


def test_a_pointer_that_is_gone_leads_back_to_the_last_champion(tmp_path: Path) -> None:
    """Somebody deleted the link: the ledger still knows who it named."""
    moves(tmp_path, "+a", "+b")
    assert history.former(tmp_path, "tiny", None) == ("b", "a")


def test_a_champion_from_before_the_ledger_is_in_the_line(tmp_path: Path) -> None:
    """Its only trace is the `before` of the first promotion."""
    registry.record(tmp_path, {"event": "promoted", "recipe": "tiny", "version": "b", "before": "old"})
    assert history.lineage(tmp_path, "tiny") == ("old", "b")


@pytest.mark.parametrize("text", ["2026-11-03T02:00", "2026-11-03", "yesterday", "", "1762135200", "2026-11-03T25:00Z"])
def test_a_time_without_its_zone_is_refused(text: str) -> None:
    """Which night is meant would depend on the machine."""
    with pytest.raises(WrongUseError, match="2026-11-03T02:00Z"):
        history.asked_time(text)


def test_times_of_other_zones_are_understood() -> None:
    """02:00 in UTC is 03:00 in Berlin's winter."""
    assert history.asked_time("2026-11-03T02:00Z") == history.asked_time("2026-11-03T03:00:00+01:00") == START


def test_lines_that_make_no_sense_are_passed_over(tmp_path: Path) -> None:
    """No recipe, no time, deep nonsense: the rest is still told."""
    moves(tmp_path, "+a")
    with (tmp_path / history.LEDGER).open("ab") as stream:
        stream.write(b'{"event": "promoted"}\n[1]\n' + b"[" * 100_000 + b'\n{"event": "promoting"}\n')
    moves(tmp_path, "+b")
    assert [w.version for w in history.history(tmp_path)] == ["a", "b"]
    assert registry.recover(tmp_path) == []


def test_a_line_that_utf8_cannot_write_tears_nothing(tmp_path: Path) -> None:
    """The line behind a moved pointer must always get in."""
    registry.record(tmp_path, {"event": "refused", "recipe": "tiny", "version": "a", "sentence": "gr\udcfcn"})
    assert history.history(tmp_path)[0].sentence == "gr\udcfcn"
