"""What a person switched stands in the store, and the flow obeys it."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from app.cli import main
from avocet import runs
from avocet.errors import DataStoppedError, SwitchedOffError, WrongUseError
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.running import journal
from avocet.store.database import Database, store_of
from avocet.store.settings import Settings, change, load


def test_settings_are_what_was_said_last(database: Database) -> None:
    """Under document 1's names, with its defaults."""
    assert load(database) == Settings(fine_tuning_enabled=True, min_training_examples=20, auto_train=False)
    assert change(database, "ann", auto_train=True, min_training_examples=50) == Settings(True, 50, True)
    assert change(database, "bob", min_training_examples=30) == load(database) == Settings(True, 30, True)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("colour", True, "no setting 'colour'; there are fine_tuning_enabled, min_training_examples, auto_train"),
        ("auto_train", 1, "auto_train is true or false, not 1"),
        ("min_training_examples", True, "min_training_examples is a number from 3 on, not True"),
        ("min_training_examples", 2, "a number from 3 on, not 2"),
        ("min_training_examples", "50", "a number from 3 on, not '50'"),
    ],
)
def test_a_setting_of_another_kind_is_refused_and_nothing_is_changed(
    name: str, value: object, why: str, database: Database
) -> None:
    """All or none."""
    with pytest.raises(WrongUseError, match=why):
        change(database, "ann", **{"fine_tuning_enabled": False, name: value})
    assert load(database) == Settings()


def test_a_run_asks_whether_it_is_wanted_and_whether_rows_are_enough(
    place: Home, recipe_of: Callable[..., Recipe]
) -> None:
    """And says how to change it."""
    journal.check_wanted(place)
    (place.data / "tiny.jsonl").touch()
    journal.check_enough(runs.begin(place, recipe_of()), 8)  # a file is taken as it is
    run = runs.begin(place, recipe_of(rows=["store:tiny"]))
    journal.check_enough(run, 20)
    with pytest.raises(DataStoppedError, match="19 usable rows, and min_training_examples is 20"):
        journal.check_enough(run, 19)
    change(store_of(place), "ann", fine_tuning_enabled=False, min_training_examples=3)
    journal.check_enough(run, 19)
    with pytest.raises(SwitchedOffError, match="`avocet settings fine_tuning_enabled=true` switches it on"):
        journal.check_wanted(place)


def test_the_terminal_shows_and_changes_them(place: Home) -> None:
    """Values are JSON, as people write true and 20."""

    def said(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["settings", *words])
        return done.exit_code, done.output

    assert said()[1].splitlines() == [
        "fine_tuning_enabled    true",
        "min_training_examples  20",
        "auto_train             false",
    ]
    code, output = said("auto_train=true", "min_training_examples=40", "--json")
    assert (code, json.loads(output)) == (
        0,
        {"fine_tuning_enabled": True, "min_training_examples": 40, "auto_train": True},
    )
    assert said("auto_train") == (2, "avocet: 'auto_train' sets nothing; write it like auto_train=true\n")
    assert said("auto_train=yes")[0] == 2
    assert load(store_of(place)) == Settings(True, 40, True)
