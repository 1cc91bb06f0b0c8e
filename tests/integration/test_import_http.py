"""Versions that are sent over HTTP: each hostile archive is refused for its own reason, good ones come in, nothing is left."""

import http.client
import json
import re
import shutil
import socket
import struct
import time
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app import bodies, files
from avocet import exchange, registry
from avocet.byhand import override
from avocet.exchange import export
from avocet.home import Home
from tests import attacks
from tests.archives import Files, files_of, pack, sealed
from tests.conftest import LABELS
from tests.integration.test_adapter_attacks import ATTACKS as ON_ADAPTERS
from tests.jobs import job_of, published, sided
from tests.servers import serving

URL = "/api/models/import"
Recipe = Callable[..., str]


def kept(place: Home) -> list[str]:
    """Everything below AVOCET_HOME but the lock."""
    return sorted(str(p.relative_to(place.root)) for p in place.root.rglob("*") if p.name != ".run.lock")


def wrong(answer: Response, says: str) -> str | None:
    """What is wrong with a refusal, None where it is one for that reason."""
    if (answer.status_code, answer.headers["content-type"]) != (422, "application/problem+json"):
        return f"{answer.status_code}: {answer.text[:200]}"
    problem = answer.json()
    detail = problem["detail"].removeprefix("the archive was refused, nothing of it was kept: ")
    known = problem["type"] == "/problems#archive" and detail != problem["detail"] and re.search(says, detail)
    return None if known and "\n" not in detail and len(detail) < 400 else problem["detail"]


def test_each_hostile_archive_is_refused_for_its_own_reason(place: Home, client: TestClient, zipped: Path) -> None:
    """More than sixty kinds; and nothing of any is kept."""
    good, attack, found = files_of(zipped), zipped.with_name("attack.zip"), dict[str, str | None]()
    before = kept(place)
    for what, (make, says) in {**attacks.ATTACKS, **attacks.MORE_ATTACKS}.items():
        found[what] = wrong(client.post(URL, content=pack(attack, make(good)).read_bytes()), says)
    for what, (write, says) in {**attacks.ARCHIVES, **attacks.MORE_ARCHIVES}.items():
        write(attack, good)
        found[what] = wrong(client.post(URL, content=attack.read_bytes()), says)
    assert {what: why for what, why in found.items() if why is not None} == {}
    assert len(found) > 150
    assert kept(place) == before


RECIPES: dict[str, tuple[dict[str, Any], str]] = {
    "other labels": ({"labels": ["rejected", "digest", "hired"]}, "its label 'neutral' is none of recipe tiny"),
    "other fields": ({"text": "{subject}"}, "its template reads body"),
    "no such candidate": ({"candidates": {"other": {"method": "tfidf"}}}, "has no candidate tfidf; it has other"),
    "another method": ({"candidates": {"tfidf": {"method": "head", "base": "a/b"}}}, "is head on a/b"),
}


def test_what_does_not_fit_the_recipe_is_refused(
    place: Home, client: TestClient, zipped: Path, make_recipe: Recipe
) -> None:
    """Labels, fields, candidate, method and base."""
    for changed, says in RECIPES.values():
        more = {k: v for k, v in changed.items() if k != "candidates"}
        make_recipe([], changed.get("candidates", {"tfidf": {"method": "tfidf"}}), **more)
        assert wrong(client.post(URL, content=zipped.read_bytes()), says) is None
    assert list(place.models.glob("[!l]*")) == []


def test_what_is_no_archive_at_all_is_refused(place: Home, client: TestClient, zipped: Path) -> None:
    """As its sender's mistake."""
    for body in (b"", b"{}", b"PK", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18):
        assert client.post(URL, content=body).json()["type"] == "/problems#archive"
    form = client.post(URL, files={"file": ("out.zip", zipped.read_bytes(), "application/zip")})
    assert wrong(form, "does not begin as a plain zip|does not end as a plain zip") is None
    assert client.post(URL, json={"path": str(zipped)}).status_code == 422
    assert list(place.models.glob("[!l]*")) == []


