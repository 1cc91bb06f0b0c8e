"""Asking for a run: held against the recipe, refused in one sentence, and reserved once however many ask."""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from avocet import runs
from avocet.candidates import Lora
from avocet.errors import AvocetError, BusyError, DataStoppedError, RowsNotFoundError, SwitchedOffError, WrongUseError
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.running import endings
from avocet.running.endings import Ending
from avocet.running.request import RunRequest, asked_of, check_labelled, reserve
from avocet.store.database import store_of
from avocet.store.labels import Incoming, Labels, StoredRow
from avocet.store.runs import RunLedger
from avocet.store.settings import change

CANDIDATES = {
    "tfidf": {"method": "tfidf"},
    "adapter": {"method": "lora", "base": "x/y", "r": 16, "alpha": 32},
    "whole": {"method": "full", "base": "x/y"},
}
Make = Callable[..., str]


@pytest.fixture
def recipe(make_recipe: Make) -> str:
    """The recipe `tiny` with three candidates and no row."""
    return make_recipe([], CANDIDATES)


def test_what_is_asked_for_stands_instead_of_the_recipes(place: Home, recipe: str) -> None:
    """Rank keeps alpha's share of it; what a method has not is left out."""
    wanted = RunRequest(recipe, None, 3, 3e-4, 8, {"validation": 0.1, "holdout": 0.3})
    found, version = wanted.chosen(place)
    assert version is None and (found.shares.validation, found.shares.holdout) == (0.1, 0.3)
    lora = found.candidates["adapter"]
    assert isinstance(lora, Lora)
    assert (lora.epochs, lora.learning_rate, lora.r, lora.alpha) == (3, 3e-4, 8, 16)
    assert found.candidates["tfidf"] == RunRequest(recipe).chosen(place)[0].candidates["tfidf"]
    assert found.candidates["whole"].model_dump()["learning_rate"] == 3e-4
    assert found.training_digest("adapter") != RunRequest(recipe).chosen(place)[0].training_digest("adapter")
    assert list(RunRequest(recipe, "whole").chosen(place)[0].candidates) == ["whole"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"model": "nobody"}, "has no candidate 'nobody'"),
        ({"epochs": 99}, "epochs: 99 is not in 1..20"),
        ({"learning_rate": 5.0}, "learning_rate: Input should be less than 1"),
        ({"rank": 0}, "adapter.r: Input should be greater than or equal to 1"),
        ({"model": "tfidf", "rank": 8}, "rank: none of tfidf is trained by method lora"),
        ({"model": "tfidf", "learning_rate": 0.1}, "learning_rate: no candidate of tfidf has one"),
        ({"shares": {"validation": 0.4, "holdout": 0.4}}, "shares: validation and holdout together may take at most 0.7"),
        ({"shares": {"test": 0.4}}, "shares.test: Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_and_nothing_is_written(
    wanted: dict[str, Any], said: str, place: Home, recipe: str
) -> None:
    """Not even a folder."""
    with pytest.raises(AvocetError) as caught:
        reserve(place, RunRequest(recipe, **wanted), "ann")
    assert said in str(caught.value)
    assert not place.runs.exists()


def test_however_many_ask_there_is_one_run(place: Home, recipe: str) -> None:
    """Eight at once: one begins it, the others hear which; with `attach` they get it."""

    def ask(_: int, attach: bool = False) -> Any:
        try:
            return reserve(place, RunRequest(recipe), "ann", attach=attach)
        except BusyError as e:
            return str(e)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    (its,) = [one for one in found if not isinstance(one, str)]
    assert its.fresh and asked_of(place, its.run.run) == RunRequest(recipe)
    said = f"run 1 ({its.run.run}) is waiting to begin; wait for it, or cancel it"
    assert [one for one in found if isinstance(one, str)] == [said] * 7
    again = ask(0, attach=True)
    assert (again.run.id, again.fresh) == (1, False)
    with pytest.raises(BusyError, match="run 1 "):  # of something else than was asked for
        reserve(place, RunRequest(recipe, "tfidf"), "ann", attach=True)
    endings.abandon(place, its.run.run, Ending("failed", "failed", "gone"))
    assert ask(0).run.id == 2


