"""Bulk classification: every row once and in order, whatever it is read from, and whatever ends a run in the middle."""

import csv
import gzip
import json
import mailbox
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pyarrow
import pytest
from pyarrow.parquet import write_table

from avocet.bulk.part import Far, names
from avocet.bulk.run import CHUNK, Order, Span, classify_all
from avocet.classifier import load
from avocet.errors import BusyError, ChildFailedError, DiskError, NotFoundError, RowsUnreadableError, WrongUseError
from avocet.home import CHECKOUT, Home
from avocet.records import Naming
from avocet.store.database import store_of
from avocet.store.labels import Incoming, Labels, StoredRow

Write = Callable[[Sequence[dict[str, str]], Path], str]
N = 3 * CHUNK + 100
TIGHT = Naming({"subject": "title", "body": "words"})


def mails(n: int) -> list[dict[str, str]]:
    """Invented ones, all different."""
    kinds = ("Unfortunately we chose another", "New jobs for you this week", "A note about the parking lot")
    return [{"id": f"m{i:05}", "subject": f"{kinds[i % 3]} {i}", "body": f"Dear {i % 97},\nbye"} for i in range(n)]


def write_json_lines(rows: Iterable[dict[str, Any]], path: Path) -> str:
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    return str(path)


def write_csv(rows: Sequence[dict[str, str]], path: Path) -> str:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["id", "subject", "body"])
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def write_parquet(rows: Sequence[dict[str, str]], path: Path) -> str:
    write_table(pyarrow.Table.from_pylist(list(rows)), path)
    return str(path)


def _message(row: dict[str, str]) -> bytes:
    return f"Message-ID: <{row['id']}@x>\nSubject: {row['subject']}\n\n{row['body']}\n".encode()


def write_folder(rows: Sequence[dict[str, str]], path: Path) -> str:
    path.mkdir()
    for row in rows:
        (path / f"{row['id']}.eml").write_bytes(_message(row))
    return str(path)


def write_mbox(rows: Sequence[dict[str, str]], path: Path) -> str:
    path.write_bytes(b"".join(b"From x\n" + _message(row) + b"\n" for row in rows))
    return str(path)


def write_maildir(rows: Sequence[dict[str, str]], path: Path) -> str:
    box = mailbox.Maildir(path)
    for row in rows:
        (path / "cur" / row["id"]).write_bytes(_message(row))
    box.close()
    return str(path)


@pytest.fixture
def version(place: Home, tfidf_version: Callable[..., str]) -> Path:
    return place.models / tfidf_version("tfidf-1")


@pytest.fixture
def order(version: Path, tmp_path: Path) -> Callable[..., Order]:
    def make(*sources: str, out: str = "out.jsonl", **more: Any) -> Order:
        return Order(sources, tmp_path / out, version, **more)

    return make


@pytest.fixture
def source(tmp_path: Path) -> str:
    return write_json_lines(mails(N), tmp_path / "in.jsonl")


def answers(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def killed(order: Order, after: int, n_processes: int = 1) -> None:
    """A process of its own that is killed with -9 once `after` rows are written."""
    code = f"""if __name__ == "__main__":
    import os, signal
    from pathlib import Path
    from avocet.bulk.run import Order, classify_all
    from avocet.home import home
    end = lambda n: n >= {after} and os.kill(os.getpid(), signal.SIGKILL)
    order = Order({order.sources!r}, Path({str(order.out)!r}), Path({str(order.version)!r}), n_processes={n_processes})
    classify_all(home(), order, end)"""
    script = order.out.with_name("killed.py")
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    assert subprocess.run([sys.executable, str(script)], env=environment, timeout=200).returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("write", "name", "n"),
    [
        (write_json_lines, "in.jsonl", 1200), (write_csv, "in.csv", 1200), (write_parquet, "in.parquet", 1200),
        (write_folder, "in", 600), (write_mbox, "in.mbox", 600), (write_maildir, "in", 600),
    ],
)  # fmt: skip
def test_every_row_is_answered_once_and_in_order(
    place: Home, order: Callable[..., Order], tmp_path: Path, write: Write, name: str, n: int
) -> None:
    """Whatever it is read from, the answers are those that the classifier gives to the same words."""
    rows = mails(n)
    asked = order(write(rows, tmp_path / name))
    assert classify_all(place, asked).n_rows == n
    found = answers(asked.out)
    assert [one["id"].strip("<>").removesuffix("@x") for one in found] == [row["id"] for row in rows]
    said = load(asked.version).classify_fields([{"subject": r["subject"], "body": r["body"]} for r in rows])
    assert [one["label"] for one in found] == [one.label for one in said]
    assert len({one["label"] for one in found}) > 1
    keys = {"id", "file", "place", "label", "confidence", "scores", "version", "engine"}
    assert {frozenset(one) for one in found} == {frozenset(keys)}
    assert not [path for path in names(asked.out) if path.exists()]
    assert asked.out.stat().st_mode & 0o777 == 0o600


