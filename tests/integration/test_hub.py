"""Pushing to a hub: off by default, and against a small fake of its HTTP API, nothing but what was asked for."""

import base64
import csv
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from avocet import recipe as recipes
from avocet import runs
from avocet.home import Home
from avocet.sides import divide
from expectations.validation import validate_rows

Make = Callable[..., str]
TOKEN = "hf_a_token_of_the_test"  # noqa: S105


def table(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))


class FakeHub(ThreadingHTTPServer):
    """What a push needs of the hub: create, preupload, LFS, commit. `fail` maps a part of a path to a status."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[str] = []
        self.tokens: set[str] = set()
        self.created: list[dict[str, Any]] = []
        self.committed: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self.fail: dict[str, int] = {}
        self.private: bool | None = True  # as it says of a repository that is there


class _Answer(BaseHTTPRequestHandler):
    server: FakeHub

    def log_message(self, *words: Any) -> None:
        """Quiet."""

    def _json(self, value: Any, status: int = 200) -> None:
        raw = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _any(self) -> None:
        hub, body = self.server, self._body()
        hub.asked.append(f"{self.command} {self.path}")
        if token := self.headers.get("Authorization"):
            hub.tokens.add(token)
        for part, status in hub.fail.items():
            if part in self.path:
                return self._json({"error": "You are not\nallowed to do that"}, status)
        if self.path.startswith("/blob/"):
            hub.blobs[self.path.removeprefix("/blob/")] = body
            return self._json({})
        told = json.loads(body) if body and "/commit/" not in self.path else {}
        if self.path == "/api/repos/create":
            hub.created.append(told)
            return self._json({"url": f"{hub.url}/{told['organization']}/{told['name']}"})
        if "/preupload/" in self.path:
            modes = [
                {"path": f["path"], "uploadMode": "lfs" if f["path"].endswith("safetensors") else "regular", "shouldIgnore": False}
                for f in told["files"]
            ]  # fmt: skip
            return self._json({"files": modes})
        if self.path.endswith("/info/lfs/objects/batch"):
            actions = lambda o: {"upload": {"href": f"{hub.url}/blob/{o['oid']}"}}  # noqa: E731
            return self._json({"transfer": "basic", "objects": [{**o, "actions": actions(o)} for o in told["objects"]]})
        if "/commit/" in self.path:
            self._commit(body)
            return self._json({"commitUrl": f"{hub.url}/me/x/commit/abc", "commitOid": "abc", "success": True})
        if self.command == "GET" and self.path == "/api/datasets/me/rows":
            return self._json({"id": "me/rows", **({} if hub.private is None else {"private": hub.private})})
        return self._json({}, 200 if "validate-yaml" in self.path else 404)

    def _commit(self, body: bytes) -> None:
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                self.server.committed[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                self.server.committed[value["path"]] = self.server.blobs[value["oid"]]

    do_GET = do_POST = do_PUT = _any  # noqa: N815 - as http.server calls them


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A hub on this machine."""
    server = FakeHub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def avocet(hub: FakeHub, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The verb in a process of its own: huggingface_hub reads its switches when it is imported."""
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("HF_")},
        "HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "NO_PROXY": "127.0.0.1", **environment,
    }  # fmt: skip
    command = [sys.executable, "-c", "from app.cli import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=120)


def failed(done: "subprocess.CompletedProcess[str]", code: int, says: str) -> None:
    assert (done.returncode, done.stdout) == (code, ""), done
    assert done.stderr.startswith("avocet: ") and says in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr and TOKEN not in done.stderr


def test_a_version_is_pushed_as_it_would_be_exported(hub: FakeHub, place: Home, tfidf_version: Make) -> None:
    """Private, with its card, by the token of the environment."""
    tfidf_version("tfidf-1")
    done = avocet(hub, "models", "push", "tfidf-1", "me/mail", "--upload", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"url": f"{hub.url}/me/mail"}
    assert set(hub.committed) == {
        "README.md", "learned_from.json", "manifest.json", "metrics.json", "tfidf.safetensors", "training_info.json"
    }  # fmt: skip
    for path in (place.models / "tfidf-1").iterdir():
        assert hub.committed[path.name] == path.read_bytes()
    assert hub.committed["README.md"].startswith(b"---\n") and b"model-index" in hub.committed["README.md"]
    assert hub.created[0]["visibility"] == "private" and hub.tokens == {f"Bearer {TOKEN}"}


def test_rows_are_pushed_only_as_mails_to_a_private_data_set(
    hub: FakeHub, place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """The flag says what they are."""
    make_recipe(few_rows, {"tfidf": {"method": "tfidf"}})
    failed(avocet(hub, "data", "push", "tiny", "me/rows"), 2, "rows are mails")
    failed(avocet(hub, "data", "push", "tiny", "me/rows", "--upload-mail"), 3, "no night has divided the rows of tiny")
    assert hub.asked == []
    run = runs.begin(place, recipes.load(place, "tiny"))
    divide(run, validate_rows(run).dropped_labels)
    done = avocet(hub, "data", "push", "tiny", "me/rows", "--upload-mail")
    assert done.returncode == 0, done.stderr
    assert sorted(hub.committed) == ["README.md", "test.csv", "train.csv", "validation.csv"]
    sent = [row for name in hub.committed if name.endswith(".csv") for row in table(hub.committed[name])]
    wanted = [{"text": f"{r['subject']} [SEP] {r['body']:.400}", "label": r["label"]} for r in few_rows]
    assert sorted((r["text"], r["label"]) for r in sent) == sorted((r["text"], r["label"]) for r in wanted)
    assert b"split: test\n    path: test.csv" in hub.committed["README.md"]
    assert hub.created[0]["type"] == "dataset" and hub.created[0]["visibility"] == "private"


@pytest.mark.parametrize("private", [False, None])
def test_rows_are_not_sent_to_a_data_set_that_is_not_private(
    private: bool | None, hub: FakeHub, place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """One that was there before stays as public as it is, and a hub that does not say is not trusted."""
    make_recipe(few_rows, {"tfidf": {"method": "tfidf"}})
    run = runs.begin(place, recipes.load(place, "tiny"))
    divide(run, validate_rows(run).dropped_labels)
    hub.private = private
    failed(
        avocet(hub, "data", "push", "tiny", "me/rows", "--upload-mail"), 1, "me/rows is not private, and rows are mails"
    )
    assert [asked for asked in hub.asked if not asked.startswith("GET ")] == ["POST /api/repos/create"]
    assert hub.committed == {} and hub.blobs == {}


def test_nothing_is_sent_unless_asked_and_each_refusal_is_one_line(
    hub: FakeHub, place: Home, tfidf_version: Make
) -> None:
    """No flag, no token, offline, a damaged version, a name that is none: not one request."""
    tfidf_version("tfidf-1")
    push = ("models", "push", "tfidf-1", "me/mail")
    failed(avocet(hub, *push), 2, "--upload says that tfidf-1 may leave")
    failed(avocet(hub, *push, "--upload", HF_TOKEN=""), 2, "set HF_TOKEN")
    failed(avocet(hub, *push, "--upload", HF_HUB_OFFLINE="1"), 1, "HF_HUB_OFFLINE is set")
    failed(avocet(hub, "models", "push", "tfidf-1", "no/such/name", "--upload"), 1, "failed: ")
    (place.models / "tfidf-1" / "tfidf.safetensors").write_bytes(b"rot")
    failed(avocet(hub, *push, "--upload"), 1, "is not the file that was sealed")
    assert hub.asked == []


@pytest.mark.parametrize(("part", "status"), [("repos/create", 403), ("preupload", 401), ("/commit/", 400)])
def test_what_the_hub_refuses_is_told_in_one_line(
    part: str, status: int, hub: FakeHub, place: Home, tfidf_version: Make
) -> None:
    """With its status and its words, and nothing was committed."""
    tfidf_version("tfidf-1")
    hub.fail[part] = status
    done = avocet(hub, "models", "push", "tfidf-1", "me/mail", "--upload")
    failed(done, 1, f"answered {status}")
    assert hub.committed == {}


def test_a_hub_that_is_not_there_is_told_in_one_line(hub: FakeHub, place: Home, tfidf_version: Make) -> None:
    """Nobody listens on that port."""
    tfidf_version("tfidf-1")
    done = avocet(hub, "models", "push", "tfidf-1", "me/mail", "--upload", HF_ENDPOINT="http://127.0.0.1:9")
    failed(done, 1, "sending to http://127.0.0.1:9 failed")
