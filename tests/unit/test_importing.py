"""Taking mails in: every good one is kept, every bad one explained, and nothing comes twice."""

import gzip
import json
import mailbox
import os
import shutil
import tracemalloc
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from avocet.errors import RowsUnreadableError, WrongUseError
from avocet.home import CHECKOUT, Home
from avocet.incoming import exports, mailboxes
from avocet.incoming.importing import READERS, Imported, format_of, import_files
from avocet.incoming.items import Items
from avocet.incoming.mailboxes import message
from avocet.records import Naming
from avocet.store.database import store_of
from avocet.store.labels import Added, Labels

DIRTY = CHECKOUT.parent / "shared" / "data" / "dirty_visible"
Import = Callable[..., Imported]


@pytest.fixture
def taken(place: Home) -> Import:
    def run(*paths: Path, **how: Any) -> Imported:
        kind, dry_run = how.pop("kind", None), how.pop("dry_run", False)
        return import_files(place, "tiny", paths, Naming(**how), kind, dry_run)

    return run


def mail(n: int, **headers: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["From"] = f"Mail {n}", "Ann <ann@example.org>"
    message["Message-ID"], message["Date"] = f"<m{n}@example.org>", "Mon, 02 Nov 2026 10:00:00 +0100"
    for name, text in headers.items():
        message[name.replace("_", "-")] = text
    message.set_content(f"Hello number {n},\nbest")
    return bytes(message)


def labels(place: Home) -> dict[str, str | None]:
    return {row.id: said.label for row, said in Labels(store_of(place), "tiny").settled()}


def aside(place: Home, found: Imported) -> list[tuple[int, str]]:
    assert found.quarantine
    lines = (place.root / found.quarantine).read_text().splitlines()
    return [(json.loads(line)["line"], json.loads(line)["reason"]) for line in lines]


def test_json_lines_with_good_and_bad_ones(place: Home, tmp_path: Path, taken: Import) -> None:
    """Labels are optional; headers and all texts are kept; a second import changes nothing."""
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"subject": "s", "body": "b", "label": "digest", "id": 7, "from": "ann", "thread_id": 3, "note": "n", "n": 1}\n'
        '{"text": "only text"}\n\n{"label": "digest"}\n{"subject": "s"\n{"subject": "   "}\n'
    )
    found = taken(path)
    assert (found.n_read, found.added, found.n_aside) == (5, Added(n_new=2, n_labelled=1), 3)
    row = Labels(store_of(place), "tiny").row("7")
    assert (row.fields, row.headers) == ({"subject": "s", "body": "b", "note": "n"}, {"from": "ann", "thread_id": "3"})
    assert [place for place, _ in aside(place, found)] == [4, 5, 6]
    again = taken(path)
    assert (again.added, labels(place)) == (Added(n_known=2), {"7": "digest"})


def test_csv_with_other_names_and_labels(place: Home, tmp_path: Path, taken: Import) -> None:
    """Semicolons, a byte order mark, quoted line breaks; a broken record costs itself only."""
    path = tmp_path / "a.csv"
    path.write_bytes(
        '\ufeffmessage;class;key\n"Grüße,\nAnn";Rejected;k1\nx;y\nplain;;k3\n'.encode() + b"caf\xe9;Rejected;k4\n"
    )
    found = taken(path, columns={"text": "message", "label": "class", "id": "key"}, labels={"Rejected": "rejected"})
    assert labels(place) == {"k1": "rejected"}
    assert Labels(store_of(place), "tiny").row("k1").fields["text"] == "Grüße,\nAnn"
    assert (found.added.n_new, aside(place, found)) == (
        2, [(4, "2 columns, the first line names 3"), (6, "not UTF-8: save it as UTF-8")],
    )  # fmt: skip
    with pytest.raises(WrongUseError, match="names no column 'massage'"):
        taken(path, columns={"text": "massage"}, needed=frozenset(["massage"]))


