"""Runs: one at a time, each with its folder, and a key that knows a night without news."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from avocet import registry, runs
from avocet.errors import BusyError
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.registry import Version
from avocet.rows import Row
from avocet.runs import begin, code_digest, only_one, run_key, settled, write_json, write_rows


def test_a_run_has_a_folder_for_its_owner_alone(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """It will hold mail; two runs of one second are two folders."""
    first, second = begin(place, recipe_of()), begin(place, recipe_of())
    assert re.fullmatch(r"\d{8}t\d{6}z-tiny-[0-9a-f]{4}", first.id)
    assert first.id != second.id
    assert (first.folder.stat().st_mode & 0o777, list(first.folder.iterdir())) == (0o700, [])
    assert first.folder == place.root / "data" / "runs" / first.id


def test_events_are_kept_in_order_with_their_candidate(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """One JSON object a line, whatever it says, and when it was said."""
    run = begin(place, recipe_of())
    run.tell("tfidf", {"type": "note", "message": "one\u2028two\n"})
    run.tell("head", {"type": "done"})
    told = [json.loads(x) for x in (run.folder / "events.jsonl").read_bytes().split(b"\n")[:-1]]
    assert all(event.pop("at").endswith("Z") for event in told)
    assert told == [
        {"candidate": "tfidf", "type": "note", "message": "one\u2028two\n"},
        {"candidate": "head", "type": "done"},
    ]


def test_a_second_run_is_told_at_once_and_a_killed_one_blocks_nobody(place: Home) -> None:
    """The kernel gives the lock back."""
    code = "import sys\nfrom avocet.home import home\nfrom avocet.runs import only_one\nwith only_one(home()):\n    print('held', flush=True)\n    sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(BusyError, match="another run is at work"), only_one(place):
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    with only_one(place):
        pass


def test_the_lock_is_given_back_after_an_error(place: Home) -> None:
    """A run that failed does not block the next."""
    for _ in range(2):
        with pytest.raises(KeyError), only_one(place):
            raise KeyError


def test_homes_do_not_wait_for_each_other(place: Home, tmp_path: Path) -> None:
    """Each AVOCET_HOME has a lock of its own, and makes its folders."""
    with only_one(place), only_one(Home(tmp_path / "another")):
        assert (tmp_path / "another" / "data").is_dir()


ROWS = [Row(f"r{i}", "digest", {"subject": "s", "body": f"b{i}"}, "f", i) for i in range(5)]


def test_the_digest_of_rows_knows_content_and_not_order(tmp_path: Path) -> None:
    """Nor the file and line that they came from."""
    path = tmp_path / "rows.jsonl"
    digest = write_rows(path, ROWS)
    assert [json.loads(x)["id"] for x in path.read_text().splitlines()] == ["r0", "r1", "r2", "r3", "r4"]
    moved = [Row(r.id, r.label, r.fields, "other", 99) for r in reversed(ROWS)]
    assert write_rows(path, moved) == digest
    others = [
        ROWS[:4],
        [*ROWS, ROWS[0]],
        [Row("other", "digest", ROWS[0].fields, "f", 1), *ROWS[1:]],
        [Row("r0", "neutral", ROWS[0].fields, "f", 1), *ROWS[1:]],
        [Row("r0", "digest", {"subject": "s", "body": "B"}, "f", 1), *ROWS[1:]],
    ]
    assert len({digest, *(write_rows(path, other) for other in others)}) == 6


def test_a_result_with_a_nan_is_not_written(tmp_path: Path) -> None:
    """The old one stays."""
    path = tmp_path / "decision.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError):
        write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}


@pytest.fixture
def key(place: Home, recipe_of: Callable[..., Recipe]) -> Callable[..., str]:
    """The run key of a recipe over rows."""
    return lambda rows="rows", **settings: run_key(recipe_of(**settings), rows, place)


def test_the_same_night_has_the_same_key(key: Callable[..., str]) -> None:
    """Words about the recipe are no news."""
    assert key() == key() == key(about="other", rows_help="words")


@pytest.mark.parametrize(
    "news",
    [
        {"rows": "other rows"},
        {"seed": 99},
        {"text": "{body}"},
        {"gate": {"margin": 0.1}},
        {"shares": {"holdout": 0.3}},
        {"expect": {"rows": 5}},
        {"labels": ["digest", "rejected", "neutral"]},
        {"candidates": {"tfidf": {"method": "tfidf", "inverse_penalty": 1}}},
        {"candidates": {"tfidf": {"method": "tfidf"}, "head": {"method": "head", "base": "x/y"}}},
    ],
    ids=lambda news: next(iter(news)),
)
def test_anything_that_could_end_otherwise_is_another_key(
    news: dict[str, object], key: Callable[..., str], recipe_of: Callable[..., Recipe], place: Home
) -> None:
    """Rows, template, labels, sides, gate, candidates."""
    settings = {k: v for k, v in news.items() if not (k == "rows" and v == "other rows")}
    rows = "other rows" if news.get("rows") == "other rows" else "rows"
    assert run_key(recipe_of(**settings), rows, place) != key()


def test_a_base_that_arrives_or_changes_is_news(key: Callable[..., str], place: Home) -> None:
    """A candidate that was skipped can be trained now."""
    candidates = {"full": {"method": "full", "base": "base"}}
    absent = key(candidates=candidates)
    base = place.root / "base"
    base.mkdir()
    (base / "config.json").write_text("{}")
    (base / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    there = key(candidates=candidates)
    (base / "config.json").write_text('{"a": 1}')
    assert len({absent, there, key(candidates=candidates)}) == 3


def test_other_code_is_news(key: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The key holds the digest of the sources and libraries."""
    before = key()
    assert re.fullmatch("[0-9a-f]{64}", code_digest())
    monkeypatch.setattr(runs, "code_digest", lambda: "other code")
    assert key() != before


