"""Ways in and out over HTTP: imports, their quarantine, downloads, mailboxes, settings and recipes."""

import csv
import gzip
import io
import json
import time
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from app.cli import main
from avocet import __version__
from avocet import recipe as recipes
from avocet.home import Home
from avocet.store.database import store_of
from avocet.store.labels import Labels
from tests.nights import night, said

WORK = "/api/accounts/work"

LINES = (
    b'{"id": "a", "subject": "s", "body": "=1+1", "class": "spam"}\n{"id": "b", "subject": "t", "body": "c"}\nno JSON\n'
)
MBOX = b"From ann@example.org Mon Nov  2 10:00:00 2026\nSubject: Hello\nMessage-ID: <m/1@example.org>\n\nDear Bob\n"


@pytest.fixture
def tiny(client: TestClient, stored_recipe: str) -> TestClient:
    """The door, asked about the recipe `tiny`."""
    client.params = client.params.set("recipe", stored_recipe)
    return client


def ended(client: TestClient, answer: Any) -> dict[str, Any]:
    """The import that an answer tells of, at its end."""
    assert answer.status_code == 202, answer.text
    for _ in range(200):
        found: dict[str, Any] = client.get(answer.headers["location"]).json()
        if found["status"] != "running":
            return found
        time.sleep(0.05)
    raise AssertionError("it did not end")


def told(*arguments: str) -> Any:
    return json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)


def test_a_file_is_imported_in_the_background(tiny: TestClient, place: Home) -> None:
    """Counted, told while it goes on, its columns and labels called as the sender says, which the recipe remembers."""
    asked = {"filename": "C:\\mails\\my.jsonl", "column": "label=class", "label": "spam=digest"}
    counted = ended(tiny, tiny.post("/api/imports", content=LINES, params={**asked, "dry_run": True}))
    assert (counted["dry_run"], counted["n_new"], Labels(store_of(place), "tiny").count()) == (True, 1, 0)
    found = ended(tiny, tiny.post("/api/imports", content=LINES, params=asked))
    assert {name: found[name] for name in found if name not in ("id", "quarantine")} == {
        "status": "done", "filename": "my.jsonl", "dry_run": False, "n_read": 3, "n_new": 1, "n_known": 0, "n_twice": 0,
        "n_labelled": 1, "n_other": 0, "n_aside": 2, "error": None,
    }  # fmt: skip
    assert tiny.get("/api/imports").json()["items"] == [found, counted]
    assert tiny.get("/api/mails/a").json()["label"] == "digest"
    its = recipes.load(place, "tiny")
    assert (its.columns, its.label_map) == ({"label": "class"}, {"spam": "digest"})
    aside = tiny.get("/api/quarantine").json()
    assert aside["items"] == told("quarantine") == [{"name": found["quarantine"], "n": 2}]
    rows = tiny.get(f"/api/quarantine/{found['quarantine']}").json()
    assert rows["items"] == told("quarantine", found["quarantine"]) and rows["total"] == 2
    assert {(row["file"], row["line"]) for row in rows["items"]} == {("my.jsonl", 2), ("my.jsonl", 3)}
    for odd in ("nothing", "..%2F..%2Fetc%2Fpasswd", "%00"):
        assert tiny.get(f"/api/quarantine/{odd}").status_code == 404


@pytest.mark.parametrize(
    ("content", "asked", "n_new"),
    [
        (MBOX, {"filename": "my mails.mbox"}, 1),
        (MBOX, {"filename": "noname"}, 1),
        (gzip.compress(b"subject;body\ns;one\nt;two\n", mtime=0), {"filename": "x.CSV.gz"}, 2),
        (b'[{"subject": "s", "body": "b"}]', {"filename": "export", "format": "json"}, 1),
        (b"Subject: s\n\nb\n", {"filename": "a.eml"}, 1),
    ],
)
def test_files_of_each_kind_are_told_by_their_names(
    content: bytes, asked: dict[str, str], n_new: int, tiny: TestClient
) -> None:
    """Or by how they begin, or by who sends them."""
    assert ended(tiny, tiny.post("/api/imports", content=content, params=asked))["n_new"] == n_new