def test_a_collection_of_the_store_is_answered_as_it_was_when_the_run_began(
    place: Home, order: Callable[..., Order]
) -> None:
    """By id; rows that come in while a run lies there killed are not of it, and it goes on."""
    labels = Labels(store_of(place), "post")

    def take(rows: Sequence[dict[str, str]]) -> None:
        labels.add([Incoming(StoredRow(r["id"], {"subject": r["subject"], "body": r["body"]}, "x:1")) for r in rows])

    take(mails(1200))
    asked = order("store:post")
    killed(asked, CHUNK)
    take([{"id": "a-before-all", "subject": "Later", "body": "than the run"}])
    assert classify_all(place, asked) == Far(1200, 0, asked.out.stat().st_size)
    found = answers(asked.out)
    assert [one["id"] for one in found] == [row["id"] for row in mails(1200)]
    assert found[700]["file"] == "store:post" and found[700]["place"] == 701
    with pytest.raises(NotFoundError, match="no row in the collection empty"):
        classify_all(place, order("store:empty", out="other.jsonl"))


def test_a_row_that_cannot_be_used_is_told_at_its_place_without_its_text(
    place: Home, order: Callable[..., Order], tmp_path: Path
) -> None:
    """A line for a line; nothing of what stands there is in the output."""
    good = '{"id": "a", "subject": "New jobs", "body": "secret"}'
    bad = ['{"secret', '{"subject": "secret"}', '{"id": "n", "subject": "secret", "body": 3}',
           '{"subject": "\\ud800 secret", "body": "secret"}', '["secret"]', '{"subject": " ", "body": ""}']  # fmt: skip
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join([good, *bad, "", good]) + "\n")
    asked = order(str(path))
    assert classify_all(place, asked).n_bad == len(bad)
    found = answers(asked.out)
    assert [one["place"] for one in found] == [1, 2, 3, 4, 5, 6, 7, 9]
    told = [one.get("error", "") for one in found]
    assert told[0] == told[-1] == "" and all(told[1:-1])
    assert told[2:5] == ["no field 'body'", "body is number, not text", "subject holds half a surrogate pair"]
    assert told[6] == "no word in it"
    assert "secret" not in asked.out.read_text()


