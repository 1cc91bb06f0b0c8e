"""Validation and near copies beside pandas, pandera, datasketch and TF-IDF: `python benchmarks/data/peers.py 10000 100000`.

In an environment that has pandera and datasketch too; neither is a dependency of Avocet. The mails are those of run.py,
with faults planted for the rules, and with near copies (a word in twelve replaced, other numbers, a quoted mail below)
of half of them. Each tool in a process of its own, from the file to what it found, with what it found of what was planted.
"""

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from run import CHECKOUT, write

BRUTE_FORCE_UP_TO = 20_000  # 100,000 have 100 times as many pairs as 10,000: a quarter of an hour
SIMILAR = 0.6  # for datasketch, as for us
COSINE = 0.7
FAULTS = ("id of another", "unlisted label", "no text", "copy", "copy but for case and numbers")
Found = dict[str, set[str]]


def main() -> None:
    """Two tables."""
    if sys.argv[1] == "--one":
        one(sys.argv[2], Path(sys.argv[3]))
        return
    if sys.argv[1] == "--plant":
        planted(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
        return
    sizes = [int(n) for n in sys.argv[1:]]
    for kind, tools, columns in (("rules", RULES, FAULTS), ("copies", COPIES, ("copies found", "originals apart"))):
        print(
            f"\n| mails | {kind} by | s | processor s | GiB | "
            + " | ".join(columns)
            + " |\n"
            + "| --- " * (5 + len(columns))
            + "|"
        )
        for n in sizes:
            with tempfile.TemporaryDirectory(prefix="avocet-peers-") as folder:
                file = Path(folder) / "mails.jsonl"
                # In a process of its own too: a child's peak begins at what its parent holds.
                subprocess.run([sys.executable, __file__, "--plant", str(file), str(n), kind], check=True)
                for tool in tools:
                    if tool != BRUTE or n <= BRUTE_FORCE_UP_TO:
                        child = [sys.executable, __file__, "--one", tool, str(file)]
                        told = subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True).stdout
                        print(f"| {n:,} | {tool} | {told.strip().splitlines()[-1]} |", flush=True)


def one(tool: str, file: Path) -> None:
    """One tool in this process; its library is loaded before the clock starts."""
    import scipy.sparse.csgraph  # noqa: F401

    work = {**RULES, **COPIES}[tool]()
    started, busy = time.monotonic(), time.process_time()
    found = work(file)
    took, busy = time.monotonic() - started, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    figures = _faults_found(file, found) if tool in RULES else _copies_found(file, found)
    print(f"{took:.1f} | {busy:.1f} | {peak:.2f} | " + " | ".join(figures))


