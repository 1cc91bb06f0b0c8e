"""Versions that travel: what comes back is what went out, and what does not fit is told."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from app.cli import main
from avocet import registry
from avocet.classifier import load
from avocet.errors import ArchiveError, BusyError, NothingToDoError, WrongUseError
from avocet.exchange import export, import_version
from avocet.home import Home
from avocet.runs import only_one
from tests.archives import files_of, pack, refused

Make = Callable[..., str]
MAIL = [{"subject": "Jobs for you", "body": "New jobs this week"}, {"subject": "a", "body": ""}]


def test_a_version_comes_back_as_it_went_and_answers_the_same(place: Home, tfidf_version: Make, tmp_path: Path) -> None:
    """To the last bit; as a candidate: no pointer, no alias."""
    tfidf_version("tfidf-1")
    before = load(place.models / "tfidf-1").scores(MAIL)
    kept = {p.name: p.read_bytes() for p in (place.models / "tfidf-1").iterdir()}
    out = export(place, "tfidf-1", tmp_path / "out.zip")
    there = Home(tmp_path / "there")
    found = import_version(there, out)
    assert (found.version, found.recipe, found.candidate) == ("tfidf-1", "tiny", "tfidf")
    assert "no recipe tiny here yet" in found.note
    assert {p.name: p.read_bytes() for p in (there.models / "tfidf-1").iterdir()} == kept
    assert np.array_equal(load(there.models / "tfidf-1").scores(MAIL), before)
    assert sorted(p.name for p in there.models.iterdir()) == ["ledger.jsonl", "tfidf-1"]
    assert [e["event"] for e in registry.ledger(there.models)] == ["imported"]
    with pytest.raises(NothingToDoError, match="is here already"):
        import_version(there, out)


def test_a_full_model_with_its_tokenizer_travels(place: Home, tiny_deberta: Path, tmp_path: Path) -> None:
    """What transformers writes is what the importer allows."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    staging = registry.new_staging(place.models)
    AutoModelForSequenceClassification.from_pretrained(tiny_deberta).save_pretrained(staging)
    AutoTokenizer.from_pretrained(tiny_deberta).save_pretrained(staging)
    labels = ["rejected", "digest", "neutral"]
    registry.write_learned_from(staging, {"train": [], "validation": []})
    info = {
        "version": "full-1", "recipe": "tiny", "candidate": "small", "method": "full", "text": "{subject} {body:.400}",
        "labels": labels, "trained_labels": labels, "base_model_id": "a/tiny", "base_revision": None, "base_digest": "0",
        "timestamp": "2026-11-01T02:00:00Z", "max_tokens": 48, "val_macro_f1": None, "val_accuracy": None, "pooled": False,
        "settings": {"method": "full", "base": "a/tiny"}, "seed": 1, "epochs_run": 1,
    }  # fmt: skip
    registry.write_info(staging, info)
    registry.seal(staging)
    registry.publish(staging, "avocet-tiny-small")
    before = load(place.models / "full-1").scores(MAIL)
    out = export(place, "full-1", tmp_path / "out.zip")
    there = Home(tmp_path / "there")
    import_version(there, out)
    assert np.array_equal(load(there.models / "full-1").scores(MAIL), before)


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_that_another_tool_packed_again_is_accepted(kind: int, place: Home, zipped: Path) -> None:
    """Compressed, in another order, without the card."""
    files = files_of(zipped)
    del files["README.md"], files["metrics.json"]
    again = pack(zipped.with_name("again.zip"), dict(reversed(files.items())), kind)
    assert import_version(place, again).version == "tfidf-1"


