"""Imports in the background: told while they run, ended in every case, and nothing that was sent in stays."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from avocet.errors import NoSpaceError, NotFoundError, TooLargeError, WrongUseError
from avocet.home import Home
from avocet.incoming import jobs as module
from avocet.incoming.again import import_again
from avocet.incoming.importing import Imported
from avocet.incoming.jobs import STOPPED, Job, Jobs
from avocet.incoming.uploads import ending_of, import_upload, kind_of, plain_name
from avocet.records import Naming
from avocet.store.database import store_of
from avocet.store.labels import Added, Labels

LINES = b'{"id": "a", "subject": "s", "body": "b", "label": "x"}\n{"id": "b", "body": "c"}\nno JSON\n'


def taken_in(place: Home, content: bytes, name: str, **more: str) -> Job:
    """What comes of importing a file of this name, once it has ended."""
    jobs = Jobs(place)
    with jobs.sent(name, ending_of(name), len(content)) as upload:
        upload.write(content[:20])
        upload.write(content[20:])
        upload.close()
        kind = kind_of(upload.path, name, more.get("format"))

    def work(on_batch: Callable[[int], None]) -> Imported:
        return import_upload(place, "tiny", upload.path, name, kind, Naming(), False, on_batch)

    return ended(jobs, jobs.start(upload, work))


def ended(jobs: Jobs, job: Job) -> Job:
    for _ in range(200):
        if (found := jobs.get(job.id)).status != "running":
            return found
        time.sleep(0.05)
    raise AssertionError("it did not end")


def files(place: Home) -> list[str]:
    return sorted(p.name for p in (place.data / "incoming").rglob("*") if p.is_file())


def test_what_was_sent_in_is_taken_in_under_its_own_name_and_removed(place: Home) -> None:
    """Row by row as a file here would be; what is no row is in the quarantine, which says that there is no file to try again."""
    found = taken_in(place, LINES, "my mails.jsonl")
    assert (found.status, found.filename, found.n_read, found.n_new, found.n_labelled, found.n_aside) == (
        "done", "my mails.jsonl", 3, 2, 1, 1,
    )  # fmt: skip
    assert {row.source for row, _ in Labels(store_of(place), "tiny").page(9)} == {
        "my mails.jsonl:1",
        "my mails.jsonl:2",
    }
    assert files(place) == ["lock", "status.json"]
    assert found.quarantine is not None
    aside = json.loads((place.quarantine / f"{found.quarantine}.jsonl").read_text())
    assert (aside["file"], aside["line"]) == ("my mails.jsonl", 3)
    with pytest.raises(WrongUseError, match=r"came from my mails.jsonl, which was sent in and is not kept"):
        import_again(place, found.quarantine)
    again = taken_in(place, LINES, "my mails.jsonl")
    assert (again.n_known, again.n_new) == (2, 0)
    assert [job.id for job in Jobs(place).all()] == [again.id, found.id]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.parquet", b"no such thing", "x.parquet cannot be read as Parquet"),
        ("x.zip", b"no such thing", "x.zip cannot be unpacked"),
        ("x.json", b"{", "x.json: "),
    ],
)
def test_an_import_that_fails_says_why_without_our_paths(name: str, content: bytes, told: str, place: Home) -> None:
    """And leaves nothing."""
    found = taken_in(place, content, name)
    assert found.status == "failed" and found.error is not None and found.error.startswith(told)
    assert str(place.root) not in found.error and files(place) == ["lock", "status.json"]


def test_a_bug_ends_an_import_too(place: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Its message, which may be mail, is in no file and in no log."""
    jobs = Jobs(place)

    def work(on_batch: Callable[[int], None]) -> Imported:
        raise ValueError("Dear Ann")

    with jobs.sent("x.jsonl", ".jsonl", None) as upload:
        upload.write(b"x")
    found = ended(jobs, jobs.start(upload, work))
    assert (found.status, found.error) == ("failed", "a bug in Avocet (ValueError), nothing you did")
    assert "broke: ValueError" in caplog.text and "Ann" not in caplog.text


