"""What a person is asked next, with a real champion over a real store."""

import json
from collections.abc import Callable
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from app.cli import main
from app.data_verbs import ORDERS
from avocet import recipe as recipes
from avocet import registry, runs
from avocet.asking import bought, next_mails
from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.process import in_this_process
from avocet.recipe import Recipe
from avocet.review import Order
from avocet.sides import divide
from avocet.store.database import store_of
from avocet.store.labels import Incoming, Labels, StoredRow
from avocet.training import train
from expectations.validation import validate_rows


@pytest.fixture
def filled(place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]) -> Recipe:
    """A collection of 120 mails, every other one labelled, and a recipe that reads it."""
    name = make_recipe([], {"tfidf": {"method": "tfidf"}})
    path = place.root / "recipes" / "tiny.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), "rows": ["store:tiny"]}))
    rows = [
        Incoming(StoredRow(r["id"], {"subject": r["subject"], "body": r["body"]}, "f:1"), r["label"] if i % 2 else None)
        for i, r in enumerate(few_rows)
    ]
    Labels(store_of(place), "tiny").add(rows)
    return recipes.load(place, name)


def champion(place: Home, recipe: Recipe) -> str:
    run = runs.begin(place, recipe)
    sides = divide(run, validate_rows(run).dropped_labels)
    with in_this_process():
        version = train(run, sides, "tfidf", 0, lambda event: None).version
    registry.promote(place.models, recipe.name, version, run.id, "the first")
    return version


def test_the_door_offers_each_order() -> None:
    """It names them itself, since it loads nothing heavy."""
    assert get_args(Order) == ORDERS


def test_before_there_is_a_champion_mails_are_drawn_at_random(place: Home, filled: Recipe) -> None:
    """Nobody has an opinion, so no suggestion is made."""
    found = next_mails(place, filled, 12, "uncertain")
    assert len({one.row.id for one in found}) == 12
    assert all(one.drawn and one.suggestion is None for one in found)


def test_the_champion_suggests_and_a_tenth_is_drawn(place: Home, filled: Recipe) -> None:
    """Only mails without a label, each with label, confidence and version; what is labelled is not asked again."""
    version = champion(place, filled)
    found = next_mails(place, filled, 20, "uncertain")
    labels = Labels(store_of(place), "tiny")
    assert sum(one.drawn for one in found) == 2
    sure = [one.suggestion.confidence for one in found if one.suggestion and not one.drawn]
    assert len(sure) == 18 and {one.suggestion.version for one in found if one.suggestion} == {version}
    rest = [one.suggestion.confidence for one in next_mails(place, filled, 60, "uncertain") if one.suggestion]
    assert sum(sure) / len(sure) < sum(rest) / len(rest), "the least sure come first"
    labels.put(found[0].row.id, "digest", "ann", found[0].suggestion)
    assert found[0].row.id not in {one.row.id for one in next_mails(place, filled, 60, "uncertain")}
    assert labels.history(1)[0].kind in ("correction", "confirmation")


@pytest.mark.parametrize("order", ORDERS)
def test_each_order_is_a_verb_away(order: Order, place: Home, filled: Recipe) -> None:
    """With JSON for programs and a table for people."""
    champion(place, filled)
    found = CliRunner().invoke(main, ["queue", "tiny", "--order", order, "-n", "6"])
    assert found.exit_code == 0, found.output
    assert "what 6 labels" in found.output.lower() and "--into tiny" in found.output
    as_json = json.loads(CliRunner().invoke(main, ["queue", "tiny", "--order", order, "-n", "6", "--json"]).stdout)
    assert len(as_json["mails"]) == 6 and [one["label"] for one in as_json["labels"]]


def test_more_labels_make_narrower_intervals(place: Home, filled: Recipe) -> None:
    """For each label of the recipe, the widest first."""
    found = bought(place, filled, 100)
    assert [one.n_labelled for one in found] == [20, 20, 20]
    assert all(one.width_after < one.width for one in found)


def test_a_recipe_without_a_collection_says_so(place: Home, make_recipe: Callable[..., str]) -> None:
    """Files have no mails without labels."""
    recipe = recipes.load(place, make_recipe([], {"tfidf": {"method": "tfidf"}}))
    with pytest.raises(NotFoundError, match="give it rows: store:tiny"):
        next_mails(place, recipe, 5, "uncertain")