def test_it_fits_the_recipe_that_is_here(
    place: Home, zipped: Path, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """Labels, template, candidate, method and base."""
    make_recipe(few_rows, {"tfidf": {"method": "tfidf"}})
    assert "a candidate of tiny; the champion stays" in import_version(place, zipped).note


def test_the_same_version_is_the_same_zip_without_mail(place: Home, tfidf_version: Make, tmp_path: Path) -> None:
    """Byte for byte; with a card whose model-index the hub understands; never over another file."""
    from huggingface_hub import ModelCard

    tfidf_version("tfidf-1")
    one, two = (export(place, "tfidf-1", tmp_path / name) for name in ("1.zip", "2.zip"))
    assert one.read_bytes() == two.read_bytes() and sorted(tmp_path.glob(".*")) == []
    with pytest.raises(WrongUseError, match="is there already"):
        export(place, "tfidf-1", one)
    assert one.read_bytes() == two.read_bytes()
    files = files_of(one)
    assert set(files) == {
        "README.md", "learned_from.json", "manifest.json", "metrics.json", "tfidf.safetensors", "training_info.json"
    }  # fmt: skip
    card = ModelCard(files["README.md"].decode())
    assert card.data.model_name == "tfidf-1" and card.data.pipeline_tag == "text-classification"
    told = {result.metric_name: result.metric_value for result in card.data.eval_results or []}
    assert told == {"validation macro-F1": 0.5, "validation accuracy": 0.6, "holdout macro-F1": 0.4}
    assert "{subject} [SEP] {body:.400}" in card.text and "- `digest`" in card.text


def test_a_head_names_its_base_by_digest(place: Home) -> None:
    """It does not carry it."""
    from avocet.card import card
    from avocet.registry import Version

    info = {
        "method": "head",
        "base_model_id": "a/base",
        "base_digest": "abc",
        "recipe": "tiny",
        "trained_labels": ["x"],
    }
    numbers = dict.fromkeys(("val_macro_f1", "val_accuracy", "holdout_macro_f1"))
    told = card(Version("head-1", place.models / "head-1", info), numbers)
    assert "base_model: a/base" in told and "`a/base` is not in this folder" in told and "digest `abc`" in told


RECIPES: dict[str, tuple[dict[str, Any], str]] = {
    "other labels": ({"labels": ["rejected", "digest", "hired"]}, "its label 'neutral' is none of recipe tiny"),
    "other fields": ({"text": "{subject}"}, "its template reads body"),
    "no such candidate": ({"candidates": {"other": {"method": "tfidf"}}}, "has no candidate tfidf; it has other"),
    "another method": ({"candidates": {"tfidf": {"method": "head", "base": "a/b"}}}, "is head on a/b"),
}


@pytest.mark.parametrize("what", RECIPES)
def test_a_version_that_does_not_fit_the_recipe_is_refused(
    what: str, place: Home, zipped: Path, make_recipe: Callable[..., str]
) -> None:
    """Labels and base must match where the recipe is here."""
    changed, says = RECIPES[what]
    candidates = changed.get("candidates", {"tfidf": {"method": "tfidf"}})
    more: dict[str, Any] = {k: v for k, v in changed.items() if k != "candidates"}
    make_recipe([], candidates, **more)
    refused(place, zipped, says)


def test_another_version_of_that_name_is_kept(place: Home, zipped: Path, tfidf_version: Make) -> None:
    """Versions are immutable; an import is no way around it."""
    tfidf_version("tfidf-1", penalty=1.0)
    refused(place, zipped, "another version called tfidf-1 is here already")
    registry.verify(place.models / "tfidf-1")


def test_no_import_while_a_run_is_at_work(place: Home, zipped: Path) -> None:
    """Its sweep would take our staging for a left-over."""
    with only_one(place), pytest.raises(BusyError):
        import_version(place, zipped)


def test_the_verbs_say_it_in_one_line(place: Home, zipped: Path, tmp_path: Path) -> None:
    """With an exit code; --json is one document."""

    def avocet(*words: Any) -> Any:
        return CliRunner().invoke(main, ["models", *map(str, words)])

    (tmp_path / "bad.zip").write_bytes(b"x")
    for words, code, says in [
        (("import", tmp_path / "bad.zip"), 1, "bad.zip was refused, nothing of it was kept: it does not end"),
        (("import", tmp_path / "none.zip"), 2, "is no file"),
        (("export", "nope", tmp_path / "x.zip"), 3, "no model"),
        (("export", "../x", tmp_path / "x.zip"), 1, "is no name"),
    ]:
        done = avocet(*words)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1) and says in done.stderr
    assert json.loads(avocet("import", zipped, "--json").stdout)["version"] == "tfidf-1"
    assert avocet("import", zipped).exit_code == 3
    assert avocet("export", "tfidf-1", tmp_path / "again.zip").exit_code == 0
    assert (tmp_path / "again.zip").read_bytes() == zipped.read_bytes()
    full = avocet("export", "tfidf-1", tmp_path / "no" / "such.zip")
    assert full.exit_code == 1 and "No such file" in full.stderr