@pytest.fixture
def champion(place: Home, published: Callable[..., Version]) -> Version:
    """tfidf-1, promoted under the key `key`."""
    version = published(place.models, "tfidf-1")
    registry.promote(place.models, "tiny", "tfidf-1", "run-1", "promoted it", "key")
    return version


def test_a_night_that_was_settled_is_known(champion: Version, place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """By a promotion, or by a refusal after it; with what was said then."""
    found = settled(place, recipe_of(), "key")
    assert found is not None
    assert (found["event"], found["run"], found["sentence"]) == ("promoted", "run-1", "promoted it")
    registry.refuse(place.models, "tiny", "tfidf-2", "run-2", "refused it", "not_better", "key-2")
    again = settled(place, recipe_of(), "key-2")
    assert again is not None
    assert (again["event"], again["run"], again["sentence"]) == ("refused", "run-2", "refused it")


def test_a_refusal_without_any_champion_settles_too(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """The first candidate was not better than a baseline, and would not be again."""
    registry.refuse(place.models, "tiny", "tfidf-1", "run-1", "refused it", "not_better_than_baseline", "key")
    assert settled(place, recipe_of(), "key") is not None


def test_nothing_is_settled_on_a_fresh_machine(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """No ledger, no word."""
    assert settled(place, recipe_of(), "key") is None


def _to(place: Home, target: str | None) -> None:
    link = place.models / "champion-tiny"
    link.unlink()
    if target is not None:
        link.symlink_to(target)


NEWS: dict[str, Callable[[Home], object]] = {
    "a refusal for a reason that may be gone": lambda p: registry.refuse(
        p.models, "tiny", "x", "run-2", "", "unscorable", None
    ),
    "a refusal on other rows": lambda p: registry.refuse(p.models, "tiny", "x", "run-2", "", "not_better", "key-2"),
    "an abandoned promotion": lambda p: registry.record(p.models, {"event": "abandoned", "recipe": "tiny"}),
    "a roll back": lambda p: registry.record(
        p.models, {"event": "rolled_back", "recipe": "tiny", "champion": "tfidf-0"}
    ),
    "an altered file": lambda p: (p.models / "tfidf-1" / "weights.safetensors").write_bytes(b"rot"),
    "a missing manifest": lambda p: (p.models / "tfidf-1" / "manifest.json").unlink(),
    "a version that is gone": lambda p: (p.models / "tfidf-1").rename(p.root / "elsewhere"),
    "a pointer that is gone": lambda p: _to(p, None),
    "a pointer to another version": lambda p: _to(p, "tfidf-0"),
}


@pytest.mark.parametrize("what", NEWS)
def test_a_settled_night_is_new_again_after(
    what: str, champion: Version, place: Home, recipe_of: Callable[..., Recipe]
) -> None:
    """Only the last word counts, and what it left must be there and whole."""
    NEWS[what](place)
    assert settled(place, recipe_of(), "key") is None


def test_the_key_and_the_recipe_must_be_the_same(
    champion: Version, place: Home, recipe_of: Callable[..., Recipe]
) -> None:
    """Another recipe's night says nothing, before or after."""
    assert settled(place, recipe_of(), "other key") is None
    assert settled(place, recipe_of(name="other"), "key") is None
    registry.refuse(place.models, "other", "x", "run-2", "", "not_better", "key-2")
    assert settled(place, recipe_of(), "key") is not None