@pytest.mark.parametrize("name", ["a.csv.gz", "a.tsv.gz", "A.CSV.GZ"])
def test_a_packed_table_is_read_as_one(name: str, place: Home, tmp_path: Path, taken: Import) -> None:
    """What it is stands below its .gz; a line without an end takes no more memory than a line may, and no row along."""
    path = tmp_path / name
    rows = ["text\tlabel", "hello there\tdigest", "and more\t", "x" * 9_000_000, "the last one\t"]
    path.write_bytes(gzip.compress("\n".join(rows).encode()))
    found = taken(path)
    assert (format_of(path), found.added) == ("csv", Added(n_new=3, n_labelled=1))
    assert aside(place, found)[0][0] == 4
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RowsUnreadableError, match="to its end"):
        taken(path)
    path.write_bytes(gzip.compress(b'{"text": "a line"}\n'))
    assert format_of(path.rename(tmp_path / "a.jsonl.gz")) == "jsonl"


@pytest.mark.parametrize("kind", ["mbox", "maildir", "folder", "eml"])
def test_mail_as_mail_programs_keep_it(kind: str, place: Home, tmp_path: Path, taken: Import) -> None:
    """Subject, body, sender and thread; the id is the Message-ID; by whichever way, it is the same mail."""
    mails = [
        mail(1),
        mail(2, In_Reply_To="<m1@example.org>", X_Gmail_Labels="Inbox,Jobs/No"),
        mail(3, X_Gmail_Labels="Chat"),
    ]
    path = tmp_path / ("a.mbox" if kind == "mbox" else "mails")
    if kind == "mbox":
        box: Any = mailbox.mbox(path)
    else:
        box = mailbox.Maildir(path) if kind == "maildir" else None
    if box is not None:
        for raw in mails:
            box.add(raw)
        box.close()
    else:
        path.mkdir()
        for i, raw in enumerate(mails):
            (path / f"{i}.eml").write_bytes(raw)
    paths = sorted(path.glob("*.eml")) if kind == "eml" else [path]
    assert {format_of(one) for one in paths} == {kind}
    found = taken(*paths, labels={"Jobs/No": "rejected"})
    assert (found.added, found.n_aside, labels(place)) == (
        Added(n_new=2, n_labelled=1),
        1,
        {"m2@example.org": "rejected"},
    )
    assert aside(place, found)[0][1] == "a chat, no mail"
    row = Labels(store_of(place), "tiny").row("m2@example.org")
    assert row.fields == {"subject": "Mail 2", "body": "Hello number 2,\nbest", "date": "2026-11-02T10:00:00+01:00"}
    assert row.headers == {
        "from": "Ann <ann@example.org>",
        "message_id": "<m2@example.org>",
        "in_reply_to": "<m1@example.org>",
    }
    (tmp_path / "again.mbox").write_bytes(b"From x\n" + mail(1))
    assert taken(tmp_path / "again.mbox").added == Added(n_known=1)


