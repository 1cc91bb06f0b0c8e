"""What a night costs that brings 50 new mails on 5,000 old ones, for the methods that every night runs.

`python benchmarks/night.py [OLD NEW]`: the flow on OLD mails in an empty home, then again with NEW more; CPU seconds of the
whole flow and of the candidates' training, the second night as a share of the first.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "quality"))
import sets

CANDIDATES = ("tfidf", "head", "joint")


def main() -> None:
    """Two nights, one table."""
    n_old, n_new = (int(x) for x in sys.argv[1:3]) if len(sys.argv) > 2 else (5000, 50)
    folder = sets.DATA / "it_tickets"
    rows = [row for name in ("small.jsonl", "more.jsonl.gz", "test.jsonl.gz") for row in sets.rows(folder / name)]
    assert len(rows) >= n_old + n_new, f"{len(rows)} rows are too few"
    with tempfile.TemporaryDirectory(prefix="avocet-bench-") as place:
        home = Path(place)
        (home / "recipes").mkdir()
        (home / "data").mkdir()
        text = sets.recipe("it_tickets", 0).replace(str(folder / "small.jsonl"), "data/mails.jsonl")
        kept = [x for x in text.splitlines() if not x.startswith(("  minilm:", "  blend:"))]
        (home / "recipes" / "it_tickets.yaml").write_text("\n".join(kept) + "\n")
        first = night(home, rows[:n_old])
        second = night(home, rows[: n_old + n_new])
    print("| | first night | with new mails | share |\n| --- | --- | --- | --- |")
    for name in first:
        print(f"| {name}, s | {first[name]:.1f} | {second[name]:.1f} | {second[name] / first[name]:.2f} |")


def night(home: Path, rows: list[dict[str, object]]) -> dict[str, float]:
    """CPU seconds of the flow, and seconds that each candidate trained."""
    (home / "data" / "mails.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    script = [sys.executable, str(sets.CHECKOUT / "flows" / "finetune.py"), "it_tickets"]
    run = subprocess.run(
        script, check=False, capture_output=True, text=True, env={**os.environ, "AVOCET_HOME": str(home)}
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode not in (0, 5):
        raise SystemExit(f"exit code {run.returncode}\n{run.stderr[-2000:]}")
    found = {"whole flow, CPU": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}
    for candidate in CANDIDATES:
        link = home / "models" / f"avocet-it_tickets-{candidate}"
        found[candidate] = json.loads((link / "training_info.json").read_text())["train_s"]
    found["all candidates"] = sum(found[c] for c in CANDIDATES)
    return found


if __name__ == "__main__":
    main()