def test_nothing_is_reserved_while_another_holds_the_lock(
    place: Home, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rollback for example: what would begin now could only fail."""
    monkeypatch.setattr(runs, "LOCK_S", 0.0)
    with runs.only_one(place), pytest.raises(BusyError, match="another run is at work"):
        reserve(place, RunRequest(recipe), "ann")
    assert RunLedger(store_of(place)).count() == 0


def test_the_same_key_gives_the_same_run(place: Home, recipe: str) -> None:
    """Also when it has ended; with another wish it is refused; after a week it is forgotten."""
    first = reserve(place, RunRequest(recipe), "ann", key="k 1")
    assert (reserve(place, RunRequest(recipe), "bob", key="k 1").run, first.fresh) == (first.run, True)
    endings.abandon(place, first.run.run, Ending("failed", "failed", "gone"))
    again = reserve(place, RunRequest(recipe), "ann", key="k 1")
    assert (again.run.id, again.run.status, again.fresh) == (1, "failed", False)
    with pytest.raises(WrongUseError, match="used for another run"):
        reserve(place, RunRequest(recipe, "tfidf"), "ann", key="k 1")
    with pytest.raises(WrongUseError, match="1 to 200 characters"):
        reserve(place, RunRequest(recipe), "ann", key="")
    (file,) = (place.data / "run-keys").iterdir()
    os.utime(file, (0, time.time() - 8 * 24 * 3600))
    assert reserve(place, RunRequest(recipe), "ann", key="k 2").run.id == 2
    assert len(list((place.data / "run-keys").iterdir())) == 1


def test_what_a_person_switched_off_is_not_begun(place: Home, recipe: str) -> None:
    """But judging is no training."""
    change(store_of(place), "ann", fine_tuning_enabled=False)
    with pytest.raises(SwitchedOffError):
        reserve(place, RunRequest(recipe), "ann")
    assert RunLedger(store_of(place)).count() == 0
    assert reserve(place, RunRequest(recipe, purpose="benchmark"), "ann").fresh


def test_too_few_labels_are_told_before_a_run_is_begun(place: Home, recipe_of: Callable[..., Recipe]) -> None:
    """Of the recipe's labels, where all its rows are in the store; how many are missing is told."""
    labels = Labels(store_of(place), "tiny")
    rows = [StoredRow(f"r{i}", {"text": f"words {i}"}, "f:1") for i in range(20)]
    labels.add([Incoming(row, "rejected" if i < 19 else "other") for i, row in enumerate(rows)])
    (place.data / "tiny.jsonl").touch()
    check_labelled(place, recipe_of(rows=["data/tiny.jsonl", "store:tiny"]))
    with pytest.raises(DataStoppedError, match=r"^19 labelled mails, and min_training_examples is 20: label 1 more"):
        check_labelled(place, recipe_of(rows=["store:tiny"]))
    labels.put("r19", "digest", "ann")
    check_labelled(place, recipe_of(rows=["store:tiny"]))


def test_rows_that_are_not_there_are_told_before_a_run_is_begun(place: Home, recipe: str) -> None:
    """As the flow would tell it a quarter of a minute later."""
    (place.data / "tiny.jsonl").unlink()
    with pytest.raises(RowsNotFoundError):
        reserve(place, RunRequest(recipe), "ann")
    assert not place.runs.exists()


def test_what_was_asked_for_is_kept_with_the_run(place: Home, recipe: str) -> None:
    """Who asked stands in its folder, not in the store's shapes."""
    name = reserve(place, RunRequest(recipe, "whole", 2), "ann").run.run
    said = json.loads((place.runs / name / "asked.json").read_text())
    assert (said["model"], said["epochs"], said["who"]) == ("whole", 2, "ann")
    assert asked_of(place, name) == RunRequest(recipe, "whole", 2)
    assert asked_of(place, "a-run-of-the-night") is None
    assert (place.runs / name).stat().st_mode & 0o777 == 0o700