def blend(**member: Any) -> dict[str, Any]:
    """What training_info.json says of a blend of two tfidf members, and `member` of the second."""
    labels = ["rejected", "digest", "neutral"]
    one = {
        "method": "tfidf", "text": "{subject} {body:.400}", "base_model_id": "none", "base_revision": None, "base_digest": None,
        "settings": {"method": "tfidf"}, "seed": 1, "trained_labels": labels, "max_tokens": None,
    }  # fmt: skip
    return {
        **one, "version": "blend-1", "recipe": "tiny", "candidate": "blend", "method": "blend", "labels": labels,
        "settings": {"method": "blend", "of": ["a", "b"]}, "timestamp": "2026-11-01T02:00:00Z", "epochs_run": 1,
        "val_macro_f1": None, "val_accuracy": None, "members": {"a": one, "b": {**one, **member}},
        "weights": {"a": 0.5, "b": 0.5},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (blend(method="blend"), "no method here that a blend can be made of"),
        (blend(method="os"), "no method here that a blend can be made of"),
        (blend(settings={"method": "tfidf", "run": "it"}), "no settings of a method"),
        (blend(text="{body.__class__}"), "reads or answers something else"),
        (blend(trained_labels=["x", "y"]), "reads or answers something else"),
        ({**blend(), "weights": {"a": 1.0}}, "a weight for each"),
        ({**blend(), "weights": {"a": 1.0, "b": -1.0}}, "weights.b"),
        ({**blend(), "members": {}, "weights": {}}, "a blend has members"),
        ({**blend(), "members": {"../a": blend()["members"]["a"]}, "weights": {"../a": 1.0}}, "members"),
        ({**blend(), "method": "tfidf", "settings": {"method": "tfidf"}}, "nothing else has"),
    ],
)
def test_a_blends_members_are_read_as_strictly_as_it(change: dict[str, Any], why: str) -> None:
    """They are loaded with it; what is whole is taken."""
    from pydantic import ValidationError

    from avocet.travelled import Story

    assert Story.model_validate(blend()).members.keys() == {"a", "b"}
    with pytest.raises(ValidationError, match=why):
        Story.model_validate(change)


@pytest.mark.parametrize(
    ("name", "is_allowed"),
    [
        ("members/minilm/encoder/model.safetensors", True),
        ("members/tfidf/tfidf.safetensors", True),
        ("members/../tfidf.safetensors", False),
        ("members/tfidf/training_info.json", False),
        ("members/tfidf/members/a/tfidf.safetensors", False),
        ("members/tfidf.safetensors", False),
        ("members/tfidf/run.py", False),
    ],
)
def test_a_member_brings_its_model_and_nothing_else(name: str, is_allowed: bool) -> None:
    """No story of its own: that is told in the blend's."""
    from avocet.archive import allowed

    assert allowed(name) == is_allowed


@pytest.mark.parametrize(
    ("candidates", "why"),
    [
        ({"a": {"method": "tfidf"}, "c": {"method": "tfidf"}}, "member b is none of candidate blend of recipe tiny"),
        ({"a": {"method": "tfidf"}, "b": {"method": "head", "base": "x/y"}}, "it is tfidf on base none; candidate b"),
    ],
)
def test_a_blend_of_other_members_than_the_recipes_is_refused(
    candidates: dict[str, Any], why: str, place: Home, make_recipe: Callable[..., str]
) -> None:
    """Each must be what the recipe's candidate of that name is, or it would open any base on this machine."""
    from avocet import recipe as recipes
    from avocet.exchange import _fits_recipe
    from avocet.travelled import Story

    its = {**candidates, "blend": {"method": "blend", "of": list(candidates)}}
    recipe = recipes.load(place, make_recipe([], its))
    with pytest.raises(ArchiveError, match=why):
        _fits_recipe(recipe, Story.model_validate(blend()))
    same = {"a": {"method": "tfidf"}, "b": {"method": "tfidf"}, "blend": {"method": "blend", "of": ["a", "b"]}}
    _fits_recipe(recipes.load(place, make_recipe([], same)), Story.model_validate(blend()))


def test_the_card_of_a_blend_tells_what_each_member_needs(place: Home) -> None:
    """A joint member's base is not in the folder either."""
    from avocet.card import card
    from avocet.registry import Version

    members = {
        "tfidf": {"method": "tfidf", "base_model_id": "none", "base_digest": None},
        "joint": {"method": "joint", "base_model_id": "a/base", "base_digest": "abc"},
    }
    info = {"method": "blend", "base_model_id": "none", "recipe": "tiny", "trained_labels": ["x"], "members": members}
    numbers = dict.fromkeys(("val_macro_f1", "val_accuracy", "holdout_macro_f1"))
    told = card(Version("blend-1", place.models / "blend-1", info), numbers)
    assert "Its member `tfidf`: It needs no pretrained base." in told
    assert "Its member `joint`: The weights here are only its regression. Its base `a/base` is not in this" in told
