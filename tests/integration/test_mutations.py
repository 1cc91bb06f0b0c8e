"""Bugs planted outside of gate.py (those inside are in tests/unit/test_gate.py): the named test finds each of them."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from avocet.home import CHECKOUT

BUGS = {
    "a stored score is compared": (
        "avocet/scorecard.py", "macro_f1=macro_f1(true, predicted, labels)", "macro_f1=0.99", "test_scoring.py",
    ),
    "holdout rows are learned from": (
        "avocet/methods/job.py", 'if row["side"] == side and row["label"] in place', 'if row["label"] in place', "test_scoring.py",
    ),
    "learned rows are judged": (
        "avocet/benchmark.py", "overlap = sum(not learned.isdisjoint(its) for its in keys)", "overlap = 0", "test_scoring.py",
    ),
    "a failed promotion counts as one": (
        "avocet/promotion.py", "except AvocetError as e:", "except AvocetError as e:\n            return verdict", "test_decision.py",
    ),
    "the gate is believed untested": ("avocet/decision.py", "if harm is not None:", "if False:", "test_decision.py"),
    "the self-test looks away": ("avocet/selftest.py", "is not wanted:", "is None:", "test_decision.py"),
    "a NaN is a score": ("avocet/metrics.py", "if not np.isfinite(found).all():", "if False:", "test_metrics.py"),
    "look-alikes are torn apart": ("avocet/looks.py", "pairs = np.concatenate([_linked(looks), _similar(looks)])", "pairs = _array([])", "test_looks.py"),
    "a known row moves": ("avocet/splits.py", "if m.row_id in known_rows}", "if False}", "test_splits.py"),
    "what was learned from enters the holdout": ("avocet/splits.py", 'claims |= {"train"} if learned', 'claims |= {"train"} if False', "test_splits.py"),
    "folds tear groups apart": ("avocet/folds.py", "names, groups)]", "names, range(len(names)))]", "test_crossfit.py"),
    "the bootstrap forgets the pairs": ("avocet/evidence.py", "_macro_f1(weights, keys, 1, outside)", "_macro_f1(weights[::-1], keys, 1, outside)", "test_evidence.py"),
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the unit tests need of this checkout, to be damaged."""
    root = tmp_path_factory.mktemp("mutants") / "checkout"
    for name in ("avocet", "expectations", "tasks", "flows", "app", "tests", "recipes", "data"):
        shutil.copytree(CHECKOUT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "runs", "*.db"))
    for name in ("pyproject.toml", "prefect.yaml"):
        shutil.copy(CHECKOUT / name, root / name)
    return root


def _passes(root: Path, test: str) -> bool:
    words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/unit/{test}"]
    return subprocess.run(words, cwd=root, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str, copy: Path) -> None:
    """The file is mended afterwards, so each bug is alone."""
    file, right, wrong, test = BUGS[name]
    source = (copy / file).read_text(encoding="utf-8")
    assert source.count(right) == 1, "the code was rewritten: plant this bug anew"
    (copy / file).write_text(source.replace(right, wrong), encoding="utf-8")
    try:
        assert not _passes(copy, test)
    finally:
        (copy / file).write_text(source, encoding="utf-8")


@pytest.mark.parametrize("test", ["test_scoring.py", "test_decision.py"])
def test_without_a_bug_they_pass(test: str, copy: Path) -> None:
    """The copy itself is no reason to fail."""
    assert _passes(copy, test)
