"""Time and peak memory of import, validate and split by number of mails: `python benchmarks/data/run.py 10000 100000`.

Each size in an empty home and a process of its own: mails of the invented demo, with numbers and words changed so that
none is a copy, about 1,000 characters each. The second import of the same file shows what known rows cost, and
`grown` is a night with 100 mails more.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> None:
    """One table; with --one, one size in this process."""
    if sys.argv[1:2] == ["--one"]:
        one(int(sys.argv[2]))
        return
    print("| mails | import s | again s | validate s | split s | grown: validate s | split s | peak GiB |")
    print("| --- " * 8 + "|")
    for n in map(int, sys.argv[1:] or ["10000", "100000"]):
        run = subprocess.run([sys.executable, __file__, "--one", str(n)], check=True, capture_output=True, text=True)
        print(run.stdout.strip().splitlines()[-1], flush=True)


def one(n: int) -> None:
    """The stages on `n` mails."""
    with tempfile.TemporaryDirectory(prefix="avocet-bench-") as folder:
        os.environ["AVOCET_HOME"] = folder
        from avocet import recipe as recipes
        from avocet import runs
        from avocet.home import Home
        from avocet.incoming.importing import import_files
        from avocet.records import Naming
        from avocet.sides import divide
        from expectations.validation import validate_rows

        place = Home(Path(folder).resolve())
        (place.root / "recipes").mkdir()
        recipe = (
            (CHECKOUT / "recipes" / "demo_mail.yaml").read_text().replace("data/demo_mail.jsonl", "store:demo_mail")
        )
        (place.root / "recipes" / "demo_mail.yaml").write_text(recipe)
        mails, more = place.root / "mails.jsonl", place.root / "more.jsonl"
        write(mails, n, 1)
        write(more, 100, 2)
        took = []

        def timed(work):  # type: ignore[no-untyped-def]
            started = time.monotonic()
            found = work()
            took.append(time.monotonic() - started)
            return found

        timed(lambda: import_files(place, "demo_mail", [mails], Naming()))
        timed(lambda: import_files(place, "demo_mail", [mails], Naming()))
        for _ in range(2):
            run = runs.begin(place, recipes.load(place, "demo_mail"))
            report = timed(lambda run=run: validate_rows(run))
            timed(lambda run=run, report=report: divide(run, report.dropped_labels))
            import_files(place, "demo_mail", [more], Naming())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"| {n} | " + " | ".join(f"{s:.1f}" for s in took) + f" | {peak:.2f} |")


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