def planted(file: Path, n: int, kind: str) -> None:
    """`n` mails, of which 1 % each have a fault, or half are near copies; `fault` and `of` say so and are not looked at."""
    write(file, n if kind == "rules" else n // 2, 1)
    rng, mails = random.Random(3), [json.loads(line) for line in file.read_text().splitlines()]
    if kind == "rules":
        for fault in FAULTS:
            for at in rng.sample(range(n // 2, n), n // 100):
                if "fault" not in mails[at]:
                    mails[at] = {**mails[at], **_fault(fault, mails[rng.randrange(n // 2)]), "fault": fault}
    else:
        words = [word for mail in mails[:200] for word in mail["body"].split()]
        for i in range(n - n // 2):
            of = mails[rng.randrange(n // 2)]
            body = " ".join(rng.choice(words) if rng.random() < 1 / 12 else word for word in of["body"].split(" "))
            body = body.replace("1", str(rng.randrange(100))) + "\n\nOn Mon, 3 Aug 2026, Ann wrote:\n> no\n"
            mails.append({**of, "id": f"copy-{i}", "body": body, "from": "", "of": of["id"]})
    file.write_text("".join(json.dumps(mail) + "\n" for mail in mails))


def _fault(fault: str, other: dict[str, str]) -> dict[str, str]:
    words = {name: other[name] for name in ("subject", "body", "label")}
    return {
        "id of another": {"id": other["id"]},
        "unlisted label": {"label": "spam"},
        "no text": {"subject": " ", "body": ""},
        "copy": words,
        "copy but for case and numbers": {**words, "subject": other["subject"].upper(), "body": f"{other['body']} \n"},
    }[fault]


def _mails(file: Path) -> Iterator[dict[str, str]]:
    with file.open() as lines:
        yield from map(json.loads, lines)


def _faults_found(file: Path, found: Found) -> list[str]:
    """Of each fault, how many of the mails that have it were named by the rule for it."""
    marks = Counter(mail["fault"] for mail in _mails(file) if "fault" in mail)
    hits: Counter[str] = Counter()
    for number, mail in enumerate(_mails(file)):
        if (fault := mail.get("fault")) and {mail["id"], str(number)} & found[fault.partition(" but")[0]]:
            hits[fault] += 1
    return [f"{hits[fault]} of {marks[fault]}" for fault in FAULTS]


def _copies_found(file: Path, group_of: Any) -> list[str]:
    """Share of copies in one group with their original, and groups for each original."""
    mails = list(_mails(file))
    group = {mail["id"]: its for mail, its in zip(mails, group_of, strict=True)}
    copies = [mail for mail in mails if "of" in mail]
    originals = [mail for mail in mails if "of" not in mail]
    recall = sum(group[mail["id"]] == group[mail["of"]] for mail in copies) / len(copies)
    return [f"{recall:.3f}", f"{len({group[mail['id']] for mail in originals}) / len(originals):.3f}"]


def _avocet_rules() -> Callable[[Path], Found]:
    import great_expectations  # noqa: F401

    from avocet import recipe as recipes
    from avocet.home import Home
    from avocet.rows import read
    from expectations.validation import check

    recipe = recipes.load(Home(CHECKOUT), "demo_mail")

    def work(file: Path) -> Found:
        reading = read([(file, "mails.jsonl")], recipe.fields)
        report, _, _ = check(recipe, reading)
        by = {f"{f.rule}": set(f.where) for f in report.findings if f.rule != "labels are listed"}
        return {
            "id of another": {str(bad.line - 1) for bad in reading.unusable},
            "unlisted label": {x for f in report.findings if f.rule == "labels are listed" for x in f.where},
            "no text": by.get("text length", set()),
            "copy": by.get("exact duplicates", set()),
        }

    return work


def _frame(file: Path) -> Any:
    import pandas as pd

    mails = pd.DataFrame({k: mail[k] for k in ("id", "subject", "body", "label")} for mail in _mails(file))
    mails["text"] = mails["subject"].str.strip() + mails["body"].str.strip()
    return mails


def _pandas() -> Callable[[Path], Found]:
    import pandas  # noqa: F401

    def work(file: Path) -> Found:
        mails = _frame(file)
        length = mails["text"].str.len()
        hits = {
            "unlisted label": ~mails["label"].isin(_labels()),
            "no text": (length < 1) | (length > 100_000),
            "copy": mails["text"].duplicated(),
        }
        twice = {str(i) for i in mails.index[mails["id"].duplicated()]}
        return {"id of another": twice, **{name: set(mails["id"][hit]) for name, hit in hits.items()}}

    return work


def _pandera() -> Callable[[Path], Found]:
    import pandera.pandas as pa
    from pandera.errors import SchemaErrors

    schema = pa.DataFrameSchema(
        {
            "id": pa.Column(unique=True, report_duplicates="exclude_first"),
            "label": pa.Column(checks=pa.Check.isin(_labels())),
            "text": pa.Column(checks=pa.Check.str_length(1, 100_000), unique=True, report_duplicates="exclude_first"),
        }
    )

    def work(file: Path) -> Found:
        mails = _frame(file)
        try:
            schema.validate(mails, lazy=True)
        except SchemaErrors as e:
            cases = e.failure_cases
        else:
            raise AssertionError("pandera found nothing")
        told = {(c, k): its["index"] for (c, k), its in cases.groupby(["column", "check"])}
        of = {k: {str(i) for i in its} for k, its in told.items()}
        unique, ids = "field_uniqueness", mails["id"]
        names = {k: {ids[int(i)] for i in its} for k, its in of.items()}
        length = next(its for (c, k), its in names.items() if c == "text" and k != unique)
        label = next(its for (c, k), its in names.items() if c == "label")
        return {
            "id of another": of["id", unique],
            "unlisted label": label,
            "no text": length,
            "copy": names["text", unique],
        }

    return work


def _labels() -> list[str]:
    from avocet import recipe as recipes
    from avocet.home import Home

    return list(recipes.load(Home(CHECKOUT), "demo_mail").labels)


def _avocet_copies() -> Callable[[Path], Any]:
    import rensa  # noqa: F401

    from avocet.looked import looks_of
    from avocet.looks import group

    template = "{subject} [SEP] {body:.400}"

    def work(file: Path) -> Any:
        rows = (
            {"fields": {k: mail[k] for k in ("subject", "body")}, "more": {}, "headers": {"from": mail["from"]}}
            for mail in _mails(file)
        )
        return group(list(looks_of(rows, template)))

    return work


def _words(file: Path) -> list[list[str]]:
    import re

    return [re.findall(r"\w+", f"{mail['subject']} {mail['body']}".lower()) for mail in _mails(file)]


def _datasketch() -> Callable[[Path], Any]:
    from itertools import pairwise

    from datasketch import MinHash, MinHashLSH

    def work(file: Path) -> Any:
        lsh, edges, n = MinHashLSH(threshold=SIMILAR, num_perm=128), [], 0
        for i, words in enumerate(_words(file)):
            signature = MinHash(num_perm=128)
            signature.update_batch([f"{a} {b}".encode() for a, b in pairwise(words)])
            edges += [(i, j) for j in lsh.query(signature)]
            lsh.insert(i, signature)
            n = i + 1
        return _connected(edges, n)

    return work


def _brute_force() -> Callable[[Path], Any]:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    def work(file: Path) -> Any:
        terms = TfidfVectorizer().fit_transform(f"{mail['subject']} {mail['body']}" for mail in _mails(file))
        edges: list[tuple[int, int]] = []
        for start in range(0, terms.shape[0], 500):
            near = (terms[start : start + 500] @ terms.T).tocoo()
            close = near.data >= COSINE
            edges += zip((near.row[close] + start).tolist(), near.col[close].tolist(), strict=True)
        return _connected(edges, int(np.int64(terms.shape[0])))

    return work


def _connected(edges: list[tuple[int, int]], n: int) -> Any:
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1].tolist()


BRUTE = "TF-IDF, all pairs"
RULES: dict[str, Callable[[], Callable[[Path], Any]]] = {
    "avocet": _avocet_rules,
    "pandera": _pandera,
    "pandas": _pandas,
}
COPIES: dict[str, Callable[[], Callable[[Path], Any]]] = {
    "avocet, MinHash": _avocet_copies,
    "datasketch, MinHashLSH": _datasketch,
    BRUTE: _brute_force,
}

if __name__ == "__main__":
    main()
