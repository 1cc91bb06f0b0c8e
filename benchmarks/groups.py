"""Look-alike groups at size: seconds, memory, and how many planted near copies are found.

`python benchmarks/groups.py 100000 [SIMILAR]` takes the real mails of ../shared/data/sa_mailbox as originals, plants near
copies of known originals until there are that many rows, groups them, and prints one Markdown table row.
A copy has other numbers, a word in twelve replaced, and a quoted mail below it.
"""

import gzip
import json
import random
import resource
import sys
import time
from pathlib import Path
from typing import Any

from avocet import looks
from avocet.cleaning import group_key

ROWS = Path(__file__).resolve().parents[2] / "shared" / "data" / "sa_mailbox"


def main(n: int, similar: float) -> None:
    """Plant, group, count."""
    looks.SIMILAR = similar
    originals = _originals()
    rng = random.Random(1)
    words = [w for mail in originals[:200] for w in mail["body"].split()]
    rows, truth = [], []
    for i in range(n):
        number = i if i < len(originals) else rng.randrange(len(originals))
        rows.append(_row(originals[number], None if i < len(originals) else rng, words))
        truth.append(number)
    started = time.monotonic()
    found = looks.looks(rows, "{subject} [SEP] {body:.400}")
    looked = time.monotonic()
    groups = looks.group(found)
    done = time.monotonic()
    first = {number: groups[number] for number in range(len(originals))}
    planted = [(groups[i], first[truth[i]]) for i in range(len(originals), n)]
    recall = sum(a == b for a, b in planted) / max(len(planted), 1)
    apart = len(set(groups[: len(originals)])) / min(len(originals), n)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print("| rows | similar | looks, s | groups, s | peak, GiB | copies found | originals still apart |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(
        f"| {n} | {similar} | {looked - started:.0f} | {done - looked:.0f} | {peak:.2f} | {recall:.4f} | {apart:.3f} |"
    )


def _originals() -> list[dict[str, str]]:
    found = []
    for name in ("test.jsonl.gz", "more.jsonl.gz"):
        with gzip.open(ROWS / name, "rb") as lines:
            found += [json.loads(line) for line in lines]
    return [mail for mail in found if len(mail["body"].split()) >= 30]


def _row(mail: dict[str, str], rng: random.Random | None, words: list[str]) -> dict[str, Any]:
    body = mail["body"]
    if rng is not None:
        parts = [rng.choice(words) if rng.random() < 1 / 12 else part for part in body.split(" ")]
        body = " ".join(parts).replace("1", str(rng.randrange(100))) + "\n\nOn Mon, 3 Aug 2002, Ann wrote:\n> no\n"
    fields = {"subject": mail["subject"], "body": body}
    return {"fields": fields, "more": {}, "headers": {}, "key": group_key(body + mail["subject"])}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, float(sys.argv[2]) if len(sys.argv) > 2 else looks.SIMILAR)
