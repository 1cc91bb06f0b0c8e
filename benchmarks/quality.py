"""The champion of a recipe beside TF-IDF + logistic regression alone, on test rows that no run has seen.

`python benchmarks/quality.py sa_mailbox it_tickets` runs the flow on each recipe's rows in a home of its own, then
scores on test.jsonl.gz beside them and prints one Markdown table row a recipe.
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def main(names: list[str]) -> None:
    """Run and score each recipe."""
    print("| recipe | champion | macro-F1 | TF-IDF + LR alone | holdout said | test rows | flow, s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in names:
        with tempfile.TemporaryDirectory(prefix="avocet-bench-") as folder:
            print(_row(name, Path(folder)), flush=True)


def _row(name: str, root: Path) -> str:
    from avocet import recipe as recipes
    from avocet.classifier import load
    from avocet.home import Home
    from avocet.methods.tfidf import fit
    from avocet.metrics import macro_f1

    os.environ["AVOCET_HOME"] = str(root)
    recipe = recipes.load(Home(root), name)
    rows = (CHECKOUT / recipe.rows[0]).resolve()
    # The recipe reads its rows relative to AVOCET_HOME: the same relative path must lead to them from there.
    home = root / "home"
    home.mkdir()
    (root / "shared").symlink_to(rows.parents[2])
    os.environ["AVOCET_HOME"] = str(home)
    started = time.monotonic()
    run = subprocess.run(
        [sys.executable, str(CHECKOUT / "flows" / "finetune.py"), name], check=False, capture_output=True, text=True
    )
    took = time.monotonic() - started
    if run.returncode not in (0, 5):
        raise SystemExit(f"{name}: exit code {run.returncode}\n{run.stderr[-2000:]}")
    classifier = load(home / "models" / f"champion-{name}")
    with gzip.open(rows.parent / "test.jsonl.gz", "rb") as lines:
        test = [json.loads(line) for line in lines]
    true = [row["label"] for row in test]
    champion = [p.label for p in classifier.classify_fields([{f: row[f] for f in recipe.fields} for row in test])]

    # The peer learns from all rows that the user has, the champion from its training side only.
    train = [json.loads(line) for line in rows.read_bytes().split(b"\n") if line.strip()]
    ys = [recipe.labels.index(row["label"]) for row in train]
    peer = fit([recipe.text.format(**row) for row in train], ys, len(recipe.labels), 10.0)
    scores = peer.scores([recipe.text.format(**row) for row in test])
    alone = [recipe.labels[i] for i in scores.argmax(axis=1)]
    info = classifier.version.info
    figures = (macro_f1(true, champion, recipe.labels), macro_f1(true, alone, recipe.labels), info["holdout_macro_f1"])
    return (
        f"| {name} | {info['candidate']} | {figures[0]:.3f} | {figures[1]:.3f} | {figures[2]:.3f} "
        f"| {len(test)} | {took:.0f} |"
    )


if __name__ == "__main__":
    main(sys.argv[1:] or ["sa_mailbox", "it_tickets"])
