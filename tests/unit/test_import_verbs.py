"""`avocet import` and `avocet quarantine` as a person uses them: said in a line, and tried again as it was."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.data_verbs import FORMATS
from avocet.errors import WrongUseError
from avocet.home import CHECKOUT, Home
from avocet.incoming.importing import READERS, format_of
from avocet.store.database import Database, store_of
from avocet.store.labels import Labels


def avocet(*words: str) -> Any:
    return CliRunner().invoke(main, list(words))


def test_the_door_offers_each_reader() -> None:
    """It names them itself, since it loads nothing heavy."""
    assert tuple(READERS) == FORMATS


def test_the_verbs_say_it_in_a_line(place: Home, tmp_path: Path) -> None:
    """Import, look, label, undo; with JSON for programs."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "a", "subject": "first", "label": "digest"}\n{"id": "b", "subject": "second"}\nx\n')

    said = avocet("import", str(path), "--into", "tiny")
    assert said.exit_code == 0 and "took in 2 of 3: 1 with a label, 0 known already, 1 set aside" in said.output
    assert "store:tiny" in said.output and "data/quarantine/import-" in said.output
    name = json.loads(avocet("quarantine", "--json").stdout)[0]["name"]
    assert avocet("quarantine").output.splitlines()[1].split() == [name, "1"]
    assert avocet("quarantine", name).output == f"1  not JSON at column 1: Expecting value: {path}:3\n"
    assert avocet("quarantine", "../../x").exit_code == 3
    assert json.loads(avocet("import", str(path), "--into", "tiny", "--json").stdout)["added"]["n_known"] == 2
    assert [line.split() for line in avocet("mails", "--into", "tiny", "--unlabelled").output.splitlines()[1:]] == [
        ["b", "-", "second"]
    ]
    assert avocet("label", "b", "neutral", "--into", "tiny").exit_code == 0
    assert json.loads(avocet("mails", "--into", "tiny", "--json").stdout)[1]["label"] == "neutral"
    assert json.loads(avocet("label", "--undo", "--into", "tiny", "--json").stdout)[0]["kind"] == "undo"
    wrong = avocet("label", "c", "neutral", "--into", "tiny")
    assert (wrong.exit_code, wrong.stderr) == (3, "avocet: there is no row 'c' in tiny\n")
    assert "is no pair" in avocet("import", str(path), "--column", "text").stderr


def test_what_was_set_aside_is_tried_again(place: Home) -> None:
    """Once the file is mended its rows come in; what was in already is passed over; what stays wrong is told again."""
    path = place.data / "mails.jsonl"
    path.write_text('{"id": "a", "text": "one"}\n{"id": "b", "text": 7}\nnot JSON\n')
    assert avocet("import", str(path), "--into", "tiny").exit_code == 0
    name = json.loads(avocet("quarantine", "--json").stdout)[0]["name"]
    path.write_text('{"id": "a", "text": "one"}\n{"id": "b", "text": "seven"}\nnot JSON\n')
    done = avocet("quarantine", name, "--retry", "--json")
    found = json.loads(done.stdout)
    assert (found["added"]["n_new"], found["added"]["n_known"], found["n_aside"]) == (1, 1, 1)
    path.unlink()
    name = json.loads(avocet("quarantine", "--json").stdout)[0]["name"]
    gone = avocet("quarantine", name, "--retry")
    assert (gone.exit_code, "none of the 1 files of" in gone.output) == (3, True)
    (place.quarantine / "20261101t020000z-tiny-aaaa.jsonl").write_text('{"file": "f", "line": 1, "reason": "r"}\n')
    night = avocet("quarantine", "20261101t020000z-tiny-aaaa", "--retry")
    assert (night.exit_code, "is of a night, which reads its rows anew" in night.output) == (2, True)


def test_a_file_is_tried_again_as_it_was_imported(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its columns, labels and format, from wherever it is called; what is in is known, not doubled."""
    (place.data / "e.txt").write_text("message;class\nfirst words;No\nsecond words;No;\n")
    monkeypatch.chdir(place.data)
    said = ["--format", "csv", "--column", "text=message", "--column", "label=class", "--label-map", "No=rejected"]
    assert avocet("import", "e.txt", "--into", "tiny", *said).exit_code == 0
    name = json.loads(avocet("quarantine", "--json").stdout)[0]["name"]
    (place.data / "e.txt").write_text("message;class\nfirst words;No\nsecond words;No\n")
    monkeypatch.chdir(place.root)
    found = json.loads(avocet("quarantine", name, "--retry", "--json").stdout)
    assert (found["added"]["n_new"], found["added"]["n_known"], found["n_aside"]) == (1, 1, 0)
    assert [said.label for _, said in Labels(store_of(place), "tiny").labelled()] == ["rejected", "rejected"]
    assert json.loads(avocet("quarantine", "--json").stdout) == [], "nothing is left to be tried"


def test_a_message_of_a_maildir_is_tried_again(place: Home) -> None:
    """It is quarantined by its own name, which no suffix explains."""
    box = place.data / "box"
    (box / "cur").mkdir(parents=True)
    (box / "cur" / "1234.host:2,S").write_bytes(b"Subject: hi\n\n")
    (box / "cur" / "5678.host:2,S").write_bytes(b"no header at all")
    assert avocet("import", str(box), "--into", "tiny").exit_code == 0
    name = json.loads(avocet("quarantine", "--json").stdout)[0]["name"]
    (box / "cur" / "5678.host:2,S").write_bytes(b"Subject: words\n\nof its own\n")
    assert "took in 1 of 2: 0 with a label, 1 known already" in avocet("quarantine", name, "--retry").output


def test_an_import_that_is_killed_is_run_again(
    database: Database, place: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL at any moment: nothing is lost and nothing doubled, on both kinds of store."""
    monkeypatch.setenv("AVOCET_DATABASE", database.url)
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"id": "r{i}", "subject": "mail {i}", "label": "digest"}}\n' for i in range(4000)))
    store = Labels(database, "tiny")
    words = [sys.executable, "-c", "from app.cli import main; main()", "import", str(path), "--into", "tiny"]
    kills = 0
    for wait in (0.0, 0.05, 0.2):
        child = subprocess.Popen(words, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
        before = store.count()
        deadline = time.monotonic() + 60
        while child.poll() is None and store.count() == before and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(wait)
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            kills += 1
        child.wait()
        assert store.count() % 500 == 0 and len(store.history(n=10**6)) == store.count()
    assert kills, "no kill came before the import was done"
    subprocess.run(words, cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    assert {row.id for row, _ in store.labelled()} == {f"r{i}" for i in range(4000)}
    assert len(store.history(n=10**6)) == 4000


def test_a_kind_that_cannot_be_told_is_asked_for(tmp_path: Path) -> None:
    """One line that names the choices."""
    (tmp_path / "a.bin").write_bytes(b"\x00")
    with pytest.raises(WrongUseError, match="say --format, one of jsonl, csv"):
        format_of(tmp_path / "a.bin")