def test_a_dry_run_counts_and_writes_nothing(place: Home, tmp_path: Path, taken: Import) -> None:
    """The same counts as the import that follows."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"subject": "s", "label": "digest"}\n{"subject": "s", "label": "digest"}\n[]\n')
    dry = taken(path, dry_run=True)
    assert Labels(store_of(place), "tiny").count() == 0 and not place.quarantine.exists()
    real = taken(path)
    assert (dry.n_read, dry.added, dry.n_twice, dry.n_aside) == (real.n_read, real.added, real.n_twice, real.n_aside)


@pytest.mark.skipif(not DIRTY.is_dir(), reason="the awkward inputs of ../shared/data are not on this machine")
@pytest.mark.parametrize("kind", ["mails", "json"])
def test_real_awkward_inputs_all_come_to_something(kind: str, place: Home, tmp_path: Path, taken: Import) -> None:
    """Each is taken in or set aside with a reason; what JSON calls broken is set aside, and every good line around it stays."""
    if kind == "mails":
        for file in (DIRTY / "cpython_test_email").glob("*.txt"):
            (tmp_path / f"{file.stem}.eml").write_bytes(file.read_bytes())
        found = taken(tmp_path)
        assert found.n_read == found.added.n_new + found.n_twice + found.n_aside == 48
        assert found.added.n_new + found.n_twice >= 45, aside(place, found)
        assert {why for _, why in aside(place, found)} == {"no word in it"}
        return
    good = b'{"subject": "good %d"}'
    for n, file in enumerate(sorted((DIRTY / "json_test_suite").rglob("n_*.json"))):
        raw = file.read_bytes().replace(b"\n", b" ")
        for at in range(3):
            lines = [good % (3 * (3 * n + at) + i) for i in range(3)]
            path = tmp_path / f"{n}-{at}.jsonl"
            path.write_bytes(b"\n".join([*lines[:at], raw, *lines[at:]]))
            found = taken(path)
            assert found.added.n_new == 3, file.name
            assert (
                not raw.removeprefix(b"\xef\xbb\xbf").strip()
                or [place for place, _ in aside(place, found)][-1] == at + 1
            ), file.name


def test_two_mails_under_one_message_id_are_two(place: Home, tmp_path: Path, taken: Import) -> None:
    """In one import and in two; the same mail twice is one."""
    first, other = mail(1), mail(1).replace(b"Hello number 1", b"Something else")
    for name, raw in (("a", first), ("b", other), ("c", first)):
        (tmp_path / f"{name}.eml").write_bytes(raw)
    found = taken(tmp_path)
    assert (found.added.n_new, found.n_twice) == (2, 1)
    (tmp_path / "d.eml").write_bytes(mail(1).replace(b"Hello number 1", b"A third"))
    assert taken(tmp_path / "d.eml").added == Added(n_new=1)
    assert taken(tmp_path).added == Added(n_known=3)


LABEL_STUDIO = [
    {"id": 1, "data": {"text": "one"}, "annotations": [{"result": [{"value": {"choices": ["digest"]}}], "updated_at": "2026-11-02T10:00:00Z"}]},
    {"id": 2, "data": {"text": "two"}, "annotations": [{"result": [{"value": {"choices": [x]}}]} for x in ("digest", "neutral")]},
    {"id": 3, "data": {"text": "three"}, "annotations": [{"was_cancelled": True, "result": [{"value": {"choices": ["digest"]}}]}]},
    {"id": 4, "data": {}, "annotations": []},
]  # fmt: skip
JSON_MIN = [{"id": 1, "text": "one", "label": "digest"}, {"id": 2, "text": "two", "label": {"choices": ["a", "b"]}}, 7]
ARGILLA = [
    {"id": "x", "fields": {"text": "one"}, "responses": {"kind": [{"value": "digest"}, {"value": "digest"}]}},
    {"id": "y", "fields": {"text": "two"}, "responses": {}, "suggestions": {"kind": {"value": "neutral"}}},
]


@pytest.mark.parametrize(
    ("records", "labelled", "n_rows", "reasons"),
    [
        (LABEL_STUDIO, {"ls-1": "digest"}, 3, ["none of subject"]),
        (JSON_MIN, {"1": "digest"}, 1, ["label is not text", "no JSON object"]),
        (ARGILLA, {"argilla-x": "digest"}, 2, []),
    ],
)
def test_what_labelling_tools_export(
    records: list[Any],
    labelled: dict[str, str],
    n_rows: int,
    reasons: list[str],
    place: Home,
    tmp_path: Path,
    taken: Import,
) -> None:
    """People's labels count where they agree; suggestions of models and cancelled ones do not."""
    path = tmp_path / "export.json"
    path.write_text(json.dumps(records))
    found = taken(path)
    assert (labels(place), found.added.n_new, found.n_aside) == (labelled, n_rows, len(reasons))
    for (_, said), why in zip(aside(place, found) if reasons else [], reasons, strict=True):
        assert said.startswith(why)


@pytest.mark.parametrize("raw", [b"{}", b"[", b"\xff", b'[{"a": NaN}]'])
def test_json_that_is_no_list_is_one_line(raw: bytes, tmp_path: Path, taken: Import) -> None:
    """It names the file and what was seen."""
    (tmp_path / "x.json").write_bytes(raw)
    with pytest.raises(RowsUnreadableError, match=r"x\.json: "):
        taken(tmp_path / "x.json")