@pytest.mark.parametrize(
    ("content", "asked", "why"),
    [
        (b"what?", {"filename": "x.bin"}, "x.bin: its kind cannot be told; say format"),
        (b"", {"filename": "x.bin"}, "x.bin is empty"),
        (b"x", {"filename": "x.csv", "format": "folder"}, "format 'folder' is none of"),
        (LINES, {"filename": "x.jsonl", "column": "label"}, "'label' is no pair"),
        (LINES, {"filename": "x.jsonl", "label": "spam=nonsense"}, "nonsense"),
        (LINES, {"filename": "x.jsonl", "dry_run": "perhaps"}, "/query/dry_run"),
    ],
)
def test_what_cannot_be_imported_is_refused_and_kept_nowhere(
    content: bytes, asked: dict[str, str], why: str, tiny: TestClient, place: Home
) -> None:
    """422, in words about the sender's own file."""
    answer = tiny.post("/api/imports", content=content, params=asked)
    assert answer.status_code == 422 and why in answer.json()["detail"], answer.text
    room = place.data / "incoming"
    assert not room.exists() or list(room.iterdir()) == []
    assert tiny.get("/api/imports/20261121t231227000000z-0000").status_code == 404


def test_labelled_mails_are_downloaded(tiny: TestClient) -> None:
    """In three forms, each a file with a name."""
    ended(tiny, tiny.post("/api/imports", content=LINES, params={"filename": "x.jsonl"}))
    tiny.put("/api/mails/a/label", json={"label": "digest"})
    answer = tiny.get("/api/exports/labels")
    assert answer.headers["content-disposition"] == 'attachment; filename="tiny-labels.jsonl"'
    (line,) = answer.text.splitlines()
    its = json.loads(line)
    assert (its["id"], its["label"], its["subject"]) == ("a", "digest", "s")
    rows = list(csv.DictReader(io.StringIO(tiny.get("/api/exports/labels", params={"format": "csv"}).text)))
    assert [(row["id"], row["label"], row["body"]) for row in rows] == [("a", "digest", "'=1+1")]
    assert tiny.get("/api/exports/labels", params={"format": "parquet"}).content[:4] == b"PAR1"
    assert tiny.get("/api/exports/labels", params={"format": "xlsx"}).status_code == 422