def _streamed(path: Path, good: Files) -> None:
    """As a program writes a zip that it cannot go back in: sizes stand behind the data."""

    class Pipe(BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as into:
        for name, content in good.items():
            into.writestr(name, content)
    path.write_bytes(pipe.getvalue())


def _with_folder(path: Path, good: Files) -> None:
    with zipfile.ZipFile(path, "w") as into:
        into.mkdir("encoder")
        for name, content in good.items():
            into.writestr(name, content)


def _of_64_bits(path: Path, good: Files) -> None:
    with zipfile.ZipFile(path, "w") as into:
        for name, content in good.items():
            with into.open(name, "w", force_zip64=True) as out:
                out.write(content)


def _with_rights(path: Path, good: Files) -> None:
    """Rights of another machine, also those that would make a program of a file: they are not taken over."""
    with zipfile.ZipFile(path, "w") as into:
        for name, content in good.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o104777 << 16
            into.writestr(entry, content)


def _told(*without: str, **more: bytes) -> Callable[[Path, Files], Any]:
    extra = {name.replace("__", "."): content for name, content in more.items()}
    return lambda path, good: pack(path, {**{k: v for k, v in good.items() if k not in without}, **extra})


def _answers(path: Path, good: Files) -> None:
    rows = {"labels": list(LABELS), "rows": {"0" * 64: [0, [0.5, 0.25, 0.25]]}}
    pack(path, sealed({**good, "answers.json": json.dumps(rows).encode()}))


GOOD: dict[str, Callable[[Path, Files], Any]] = {
    "as it was exported": pack,
    "packed small": lambda path, good: pack(path, good, zipfile.ZIP_DEFLATED),
    "in another order": lambda path, good: pack(path, dict(reversed(good.items()))),
    "without card and metrics": _told("README.md", "metrics.json"),
    "with a card of its own": _told(README__md=b"# mine, with \xff bytes"),
    "with the mails it learned from": _told(training_data__json=b'{"rows": [{"id": "x"}]}'),
    "streamed": _streamed,
    "with a folder's entry": _with_folder,
    "of 64 bits": _of_64_bits,
    "with rights of another machine": _with_rights,
    "with a temperature": lambda path, good: pack(path, sealed(good, temperature=1.5)),
    "with what it answered out of fold": _answers,
    "with a word that only a newer Avocet knows": lambda path, good: pack(path, sealed(good, novelty={"a": [1]})),
    "of a recipe that is not here": lambda path, good: pack(path, sealed(good, recipe="elsewhere")),
}


def test_good_archives_come_in(place: Home, client: TestClient, zipped: Path, make_recipe: Recipe) -> None:
    """As candidates of the recipe that is here: no pointer moves; and they answer."""
    make_recipe([], {"tfidf": {"method": "tfidf"}})
    good, path = files_of(zipped), zipped.with_name("good.zip")
    for what, write in GOOD.items():
        path.unlink(missing_ok=True)
        write(path, good)
        answer = client.post(URL, content=path.read_bytes(), headers={"Content-Type": "application/zip"})
        assert answer.status_code == 201, (what, answer.text)
        found = answer.json()
        assert (found["version"], found["candidate"], answer.headers["location"]) == (
            "tfidf-1", "tfidf", "/api/models/tfidf-1",
        )  # fmt: skip
        assert registry.champions(place.models) == {} and not (place.models / "avocet-tiny-tfidf").exists()
        its = [p for p in (place.models / "tfidf-1").rglob("*") if p.is_file()]
        assert not any(p.stat().st_mode & 0o111 for p in its)
        assert {"README.md", "metrics.json", "training_data.json"}.isdisjoint(p.name for p in its)
        shown = client.get("/api/models/tfidf-1").json()
        assert shown["damaged"] is None and not shown["champion"]
        assert client.delete("/api/models/tfidf-1").status_code == 204
    assert len(GOOD) >= 10


def test_what_came_in_goes_through_the_gate_or_a_person(
    place: Home, client: TestClient, zipped: Path, make_recipe: Recipe
) -> None:
    """A second time it is here already; deployed only with force and a reason; then it answers."""
    make_recipe([], {"tfidf": {"method": "tfidf"}})
    body = zipped.read_bytes()
    assert "the champion stays until the gate decides" in client.post(URL, content=body).json()["note"]
    again = client.post(URL, content=body)
    assert (again.status_code, again.json()["type"]) == (409, "/problems#nothing_to_do")
    answer = client.post("/api/models/tfidf-1/deploy")
    assert answer.status_code == 409 and "`avocet train tiny --model tfidf-1` does" in answer.json()["detail"]
    assert client.post("/api/models/tfidf-1/deploy?force=true", json={"reason": "tried elsewhere"}).status_code == 200
    said = client.post("/api/classify?recipe=tiny", json=[{"text": "x"}]).json()["items"]
    assert said[0]["version"] == "tfidf-1"


def test_what_goes_out_comes_in_elsewhere(
    place: Home, client: TestClient, zipped: Path, tmp_path: Path, make_recipe: Recipe
) -> None:
    """From one Avocet's export to another's import, to the last byte."""
    client.post(URL, content=zipped.read_bytes())
    out = client.get("/api/exports/models/tfidf-1").content
    other = Home(tmp_path / "other")
    (other.root / "data").mkdir(parents=True)
    with _client_of(other) as there:
        assert there.post(URL, content=out).status_code == 201
        assert there.get("/api/exports/models/tfidf-1").content == out


def _client_of(place: Home) -> TestClient:
    from app.api import create_app

    headers = {"Authorization": "Bearer t"}
    return TestClient(create_app(place, "t"), base_url="http://127.0.0.1", headers=headers)


def test_a_body_that_is_too_large_is_refused(
    place: Home, client: TestClient, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it says its size before or not; what was written of it is gone."""
    monkeypatch.setattr(bodies, "MAX_UPLOAD_BYTES", 5000)
    before = kept(place)

    def parts() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    for body in (b"x" * 5001, parts()):
        answer = client.post(URL, content=body)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems#too_large")
    assert kept(place) == before


def test_the_disk_is_looked_at_on_the_way(
    place: Home, client: TestClient, zipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the size that is said, with what it will be unpacked to; and again while a body that says none comes in."""
    free = shutil.disk_usage(place.data).free
    monkeypatch.setattr(exchange, "RESERVE_BYTES", free - 10**6)
    before = kept(place)
    assert client.post(URL, content=b"x" * 10**6).status_code == 507
    monkeypatch.setattr(files, "_LOOK_EVERY", 2**20)
    monkeypatch.setattr(exchange, "RESERVE_BYTES", free - 4 * 10**6)
    answer = client.post(URL, content=(b"x" * 2**20 for _ in range(12)))
    assert (answer.status_code, answer.json()["type"]) == (507, "/problems#no_space")
    assert kept(place) == before


def test_who_hangs_up_leaves_nothing_behind(place: Home, zipped: Path) -> None:
    """Over a real socket, in the middle of the body: the server goes on, and the next archive comes in."""
    before = kept(place)
    with serving(place) as port:
        with socket.create_connection(("127.0.0.1", port)) as line:
            head = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer t\r\nContent-Length: 4000000\r\n\r\n"
            line.sendall(head.encode() + zipped.read_bytes()[:1000] + b"x" * 2_000_000)
            time.sleep(0.2)
            # Reset, not closed: what a cable that is pulled looks like in the end.
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.3)
        assert kept(place) == before
        to = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        to.request("POST", URL, zipped.read_bytes(), {"Authorization": "Bearer t"})
        assert to.getresponse().status == 201
        to.close()


@pytest.mark.slow
def test_a_large_archive_is_never_in_memory(place: Home, zipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """400 MB in and out cost a few MB."""
    big = {**files_of(zipped), "vocab.txt": b"x" * 400 * 10**6}
    path = pack(zipped.with_name("big.zip"), sealed(big))
    del big
    monkeypatch.setattr("avocet.archive.MAX_JSON_BYTES", 10**9)
    process, most = psutil.Process(), [0]
    with serving(place) as port:
        to = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        to.request("GET", "/api/version")
        to.getresponse().read()
        start = process.memory_info().rss
        with path.open("rb") as body:
            # The text file of 400 MB is read whole when it is checked, so the peak is looked at while it is sent.
            to.putrequest("POST", URL)
            to.putheader("Authorization", "Bearer t")
            to.putheader("Content-Length", str(path.stat().st_size))
            to.endheaders()
            while part := body.read(2**20):
                to.send(part)
                most.append(process.memory_info().rss)
        assert to.getresponse().status == 201
        assert max(most) - start < 60 * 2**20


@pytest.mark.slow
def test_each_attack_on_adapters_is_refused(
    place: Home, client: TestClient, tiny_pooled: Path, few_rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    """A version of low-rank adapters, whose base is here: it comes in as it is, and in no other way."""
    elsewhere = Home(tmp_path / "elsewhere")
    (elsewhere.root / "data").mkdir(parents=True)
    settings = {"method": "lora", "base": str(tiny_pooled), "r": 4, "epochs": 1, "max_tokens": 24, "bf16": False}
    version = published(elsewhere, job_of(elsewhere, settings, sided(few_rows, LABELS, 4, 0), LABELS))
    path = export(elsewhere, version.name, tmp_path / "lora.zip")
    place.models.mkdir()
    good, before = files_of(path), kept(place)
    attack = tmp_path / "attack.zip"
    found = {
        what: wrong(client.post(URL, content=pack(attack, make(good)).read_bytes()), says)
        for what, (make, says) in ON_ADAPTERS.items()
    }
    assert {what: why for what, why in found.items() if why is not None} == {} and len(found) == len(ON_ADAPTERS)
    assert kept(place) == before
    assert client.post(URL, content=path.read_bytes()).status_code == 201
    override(place, version.name, None, "a trial")
    said = client.post("/api/classify?recipe=tiny", json=[{"text": "your interview"}]).json()["items"][0]
    assert said["version"] == version.name and said["engine"] == "torch-fp32"


@pytest.mark.slow
@pytest.mark.parametrize("method", ["full", "head"])
def test_other_methods_come_in(
    method: str, place: Home, client: TestClient, tiny_pooled: Path, few_rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    """With all their weights, or on a base that is here."""
    elsewhere = Home(tmp_path / "elsewhere")
    (elsewhere.root / "data").mkdir(parents=True)
    settings: dict[str, Any] = {"method": method, "base": str(tiny_pooled), "max_tokens": 24}
    settings |= {"epochs": 1, "bf16": False} if method == "full" else {}
    version = published(elsewhere, job_of(elsewhere, settings, sided(few_rows, LABELS, 4, 0), LABELS))
    path = export(elsewhere, version.name, tmp_path / "out.zip")
    assert client.post(URL, content=path.read_bytes()).status_code == 201
    assert client.get(f"/api/exports/models/{version.name}").content == path.read_bytes()
