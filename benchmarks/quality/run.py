"""Our champion beside each single method and each peer, on test rows that no run has seen.

`python benchmarks/quality/run.py OUT.jsonl --sets sa_mailbox it_tickets banking77 --seeds 0 1 2` runs the whole flow on each set's
501 rows in a home of its own, scores every version on the test rows, and runs the peers (which learn from all
501 rows; the champion leaves a fifth of them to the gate). `--table` prints what OUT.jsonl holds as Markdown.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import sets  # beside this file

PEERS = ("svc", "logistic", "document0")


def main() -> None:
    """Run what OUT does not hold yet, or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--sets", nargs="+", choices=sets.NAMES, default=list(sets.NAMES))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--setfit", metavar="PYTHON", help="interpreter of an environment that has SetFit")
    parser.add_argument("--steps", type=int, default=500, help="of SetFit; its default epoch takes hours here")
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.table:
        print(table(read(asked.out)))
        return
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    done = {(r["peer"], r["set"], r["seed"]) for r in read(asked.out)}
    for name in asked.sets:
        for seed in asked.seeds:
            if ("champion", name, seed) not in done:
                write(asked.out, flow(name, seed))
            for peer in asked.peers:
                if (peer, name, seed) not in done:
                    write(asked.out, [peer_alone(sys.executable, peer, name, seed)])
            if asked.setfit and ("setfit", name, seed) not in done:
                write(asked.out, [peer_alone(asked.setfit, "setfit", name, seed, "--steps", str(asked.steps))])


def read(path: Path) -> list[dict[str, Any]]:
    """The figures so far."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write(path: Path, found: list[dict[str, Any]]) -> None:
    """Add figures; each line is told as it comes."""
    with path.open("a") as out:
        for figures in found:
            print(json.dumps(figures), flush=True)
            out.write(json.dumps(figures) + "\n")


def peer_alone(python: str, *arguments: Any) -> dict[str, Any]:
    """One peer in a process of its own."""
    script = Path(__file__).with_name("peers.py")
    run = subprocess.run([python, str(script), *map(str, arguments)], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
    return found


def flow(name: str, seed: int) -> list[dict[str, Any]]:
    """The flow, and each version that it made on the test rows; cost of the whole flow stands with the champion."""
    with tempfile.TemporaryDirectory(prefix="avocet-bench-") as folder:
        home = Path(folder)
        (home / "recipes").mkdir()
        (home / "recipes" / f"{name}.yaml").write_text(sets.recipe(name, seed))
        os.environ["AVOCET_HOME"] = str(home)
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        script = [sys.executable, str(sets.CHECKOUT / "flows" / "finetune.py"), name]
        run = subprocess.run(script, check=False, capture_output=True, text=True)
        took, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if run.returncode not in (0, 5):
            raise SystemExit(f"{name}: exit code {run.returncode}\n{run.stderr[-2000:]}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        cost = {"cpu_s": cpu, "wall_s": took, "peak_gib": after.ru_maxrss / 2**20}
        return _versions(home, name, seed, cost)


def _versions(home: Path, name: str, seed: int, cost: dict[str, float]) -> list[dict[str, Any]]:
    from avocet import registry
    from avocet.classifier import load
    from avocet.methods.memory import remembering
    from avocet.metrics import macro_f1

    rows, true = sets.test(name)
    champion, found = registry.champion_id(home / "models", name), []
    with remembering(home / "test-kept.sqlite"):
        for version in registry.versions(home / "models"):
            info = version.info
            said = [p.label for p in load(version.folder).classify_fields(rows)]
            figures = {"macro_f1": macro_f1(true, said, info["labels"]), "train_s": info["train_s"]}
            told = {k: info.get(k) for k in ("oof_macro_f1", "holdout_macro_f1", "chosen", "weights")}
            one = {"set": name, "seed": seed, **figures, **told}
            found.append({"peer": info["candidate"], **one})
            if version.id == champion:
                found.append({"peer": "champion", "candidate": info["candidate"], **one, **cost})
    return found


def table(figures: list[dict[str, Any]]) -> str:
    """Mean macro-F1 and spread by contestant and set, then medians of the cost."""
    by: dict[str, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for one in figures:
        by[one["peer"]][one["set"]].append(one)
    names = [name for name in sets.NAMES if any(name in its for its in by.values())]
    lines = ["| | " + " | ".join(names) + " | mean | CPU s | peak GiB |", "| --- |" + " --- |" * (len(names) + 3)]
    for peer, its in sorted(by.items(), key=lambda item: -mean(r["macro_f1"] for s in item[1].values() for r in s)):
        cells = []
        for name in names:
            scores = [r["macro_f1"] for r in its.get(name, [])]
            spread = f" ± {stdev(scores):.3f}" if len(scores) > 1 else ""
            cells.append(f"{mean(scores):.3f}{spread}" if scores else "–")
        every = mean(mean(r["macro_f1"] for r in s) for s in its.values()) if len(its) == len(names) else None
        cost = [[r[k] for s in its.values() for r in s if k in r] for k in ("cpu_s", "peak_gib")]
        shown = [f"{median(c):.1f}" if c else "–" for c in cost]
        lines.append(f"| {peer} | {' | '.join(cells)} | {f'{every:.3f}' if every else '–'} | {' | '.join(shown)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