def test_gmails_takeout(place: Home, tmp_path: Path, taken: Import) -> None:
    """The mbox within the archive, labels by Gmail's own; nothing unpacked is left behind."""
    raw = b"From 1@x Mon Nov 02 10:00:00 2026\n" + mail(1, X_Gmail_Labels="Inbox,Jobs/No") + b"\nFrom 2@x\n" + mail(2)
    with zipfile.ZipFile(tmp_path / "takeout.zip", "w") as archive:
        archive.writestr("Takeout/Mail/All mail Including Spam and Trash.mbox", raw)
        archive.writestr("Takeout/archive_browser.html", "x")
    found = taken(tmp_path / "takeout.zip", labels={"Jobs/No": "rejected"})
    assert (found.added, labels(place)) == (Added(n_new=2, n_labelled=1), {"m1@example.org": "rejected"})
    assert not list(place.data.glob("takeout-*"))
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 no zip")
    with pytest.raises(RowsUnreadableError, match="cannot be unpacked"):
        taken(tmp_path / "bad.zip")


def test_a_takeout_that_unpacks_without_end_is_refused(
    place: Home, tmp_path: Path, taken: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what comes out, of all mboxes together, before the disk is full; nothing unpacked is left behind."""
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.mbox", b"From x\n" + mail(1))
        archive.writestr("b.mbox", b"From x\n" + b"\x00" * 3 * 2**20)
        archive.writestr("c.mbox", b"From x\n" + b"\x00" * 3 * 2**20)
    assert (tmp_path / "bomb.zip").stat().st_size < 20_000
    with monkeypatch.context() as patched:
        patched.setattr(exports, "MAX_UNPACKED_BYTES", 4 * 2**20)
        with pytest.raises(
            RowsUnreadableError, match=r"bomb\.zip/c\.mbox: more than 4 MB unpacked; ask Takeout for less$"
        ):
            taken(tmp_path / "bomb.zip")
    assert Labels(store_of(place), "tiny").count() == 1  # what came before it is in
    with monkeypatch.context() as patched:
        usage = shutil.disk_usage(tmp_path)
        patched.setattr(shutil, "disk_usage", lambda path: usage._replace(free=exports.SPARE_BYTES + 2 * 2**20))
        with pytest.raises(RowsUnreadableError, match=r"does not fit on the disk \(2 MB can be used\); make room$"):
            taken(tmp_path / "bomb.zip")
    assert not list(place.data.glob("takeout-*"))


def test_a_message_without_end_in_an_mbox_costs_itself_only(
    place: Home, tmp_path: Path, taken: Import, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line of 64 MB: it is never held in memory, and the mails before and behind it are in."""
    path = tmp_path / "a.mbox"
    monkeypatch.setattr(mailboxes, "MAX_MAIL_BYTES", 2**20)
    with path.open("wb") as stream:
        stream.write(b"From x\n" + mail(1) + b"\nFrom x\nSubject: ")
        stream.seek(64 * 2**20, os.SEEK_CUR)
        stream.write(b"\n\nFrom x\n" + mail(2))
    tracemalloc.start()
    found = taken(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.added.n_new, aside(place, found)) == (2, [(2, "a message of 64 MB")])
    assert peak < 16 * 2**20


@pytest.mark.parametrize(
    ("name", "raw", "n_new", "reasons"),
    [
        ("a.jsonl", b'{"subject": "s", "references": [1, "x"], "thread_id": true}\n', 1, []),
        ("a.json", b'[{"data": {"text": "a"}, "annotations": [{"result": [{"value": "x"}]}]}]', 0, ["not as Label Studio"]),
        ("a.json", b'[{"data": {"text": "a"}, "annotations": [{"result": 5}]}]', 0, ["not as Label Studio"]),
        ("a.json", b'[{"fields": {"text": "a"}, "responses": [{"values": {}}]}]', 0, ["not as Label Studio"]),
        ("a.json", b'[{"data": {"text": "a", "label": "pre"}, "annotations": []}]', 1, []),
        ("a.csv", b"text , label\nwords,digest\n", 1, []),
        ("a.csv", b'text,label\na,"broken\nb,c\nd,e\n', 0, ["not CSV: unexpected end of data; with it went 2 more lines"]),
        ("a.csv", b"text,message,label\nwrong,right,x\n", 1, []),
    ],
)  # fmt: skip
def test_what_strangers_write_is_a_row_or_a_reason(
    name: str, raw: bytes, n_new: int, reasons: list[str], place: Home, tmp_path: Path, taken: Import
) -> None:
    """Never a traceback; a label that no person gave is none; blanks around a column's name do not hide it."""
    (tmp_path / name).write_bytes(raw)
    found = taken(tmp_path / name, **({"columns": {"text": "message"}} if b"message" in raw else {}))
    assert (found.added.n_new, found.n_aside) == (n_new, len(reasons))
    for (_, said), why in zip(aside(place, found) if reasons else [], reasons, strict=True):
        assert said.startswith(why)
    (row,) = [its for its, _ in Labels(store_of(place), "tiny").page(5)] or [None]
    if row is not None and b"right" in raw:
        assert row.fields["text"] == "right"
    if b"words," in raw:
        assert set(labels(place).values()) == {"digest"}
    if b"pre" in raw:
        assert labels(place) == {}


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.zip"])
def test_a_damaged_archive_is_one_line(name: str, tmp_path: Path, taken: Import) -> None:
    """Cut or altered in the middle; what came before it is in."""
    path = tmp_path / name
    if name.endswith("gz"):
        path.write_bytes(gzip.compress(b'{"subject": "s"}\n' * 5000))
    else:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.mbox", b"From x\n" + mail(1) + bytes(range(256)) * 2000)
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 : len(raw) // 2 + 20] = b"\xff" * 20
    path.write_bytes(raw)
    with pytest.raises(RowsUnreadableError, match="cannot be"):
        taken(path)


def test_all_that_came_before_the_damage_is_in(place: Home, tmp_path: Path, taken: Import) -> None:
    """To the last row that could be read, not to the last full batch."""
    path = tmp_path / "a.mbox"
    path.write_bytes(b"".join(b"From x\n" + mail(n) + b"\n" for n in range(700)))
    box = mailbox.mbox(path, create=False)

    def breaks_off(path: Path, shown: str, reading: Naming) -> Items:
        for number, key in enumerate(box.iterkeys(), start=1):
            yield message(box.get_bytes(key), number, shown, reading)
        raise EOFError

    with pytest.MonkeyPatch.context() as patched, pytest.raises(RowsUnreadableError, match="what came before it is in"):
        patched.setitem(READERS, "mbox", breaks_off)
        taken(path)
    assert Labels(store_of(place), "tiny").count() == 700


def test_an_id_of_another_mail_is_set_aside(place: Home, tmp_path: Path, taken: Import) -> None:
    """In the same file and in the next one: two exports that count from 1 are not one mail."""
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "one", "label": "digest"}\n{"id": 1, "text": "two"}\n')
    (tmp_path / "b.jsonl").write_text('{"id": 1, "text": "three", "label": "neutral", "labeled_at": "2099-01-01"}\n')
    for name in "ab":
        found = taken(tmp_path / f"{name}.jsonl")
        assert aside(place, found)[0][1] == "its id is another mail's here"
    assert labels(place) == {"1": "digest"}