def test_a_mailbox_is_kept_without_its_password(tiny: TestClient, place: Home) -> None:
    """Which is never taken; what is wrong with it is said by a test and by a fetch, whose import fails."""
    its = {"name": "work", "host": "127.0.0.1", "username": "ann", "security": "none", "port": 1}
    refused = tiny.post("/api/accounts", json={**its, "password": "secret"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/body/password")
    assert "secret" not in refused.text
    made = tiny.post("/api/accounts", json=its)
    assert (made.status_code, made.headers["location"], made.json()["collection"]) == (
        201,
        "/api/accounts/work",
        "tiny",
    )
    assert made.json()["help"].startswith("set AVOCET_PASSWORD_WORK in the environment, or `keyring set avocet work`")
    listed = tiny.get("/api/accounts").json()
    assert [{**told("accounts")[0], "help": made.json()["help"]}] == listed["items"] and listed["total"] == 1
    for wrong in (
        its,
        {**its, "name": "../x"},
        {**its, "name": "clear", "host": "mail.example.org"},
        {**its, "port": 0},
    ):
        assert tiny.post("/api/accounts", json=wrong).status_code == 422
    answer = tiny.post(f"{WORK}/test")
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems#fetch")
    found = ended(tiny, tiny.post(f"{WORK}/fetch"))
    assert (found["status"], found["filename"]) == ("failed", "imap:work") and "AVOCET_PASSWORD_WORK" in found["error"]
    assert tiny.delete("/api/accounts/work").status_code == 204
    assert [tiny.delete("/api/accounts/work").status_code, tiny.post(f"{WORK}/fetch").status_code] == [
        404,
        404,
    ]


def test_settings_are_switched_one_by_one(tiny: TestClient) -> None:
    """A value of another kind changes nothing."""
    assert tiny.get("/api/settings").json() == told("settings") == {
        "fine_tuning_enabled": True, "min_training_examples": 20, "auto_train": False,
    }  # fmt: skip
    assert tiny.put("/api/settings", json={"min_training_examples": 30}).json()["min_training_examples"] == 30
    assert tiny.put("/api/settings", json={"auto_train": True, "fine_tuning_enabled": False}).status_code == 200
    for wrong in (
        {"min_training_examples": 2},
        {"min_training_examples": "30"},
        {"auto_train": 1},
        {"nonsense": True},
        [],
    ):
        assert tiny.put("/api/settings", json=wrong).status_code == 422, wrong
    assert tiny.get("/api/settings").json() == {
        "fine_tuning_enabled": False, "min_training_examples": 30, "auto_train": True,
    }  # fmt: skip


def test_every_recipe_is_listed_and_a_broken_one_says_why(tiny: TestClient, place: Home) -> None:
    """With its labels, candidates, and where its mails are labelled."""
    assert len(tiny.get("/api/labels").json()["items"]) == 3
    (place.root / "recipes" / "broken.yaml").write_text("name: broken\nlabels: 3\n")
    found = {one["name"]: one for one in tiny.get("/api/recipes").json()["items"]}
    assert {"job_mail", "demo_mail", "tiny", "broken"} <= set(found)
    assert found["tiny"] == {
        "name": "tiny", "about": "", "labels": ["rejected", "digest", "neutral"], "collection": "tiny", "champion": None,
        "candidates": [{"name": "tfidf", "method": "tfidf", "base": None}], "rows": ["store:tiny"], "problem": None,
    }  # fmt: skip
    assert "recipes/broken.yaml, line 2" in found["broken"]["problem"] and found["broken"]["labels"] == []
    assert (found["job_mail"]["collection"], found["demo_mail"]["collection"]) == ("job_mail", None)
    assert tiny.get("/api/queue", params={"recipe": "broken"}).status_code == 422
    its = place.root / "recipes" / "tiny.yaml"
    its.write_text(its.read_text().replace("neutral", "other"))
    assert [one["name"] for one in tiny.get("/api/labels").json()["items"]] == ["rejected", "digest", "other"]


def test_health_and_version_are_for_everybody(tiny: TestClient) -> None:
    """They say nothing of anybody's mail."""
    stranger = TestClient(tiny.app, base_url="http://127.0.0.1")
    assert stranger.get("/api/health").json() == {"status": "ok"}
    assert stranger.get("/api/version").json() == {"version": __version__}
    assert stranger.get("/api/settings").status_code == 401


def test_suspects_are_those_of_the_recipes_last_run(tiny: TestClient, place: Home, tfidf_version: Any) -> None:
    """As the terminal names them; 404 before there is a run."""
    nothing = tiny.get("/api/suspects")
    assert nothing.status_code == 404 and "`avocet train tiny`" in nothing.json()["detail"]
    one, two = tfidf_version("tfidf-1"), tfidf_version("tfidf-2", 1.0)
    night(place, "20261101t020000z-tiny-0001", {one: said(1, 2), two: said(1, 2, 3)}, champion=one)
    night(place, "20261102t020000z-other-0001", {one: said(), two: said()}, champion=one, recipe="other")
    found = tiny.get("/api/suspects").json()
    assert found["items"] == told("suspects", "20261101t020000z-tiny-0001") and found["next_cursor"] is None
    sure = [its["row_id"] for its in found["items"] if its["reason"].startswith("all 2 versions of the night say")]
    assert sure == ["m01", "m02"]