def test_texts_are_written_only_where_they_are_asked_for(place: Home, order: Callable[..., Order], source: str) -> None:
    """In JSON lines as one object, in CSV as columns; a line break in a mail breaks no resuming and no row."""
    few = {"span": Span(0, 5), "with_text": True}
    classify_all(place, order(source, **few))
    classify_all(place, order(source, out="out.csv", **few))
    found = answers(order().out)
    assert found[1]["text"] == {"subject": "New jobs for you this week 1", "body": "Dear 1,\nbye"}
    with (order().out.parent / "out.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert [row["text.body"] for row in table] == [one["text"]["body"] for one in found]
    assert [row["label"] for row in table] == [one["label"] for one in found]
    assert float(table[1]["score.digest"]) == found[1]["scores"]["digest"]


@pytest.mark.parametrize("torn", [b"", b'{"id": "m00', b'{"a": 1}\n{"b"'])
def test_a_killed_run_goes_on_and_gives_the_same_bytes(
    place: Home, order: Callable[..., Order], source: str, torn: bytes
) -> None:
    """No row twice and none lost, also where the kill left a line and a half that nobody counted."""
    whole = order(source, out="whole.jsonl")
    classify_all(place, whole)
    asked = order(source)
    killed(asked, 2 * CHUNK)
    assert not asked.out.exists()
    with names(asked.out)[0].open("ab") as stream:
        stream.write(torn)
    with names(asked.out)[1].open("ab") as stream:
        stream.write(b'{"n_rows": 99')
    told: list[int] = []
    classify_all(place, asked, told.append)
    assert told == [2 * CHUNK, 3 * CHUNK, N]
    assert asked.out.read_bytes() == whole.out.read_bytes()


def test_a_part_of_something_else_is_refused(
    place: Home, order: Callable[..., Order], source: str, tfidf_version: Callable[..., str]
) -> None:
    """Another version, another input, other options: one line that says which, and the part stays."""
    asked = order(source)
    killed(asked, CHUNK)
    before = [path.read_bytes() for path in names(asked.out)[:2]]
    other = replace(asked, version=place.models / tfidf_version("tfidf-2", 3.0))
    with pytest.raises(WrongUseError, match=r"begun with another version \(it was begun by tfidf-1\)"):
        classify_all(place, other)
    with pytest.raises(WrongUseError, match="begun with another with_text; remove it"):
        classify_all(place, replace(asked, with_text=True))
    write_json_lines(mails(N + 1), Path(source))
    with pytest.raises(WrongUseError, match="begun with another input"):
        classify_all(place, asked)
    assert [path.read_bytes() for path in names(asked.out)[:2]] == before


def test_an_output_that_is_there_is_replaced_only_when_asked(
    place: Home, order: Callable[..., Order], source: str
) -> None:
    """And it stays whole until the new one is."""
    asked = order(source, span=Span(0, 10))
    asked.out.write_text("mine\n")
    with pytest.raises(WrongUseError, match="is there already; --again"):
        classify_all(place, asked)
    seen: list[str] = []
    classify_all(place, replace(asked, again=True), lambda n: seen.append(asked.out.read_text()))
    assert set(seen) == {"mine\n"} and len(answers(asked.out)) == 10


def test_two_do_not_write_one_output(place: Home, order: Callable[..., Order], source: str) -> None:
    """The second is told, and the first is not disturbed."""
    asked = order(source)

    def second(n: int) -> None:
        with pytest.raises(BusyError, match=r"another process writes .*out.jsonl.part"):
            classify_all(place, asked)

    classify_all(place, asked, second)
    assert len(answers(asked.out)) == N


def test_several_processes_give_the_same_bytes(place: Home, order: Callable[..., Order], source: str) -> None:
    """In the same order; and where the parent is killed the next run goes on."""
    one, two = order(source, out="one.jsonl"), order(source, n_processes=2)
    classify_all(place, one)
    killed(two, CHUNK, 2)
    classify_all(place, two)
    assert one.out.read_bytes() == two.out.read_bytes()


def test_a_process_that_dies_ends_the_run_with_one_line(
    place: Home, order: Callable[..., Order], tmp_path: Path, source: str
) -> None:
    """The part can be gone on with; no process is left behind."""
    asked = order(write_json_lines(mails(12 * CHUNK), tmp_path / "many.jsonl"), n_processes=2)
    mine = psutil.Process()

    def kill(n: int) -> None:
        if n == CHUNK:
            next(p for p in mine.children() if "spawn_main" in " ".join(p.cmdline())).kill()

    with pytest.raises(ChildFailedError, match="the same command goes on"):
        classify_all(place, asked, kill)
    assert not [p for p in mine.children() if "spawn_main" in " ".join(p.cmdline())]
    told: list[int] = []
    classify_all(place, replace(asked, n_processes=1), told.append)
    assert told[0] >= CHUNK and len(answers(asked.out)) == 12 * CHUNK


def test_memory_does_not_grow_with_the_rows(place: Home, order: Callable[..., Order], tmp_path: Path) -> None:
    """20,000 rows of 40 MB take no more than their first 4,000."""
    rows = ({**row, "body": row["body"] + row["id"] * 330} for row in mails(20_000))
    asked = order(write_json_lines(rows, tmp_path / "in.jsonl"))
    mine, held = psutil.Process(), dict[int, int]()
    classify_all(place, asked, lambda n: held.update({n: mine.memory_info().rss}))
    assert len(held) == 20_000 // CHUNK + 2
    late = max(rss for n, rss in held.items() if n > 4_000)
    assert late - held[4_096] < 10 * 2**20


def test_a_full_disk_is_told_in_one_line_and_the_run_goes_on_when_there_is_room(
    place: Home, order: Callable[..., Order], source: str
) -> None:
    """The disk takes the half of a chunk; the bytes are those of a run that was not disturbed."""
    asked, whole = order(source), order(source, out="whole.jsonl")
    classify_all(place, whole)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole.out.stat().st_size * 2 // 3, limits[1]))
    try:
        with pytest.raises(DiskError, match=r"writing .*out.jsonl failed: File too large; .* the same command goes on"):
            classify_all(place, asked)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    told: list[int] = []
    classify_all(place, asked, told.append)
    assert told[0] == 2 * CHUNK and asked.out.read_bytes() == whole.out.read_bytes()


@pytest.mark.parametrize(("write", "name"), [(write_json_lines, "in.jsonl"), (write_csv, "in.csv"), (write_parquet, "p.parquet")])  # fmt: skip
def test_a_part_of_the_rows_is_that_part_of_the_whole(
    place: Home, order: Callable[..., Order], tmp_path: Path, write: Write, name: str
) -> None:
    """The same lines with the same places, of one source and of two."""
    one = write(mails(N), tmp_path / name)
    for sources in ((one,), (write_mbox(mails(300), tmp_path / "a.mbox"), one)):
        whole = order(*sources, out="whole.jsonl", again=True)
        part = order(*sources, again=True, span=Span(2 * CHUNK, CHUNK))
        classify_all(place, whole)
        classify_all(place, part)
        assert answers(part.out) == answers(whole.out)[2 * CHUNK : 3 * CHUNK]


def test_a_header_that_the_template_reads(
    place: Home, order: Callable[..., Order], tmp_path: Path, tfidf_version: Callable[..., str]
) -> None:
    """A mail may do without; a record that has no such field is told."""
    version = place.models / tfidf_version("tfidf-from", text="{from} {subject}")
    lines = write_json_lines([{"from": "a@x", "subject": "New jobs"}, {"subject": "New jobs"}], tmp_path / "in.jsonl")
    asked = replace(order(lines, write_mbox(mails(1), tmp_path / "a.mbox")), version=version)
    classify_all(place, asked)
    assert [one.get("error") for one in answers(asked.out)] == [None, "no field 'from'", None]


def test_a_file_that_breaks_off_stops_the_run_where_it_does(
    place: Home, order: Callable[..., Order], tmp_path: Path
) -> None:
    """What came before it stands in the part; columns of other names are mapped."""
    lines = "".join(json.dumps({"title": f"New jobs {i}", "words": os.urandom(40).hex()}) + "\n" for i in range(4000))
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(lines.encode())[:-20_000])
    asked = order(str(path), naming=TIGHT)
    with pytest.raises(RowsUnreadableError, match="cannot be read to its end"):
        classify_all(place, asked)
    part = answers(names(asked.out)[0])
    assert len(part) >= CHUNK and not [one for one in part if "error" in one]


def test_a_plan_that_was_given_up_is_removed(place: Home, order: Callable[..., Order], source: str) -> None:
    """A month after its last shard; one that is gone on with stays."""
    from avocet.bulk import shards

    keys = []
    for name in ("old", "new"):
        its = order(source, out=place.data / name)
        keys.append(shards.make_plan(place, list(its.sources), its.out, its.version, False, False).key)
    for path in (shards.room_of(place, keys[0]), *shards.room_of(place, keys[0]).iterdir()):
        os.utime(path, (0, 0))
    assert shards.sweep(place) == [keys[0]]
    assert not shards.room_of(place, keys[0]).exists() and shards.read_plan(place, keys[1])