def test_a_later_label_of_the_same_import_counts(place: Home, tmp_path: Path, taken: Import) -> None:
    """As it would in the next import; and one that comes only with the second copy is not lost."""
    lines = [
        {"id": "a", "text": "t", "label": "digest", "labeled_at": "2020-01-01"},
        {"id": "a", "text": "t", "label": "neutral", "labeled_at": "2021-01-01"},
        {"id": "b", "text": "u"},
        {"id": "b", "text": "u", "label": "rejected"},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = taken(tmp_path / "a.jsonl")
    assert (labels(place), found.n_twice, found.added.n_new) == ({"a": "neutral", "b": "rejected"}, 2, 2)


def test_a_file_that_cannot_be_read_costs_itself_only(place: Home, tmp_path: Path, taken: Import) -> None:
    """A folder called like a mail, a link to nothing, a name that is no UTF-8; the quarantine names each."""
    (tmp_path / "good.eml").write_bytes(mail(1))
    (tmp_path / "folder.eml").mkdir()
    (tmp_path / "gone.eml").symlink_to("nowhere")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.eml")).write_bytes(mail(2))
    found = taken(tmp_path)
    assert (found.added.n_new, found.n_aside) == (2, 2)
    lines = (place.root / str(found.quarantine)).read_text().splitlines()
    assert sorted(Path(json.loads(line)["file"]).name for line in lines) == ["folder.eml", "gone.eml"]
