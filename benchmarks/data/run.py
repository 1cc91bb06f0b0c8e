"""Time and peak memory of import, validate and split by number of mails: `python benchmarks/data/run.py 10000 100000 1000000`.

Each size in an empty home, each stage in a process of its own: mails of the invented demo, with numbers and words changed
so that none is a copy, about 1,700 characters each. "again" imports the same file once more, "grown" is a night with 100
mails more. A cell holds seconds, seconds of processor (what is left where others use the machine too), and GiB at most.
The slopes are of the logarithms of processor seconds, from each size to the next: 1 grows like the number of mails.
"""

import argparse
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
STAGES = ("import", "again", "validate", "split", "grow", "validate", "split")
SHOWN = ("import", "again", "validate", "split", "grown: validate", "split")
N_NEW = 100


def main() -> None:
    """The table, then the slopes."""
    asked = argparse.ArgumentParser()
    asked.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    asked.add_argument("--stage", nargs=2)  # what a child is asked: which one, in which home
    given = asked.parse_args()
    if given.stage:
        stage(given.stage[0], Path(given.stage[1]))
        return
    print("| mails | " + " | ".join(SHOWN) + " |\n" + "| --- " * 7 + "|")
    took: dict[int, list[float]] = {}
    for n in given.sizes:
        with tempfile.TemporaryDirectory(prefix="avocet-bench-") as folder:
            found = of_size(n, Path(folder))
            took[n] = [busy for _, busy, _ in found]
            print(
                f"| {n:,} | " + " | ".join(f"{s:.1f}, {busy:.1f}, {gib:.2f}" for s, busy, gib in found) + " |",
                flush=True,
            )
    for a, b in zip(given.sizes, given.sizes[1:], strict=False):
        slopes = [math.log(y / x) / math.log(b / a) for x, y in zip(took[a], took[b], strict=True)]
        print(f"| slope {a:,} to {b:,} | " + " | ".join(f"{slope:.2f}" for slope in slopes) + " |")


def of_size(n: int, folder: Path) -> list[tuple[float, float, float]]:
    """(seconds, seconds of processor, GiB at most) of each stage with `n` mails, but for the 100 that come in between."""
    (folder / "recipes").mkdir()
    recipe = (CHECKOUT / "recipes" / "demo_mail.yaml").read_text().replace("data/demo_mail.jsonl", "store:demo_mail")
    (folder / "recipes" / "demo_mail.yaml").write_text(recipe)
    write(folder / "mails.jsonl", n, 1)
    write(folder / "more.jsonl", N_NEW, 2)
    found = []
    for name in STAGES:
        child = [sys.executable, __file__, "--stage", name, str(folder)]
        out = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True).stdout
        if name != "grow":
            seconds, busy, gib = json.loads(out.strip().splitlines()[-1])
            found.append((seconds, busy, gib))
    return found


def stage(name: str, folder: Path) -> None:
    """One stage in this process; Great Expectations is loaded before the clock starts."""
    os.environ["AVOCET_HOME"] = str(folder)
    import great_expectations  # noqa: F401

    from avocet.home import Home

    work = _work(name, Home(folder.resolve()))
    started, busy = time.monotonic(), time.process_time()
    work()
    took = [time.monotonic() - started, time.process_time() - busy]
    print(json.dumps([*took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))


def _work(name: str, place: Any) -> Callable[[], object]:
    """What a stage does."""
    from avocet import recipe as recipes
    from avocet import runs
    from avocet.incoming.importing import import_files
    from avocet.records import Naming
    from avocet.sides import divide
    from expectations.validation import validate_rows

    if name in ("import", "again", "grow"):
        file = place.root / ("more.jsonl" if name == "grow" else "mails.jsonl")
        return lambda: import_files(place, "demo_mail", [file], Naming())
    if name == "validate":
        run = runs.begin(place, recipes.load(place, "demo_mail"))
        return lambda: validate_rows(run)
    last = max(place.runs.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    dropped = tuple(json.loads((last / "data_report.json").read_text())["dropped_labels"])
    return lambda: divide(runs.Run(last.name, place, recipes.load(place, "demo_mail")), dropped)


def write(path: Path, n: int, seed: int) -> None:
    """Mails like the demo's, each with words of its own."""
    rng = random.Random(seed)
    rows = [json.loads(line) for line in (CHECKOUT / "data" / "demo_mail.jsonl").read_text().splitlines()]
    words = sorted({word for row in rows for word in row["body"].split()})
    with path.open("w") as out:
        for i in range(n):
            row = rng.choice(rows)
            body = row["body"] + "\n" + " ".join(rng.choices(words, k=100))
            mail = {
                "id": f"m{seed}-{i}",
                "subject": f"{row['subject']} {rng.choice(words)}",
                "body": body,
                "label": row["label"],
            }
            out.write(json.dumps({**mail, "from": f"p{rng.randrange(n)}@example.org"}) + "\n")


if __name__ == "__main__":
    main()