def test_how_far_an_import_is_can_be_asked_while_it_runs(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """By any process that sees the folder."""
    monkeypatch.setattr(module, "_TOLD_S", 0)
    jobs, seen = Jobs(place), []

    def work(on_batch: Callable[[int], None]) -> Imported:
        on_batch(7)
        seen.append(Jobs(place).all()[0])
        return Imported(9, Added(9), 0, 0, None)

    with jobs.sent("x.jsonl", ".jsonl", None) as upload:
        pass
    assert ended(jobs, jobs.start(upload, work, dry_run=True)).n_new == 9
    assert [(job.status, job.n_read, job.dry_run) for job in seen] == [("running", 7, True)]


def test_an_import_whose_program_was_killed_does_not_run_for_ever(place: Home) -> None:
    """Whoever asks next is told so, and what was sent in goes."""
    code = (
        "import sys, time; from pathlib import Path; from avocet.home import Home; from avocet.incoming.jobs import Jobs\n"
        "jobs = Jobs(Home(Path(sys.argv[1])))\n"
        "with jobs.sent('x.jsonl', '.jsonl', None) as upload: upload.write(b'secret')\n"
        "print(jobs.start(upload, lambda told: time.sleep(600)).id, flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(place.root)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert Jobs(place).get(name).status == "running" and "upload.jsonl" in files(place)
    assert {p.stat().st_mode & 0o777 for p in (place.data / "incoming").rglob("upload*")} == {0o600}
    child.send_signal(signal.SIGKILL)
    child.wait()
    found = Jobs(place).get(name)
    assert (found.status, found.error) == ("failed", STOPPED)
    assert (Jobs(place).get(name), files(place)) == (found, ["lock", "status.json"])


def test_what_is_too_large_or_breaks_off_leaves_nothing(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Announced or not; a disk that has no room for it says so before."""
    jobs = Jobs(place)
    monkeypatch.setattr(module, "MAX_BYTES", 10)
    with pytest.raises(TooLargeError, match="`avocet import FILE` has no such limit"), jobs.sent("x", "", 11):
        pass
    with pytest.raises(TooLargeError), jobs.sent("x", "", None) as upload:
        upload.write(b"x" * 10)
        upload.write(b"x")
    with pytest.raises(ConnectionError), jobs.sent("x", "", 5) as upload:
        upload.write(b"abc")
        raise ConnectionError
    monkeypatch.setattr(module, "SPARE_BYTES", 2**60)
    with pytest.raises(NoSpaceError, match="make room and send it again"), jobs.sent("x", "", 5):
        pass
    assert list((place.data / "incoming").iterdir()) == []


def test_names_of_files_are_no_paths(place: Home) -> None:
    """What a browser sends as a name may be anything; what is no import's id is none."""
    names = {
        "../../etc/passwd": "passwd",
        "C:\\mail\\x.mbox": "x.mbox",
        "a\nb\x00.csv": "a?b?.csv",
        "": "upload",
        "/": "upload",
    }
    assert {given: plain_name(given) for given in names} == names
    assert [ending_of(n) for n in ("a.CSV.GZ", "x.mbox", "x.exe", "jsonl", ".zip/x")] == [
        ".csv.gz",
        ".mbox",
        "",
        "",
        "",
    ]
    for odd in ("..", "../runs", "", "20261121t231227000000z-000g", "20261121t231227000000z-0000"):
        with pytest.raises(NotFoundError, match="there is no import"):
            Jobs(place).get(odd)


def test_the_kind_of_what_was_sent_in_is_told_by_its_name_its_beginning_or_its_sender(tmp_path: Path) -> None:
    """And where nothing tells, that is said of its name."""
    path = tmp_path / "upload"
    path.write_bytes(b"From a@b\n\n")
    assert (kind_of(path, "x", None), kind_of(path, "x", "csv")) == ("mbox", "csv")
    path.write_bytes(b"what?")
    with pytest.raises(WrongUseError, match=r"^x: its kind cannot be told; say format, one of jsonl, csv"):
        kind_of(path, "x", None)
    with pytest.raises(WrongUseError, match="format 'maildir' is none of"):
        kind_of(path, "x", "maildir")
    path.unlink()
    with pytest.raises(WrongUseError, match="x is empty"):
        kind_of(path, "x", None)
