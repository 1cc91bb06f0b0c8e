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
from avocet.byhand import user
from avocet.errors import NotFoundError
from avocet.home import Home
from avocet.process import in_this_process
from avocet.recipe import Recipe
from avocet.review import Order
from avocet.review.asking import bought, look_alikes, next_mails
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


def label_here(*words: str) -> Any:
    """What a person types at `avocet label`, a line each."""
    return CliRunner().invoke(main, ["label", "--into", "tiny"], input="".join(word + "\n" for word in words))


def test_mails_are_labelled_in_the_terminal_one_after_another(
    place: Home, filled: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enter takes the suggestion; a number, a name or its beginning says otherwise; what was seen is kept with it."""
    version = champion(place, filled)
    labels = Labels(store_of(place), "tiny")
    before = len(list(labels.labelled()))
    monkeypatch.setattr("avocet.review.asking.look_alikes", lambda *those: [])  # the next test's question
    done = label_here("", "nonsense", "2", "neu", "s", "", "u", "dig", "q")
    assert done.exit_code == 0, done.output
    assert "no such label: its number, its name or the beginning of it" in done.output
    assert "taken back, and asked again later: " in done.output and "4 labelled" in done.output
    said = labels.history(20, user())
    assert [one.kind for one in said if one.kind == "undo"] == ["undo"]
    kept = [one for one in reversed(said) if one.kind not in ("undo", "skip")]
    assert all(one.version == version and one.confidence is not None for one in kept)
    assert (kept[0].kind, kept[0].label) == ("confirmation", kept[0].predicted)
    assert [one.label for one in kept[1:3]] == [filled.labels[1], "neutral"]
    assert len(list(labels.labelled())) == before + len(kept) - 1
    taken_back = next(one.row_id for one in said if one.kind == "undo")
    for row in {one.row_id for one in kept} - {taken_back}:
        assert row not in {one.row.id for one in next_mails(place, filled, 60, "rare")}


def test_mails_that_say_the_same_can_be_labelled_at_once(place: Home, filled: Recipe) -> None:
    """Copies and near copies, not the rest of the thread; only if the person says so."""
    labels = Labels(store_of(place), "tiny")
    words = "your order has left our house today and will be with you by the end of the week as usual"
    rows = [StoredRow(f"like-{i}", {"subject": "Sent", "body": f"{words} number {i}"}, "f:1") for i in range(3)]
    rows += [
        StoredRow("answer", {"subject": "Re: Sent", "body": "Thanks for that!"}, "f:1", {"thread_id": "t"}),
        StoredRow("opener", {"subject": "Sent", "body": "Please do send it soon."}, "f:1", {"thread_id": "t"}),
    ]
    labels.add([Incoming(row) for row in rows])
    assert [row.id for row in look_alikes(place, labels, rows[0])] == ["like-1", "like-2"]
    assert look_alikes(place, labels, rows[3]) == []
    labels.put("like-1", "digest", "ann")
    assert [row.id for row in look_alikes(place, labels, rows[0])] == ["like-2"]
    typed = ["s"] * 63  # no champion: mails come in an order of chance
    for answer, wanted in (("", ["neutral"]), ("y", ["neutral", "neutral"])):
        asked = [one.row.id for one in next_mails(place, filled, 40, "rare")]
        place_of_it = next((i for i, name in enumerate(asked) if name in ("like-0", "like-2")), None)
        if place_of_it is None:
            pytest.fail("neither was asked for among the first 40")
        done = label_here(*typed[:place_of_it], "neutral", answer, "q")
        assert "1 more say nearly the same; are all neutral?" in done.output
        given = [said.label for row, said in labels.labelled() if row.id in ("like-0", "like-2")]
        assert given == wanted
        if len(given) == 1:
            labels.undo(user())


def test_what_was_labelled_as_a_look_alike_is_not_asked_again_and_is_undone_at_once(
    place: Home, filled: Recipe
) -> None:
    """Another answer would overwrite the first; one undo takes all of them back."""
    labels = Labels(store_of(place), "tiny")
    for row, _ in labels.page(1000, unlabelled=True):
        labels.put(row.id, "digest", "import")
    words = "your order has left our house today and will be with you by the end of the week as usual"
    labels.add([Incoming(StoredRow(f"like-{i}", {"subject": "Sent", "body": f"{words} {i}"}, "f:1")) for i in range(4)])
    done = label_here("neutral", "y", "digest", "digest")
    assert "4 labelled; no mail waits" in done.output
    its = {row.id: said.label for row, said in labels.labelled() if row.id.startswith("like")}
    assert its == {f"like-{i}": "neutral" for i in range(4)}
    labels.undo(user())
    left = {row.id for row, _ in labels.labelled() if row.id.startswith("like")}
    assert len(left) == 1, "the three that were labelled in one act are open again"
    assert labels.put_all(["like-0", "like-1", "like-2", "like-3"], "digest", "bob") == 3


def test_a_skip_is_remembered_and_a_discarded_mail_is_never_asked_again(place: Home, filled: Recipe) -> None:
    """The next session begins with what was not skipped; `u` takes a skip or a discard back as it does a label."""
    labels = Labels(store_of(place), "tiny")
    first, second, third = (one.row.id for one in next_mails(place, filled, 3, "rare"))
    done = label_here("s", "d", "s", "u", "q")
    assert "0 labelled" in done.output and f"taken back, and asked again later: {third}" in done.output
    states = labels.states([first, second, third])
    assert [(its.skipped, its.discarded) for its in states.values()] == [(True, False), (False, True)]
    asked = [one.row.id for one in next_mails(place, filled, 100, "rare")]
    assert (asked[-1], second in asked, len(asked)) == (first, False, 59)
    told = json.loads(CliRunner().invoke(main, ["label", first, "--discard", "--into", "tiny", "--json"]).stdout)
    assert [(one["kind"], one["row_id"]) for one in told] == [("discard", first)]
    assert first not in {one.row.id for one in next_mails(place, filled, 100, "rare")}


def test_labelling_ends_where_input_ends_and_says_when_nothing_waits(place: Home, filled: Recipe) -> None:
    """Ctrl-D loses nothing."""
    assert label_here().exit_code == 0
    labels = Labels(store_of(place), "tiny")
    for row, _ in labels.page(1000, unlabelled=True):
        labels.put(row.id, "digest", "ann")
    assert label_here().output == "0 labelled; no mail waits for a label\n"
