"""The terminal's door: answers, JSON, and one line with an exit code for each mistake."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from avocet import recipe as recipes
from avocet import registry, runs
from avocet.errors import NoSpaceError
from avocet.home import Home
from avocet.sides import divide
from avocet.training import train
from expectations.validation import validate_rows


@pytest.fixture
def champion(place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]) -> str:
    """A promoted tfidf version in `place`."""
    run = runs.begin(place, recipes.load(place, make_recipe(few_rows, {"tfidf": {"method": "tfidf"}})))
    version = train(run, divide(run, validate_rows(run).dropped_labels), "tfidf", 0, lambda event: None).version
    registry.promote(place.models, "tiny", version, run.id, "promoted tfidf: a sentence")
    return version


def avocet(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=given)


def test_classify_answers_text_eml_and_json_lines(champion: str, tmp_path: Path) -> None:
    """A label and its probability a line; --json is one document with all scores and the version."""
    eml = tmp_path / "a.eml"
    eml.write_bytes(b"Subject: Jobs for you\n\nNew jobs this week")
    lines = tmp_path / "two.jsonl"
    lines.write_text('{"subject": "a", "body": "b"}\n\n{"subject": "c", "body": "d"}\n')
    one = avocet("classify", str(eml)).stdout
    label, confidence = one.split()
    assert label in ("rejected", "digest", "neutral") and 0 < float(confidence) <= 1
    assert len(avocet("classify", str(lines)).stdout.splitlines()) == 2
    found = json.loads(avocet("classify", "--json", given="Unfortunately we will not go on").stdout)
    assert (
        set(found) == {"label", "confidence", "scores", "version", "engine", "template", "abstained"}
        and found["version"] == champion
    )
    assert sum(found["scores"].values()) == pytest.approx(1)


def test_a_recipe_can_let_its_champion_abstain(
    champion: str, place: Home, make_recipe: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below its threshold an answer is called unsure; --top tells more than the best label."""
    mail = "Unfortunately we will not go on"
    assert not json.loads(avocet("classify", "--json", given=mail).stdout)["abstained"]
    make_recipe([], {"tfidf": {"method": "tfidf"}}, serve={"abstain_below": 0.9999})
    assert json.loads(avocet("classify", "--json", given=mail).stdout)["abstained"]
    words = avocet("classify", "--top", "2", given=mail).stdout.split()
    assert words[0] == "unsure" and len(words) == 5 and float(words[2]) >= float(words[4])


def test_status_and_models_know_the_champion(champion: str) -> None:
    """Document 0's status fields are there."""
    status = json.loads(avocet("status", "--json").stdout)
    assert [(c["recipe"], c["version"]) for c in status["champions"]] == [("tiny", champion)]
    (model,) = json.loads(avocet("models", "ls", "--json").stdout)
    assert {"name", "base_model", "val_macro_f1", "timestamp", "sample_count"} <= set(model) and model["champion"]
    assert champion in avocet("models").stdout and champion in avocet("status").stdout
    assert json.loads(avocet("models", "show", "avocet-tiny-tfidf", "--json").stdout)["version"] == champion


def test_each_mistake_is_one_line_and_an_exit_code(champion: str, place: Home, tmp_path: Path) -> None:
    """No traceback, nothing on standard output."""
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"subject": "a", "body": "b"}\nnope\n')
    for arguments, given, code, says in [
        (("classify", str(bad)), None, 1, "line 2: not a JSON object"),
        (("classify",), " \n", 1, "nothing to classify"),
        (("classify",), '{"subject": "a"}', 1, "no text field body"),
        (("classify",), '{"subject": "\\ud800", "body": "b"}', 1, "line 1: subject holds half a surrogate pair"),
        (("classify", str(tmp_path)), None, 1, "is a folder"),
        (("classify", "--recipe", "other"), "x", 3, "has no champion"),
        (("classify", "--model", "../x"), "x", 1, "is no name"),
        (("models", "show", "nope"), None, 3, "no model"),
        (("models", "show"), None, 2, "Missing argument"),
    ]:
        done = avocet(*arguments, given=given)
        assert (done.exit_code, done.stdout) == (code, ""), (arguments, done.output)
        assert says in done.stderr and "Traceback" not in done.stderr
    (place.models / champion / "tfidf.safetensors").write_bytes(b"rot")
    done = avocet("classify", given="x")
    assert done.exit_code == 1 and "is not the file that was sealed" in done.stderr


def test_an_empty_home_says_what_to_do_next(place: Home) -> None:
    """`make run` or `avocet train`."""
    for arguments in (("classify",), ("models",)):
        done = avocet(*arguments, given="x")
        assert done.exit_code == 3 and "make run" in done.stderr
    assert "make run" in avocet("status").stdout


def test_a_full_disk_is_told_before_anything_is_trained(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is free, what is needed, and that nothing was changed."""
    monkeypatch.setattr(runs, "SPACE_BYTES", 10**18)
    with pytest.raises(NoSpaceError, match=r"MB are free .* nothing was changed"):
        runs.begin(place, recipes.load(place, "demo_mail"))
    assert not place.runs.exists()
