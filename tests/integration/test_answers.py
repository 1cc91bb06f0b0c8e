"""Classification over HTTP: what is asked, what is answered, what is refused, and that promotions are taken up meanwhile."""

import json
import threading
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from app import champions
from app.cli import main
from avocet import registry
from avocet.home import Home
from tests.conftest import LABELS
from tests.jobs import job_of, published, sided
from tests.nights import night, said
from tests.servers import Told, serving

Make = Callable[..., str]
ROWS = [{"subject": "your interview", "body": "is on Monday"}, {"subject": "weekly digest", "body": "ten jobs"}]
URL = "/api/classify?recipe=tiny"


@pytest.fixture
def two(place: Home, tfidf_version: Make) -> tuple[str, str]:
    """Two versions that say other labels of the same mail; the first is champion."""
    found = tfidf_version("tfidf-one"), tfidf_version("tfidf-two", trained_labels=[*LABELS[1:], LABELS[0]])
    promote(place, found[0])
    return found


def promote(place: Home, version: str) -> None:
    registry.promote(place.models, "tiny", version, "run-1", "promoted")


@pytest.mark.parametrize("top", [None, 2])
def test_the_terminal_and_the_api_give_the_same_answers(
    top: int | None, two: tuple[str, str], client: TestClient, tmp_path: Path
) -> None:
    """Key by key, number by number; also of a row that has only a text."""
    rows = [*ROWS, {"text": "ten new jobs"}, {"subject": "weekly", "text": "ten new jobs", "id": 7, "from": None}]
    file = tmp_path / "mails.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["--top", str(top)] if top else []
    told = json.loads(CliRunner().invoke(main, ["classify", str(file), "--json", *words]).stdout)
    url = f"{URL}&top={top}" if top else URL
    assert client.post(url, json={"rows": rows}).json() == {"items": told}
    assert client.post(url, json=rows).json() == {"items": told}
    assert [len(one["scores"]) for one in told] == [top or 3] * 4
    assert set(told[0]) == {"label", "confidence", "abstained", "scores", "version", "engine", "template"}


def test_a_recipe_can_let_its_champion_abstain(
    two: tuple[str, str], client: TestClient, make_recipe: Callable[..., str]
) -> None:
    """From one request to the next, when the recipe changes."""
    make_recipe([], {"tfidf": {"method": "tfidf"}}, serve={"engines": [], "abstain_below": 1.0})
    assert [one["abstained"] for one in client.post(URL, json=ROWS).json()["items"]] == [True, True]
    make_recipe([], {"tfidf": {"method": "tfidf"}}, serve={"engines": [], "abstain_below": 0.0})
    assert [one["abstained"] for one in client.post(URL, json=ROWS).json()["items"]] == [False, False]


def test_nothing_to_classify_is_no_error(two: tuple[str, str], client: TestClient) -> None:
    """And a thousand rows are one request."""
    assert client.post(URL, json=[]).json() == client.post(URL, json={"rows": []}).json() == {"items": []}
    assert len(client.post(URL, json=[{"text": f"mail {i}"} for i in range(1000)]).json()["items"]) == 1000


BAD: dict[str, tuple[Any, list[str]]] = {
    "a number": ([{"subject": "a", "body": 7}], ["/body/0/body: body is number, not text"]),
    "null": ({"rows": [ROWS[0], {"subject": None, "body": "b"}]}, ["/body/rows/1/subject: subject is null, not text"]),
    "a list": ([{"text": ["a"]}], ["/body/0/text: text is list, not text"]),
    "a field too few": ([{"subject": "a"}, {}], ["/body/0/body: no text field body", "/body/1/subject: no text field subject"]),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_rows_without_a_text_are_refused_one_by_one(what: str, two: tuple[str, str], client: TestClient) -> None:
    """As a problem that points at each; nothing of a mail is in it."""
    body, says = BAD[what]
    headers = {"Content-Type": "application/json"}
    answer = client.post(URL, content=json.dumps(body).encode(), headers=headers)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert [f"{one['pointer']}: {one['detail']}" for one in problem["errors"]] == says
    assert "version tfidf-one reads subject, body" in problem["detail"] and problem["type"] == "/problems#row"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"7", b'"a"', b"null", b"{}", b'{"rows": 3}', b'{"rows": [3]}', b"[[]]", b'{"rows": [], "x": 1}'],
)
def test_another_body_is_refused(body: bytes, two: tuple[str, str], client: TestClient) -> None:
    """Whatever it is, it is the sender's fault."""
    assert client.post(URL, content=body, headers={"Content-Type": "application/json"}).status_code in (400, 422)
    odd = client.post(URL, content=b'[{"text": "\\ud800"}]', headers={"Content-Type": "application/json"})
    assert odd.status_code == 422 and "half a surrogate pair" in odd.json()["detail"]


def test_there_are_limits(two: tuple[str, str], client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, characters, and what `top` may be."""
    assert client.post(URL, json=[{"text": "a"}] * 1001).status_code == 422
    assert client.post(f"{URL}&top=0", json=ROWS).status_code == 422
    monkeypatch.setattr(champions, "MAX_CHARS", 10)
    answer = client.post(URL, json=[{"text": "a" * 11}])
    assert answer.status_code == 413 and "more than 10 characters; send fewer" in answer.json()["detail"]


def test_without_a_champion_it_says_what_to_do(place: Home, client: TestClient, tfidf_version: Make) -> None:
    """404; a name that is none is 422; the first champion is served without a restart."""
    answer = client.post(URL, json=ROWS)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems#not_found")
    assert "`avocet train tiny` trains and judges the first" in answer.json()["detail"]
    assert client.post("/api/classify?recipe=../../etc/passwd", json=ROWS).status_code == 422
    promote(place, tfidf_version("tfidf-one"))
    assert client.post(URL, json=ROWS).json()["items"][0]["version"] == "tfidf-one"


def test_a_champion_that_does_not_load_is_not_tried_at_each_request(
    place: Home, two: tuple[str, str], client: TestClient, tfidf_version: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told each time; after a while it is tried again; another champion is taken up at once."""
    (place.models / two[0] / "tfidf.safetensors").write_bytes(b"rot")
    verified: list[str] = []
    verify = registry.verify
    monkeypatch.setattr(registry, "verify", lambda folder: (verified.append(folder.name), verify(folder))[1])
    for _ in range(3):
        answer = client.post(URL, json=ROWS)
        assert answer.status_code == 409 and "is not the file that was sealed" in answer.json()["detail"]
    assert len(verified) == 1
    assert "is not the file" in client.get("/api/model-info?recipe=tiny").json()["problem"]
    monkeypatch.setattr(champions, "RETRY_S", 0.0)
    registry.durable.replace_link(place.models / "champion-tiny", two[1])
    assert client.post(URL, json=ROWS).json()["items"][0]["version"] == two[1]


def test_model_info_says_who_answers(place: Home, client: TestClient, tfidf_version: Make) -> None:
    """The base before there is a champion, then the version with what its last run found, and what is wrong with it."""
    info = "/api/model-info?recipe=tiny"
    nothing = {"version": None, "recipe": "tiny", "metrics": None, "problem": None, "coming": None}
    assert client.get(info).json() == {"type": "base", **nothing}
    night(place, "run-1", {tfidf_version("tfidf-one"): said(1, 2, 3)})
    found = client.get(info).json()
    assert (found["type"], found["version"], found["problem"]) == ("finetuned", "tfidf-one", None)
    its = found["metrics"]
    assert (its["run"], its["n"], its["accuracy"]) == ("run-1", 60, 0.95) and its["lo"] < its["macro_f1"] < its["hi"]
    client.post(URL, json=ROWS)
    second = tfidf_version("tfidf-two")
    promote(place, second)
    (place.models / second / "tfidf.safetensors").write_bytes(b"rot")
    client.post(URL, json=ROWS)
    client.app.state.champions.of("tiny").wait(20)  # type: ignore[attr-defined]
    found = client.get(info).json()
    assert found["version"] == "tfidf-one" and "is not the file that was sealed" in found["problem"]
    (place.models / "champion-gone").symlink_to("nothing-here")
    assert "no model at" in client.get("/api/model-info?recipe=gone").json()["problem"]


def test_model_info_names_the_champion_that_is_being_loaded(
    place: Home, two: tuple[str, str], client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it answers, the old one does; a person who has just promoted it need not doubt that it was."""
    info = "/api/model-info?recipe=tiny"
    client.post(URL, json=ROWS)
    live, may_load = client.app.state.champions.of("tiny"), threading.Event()  # type: ignore[attr-defined]
    loads = live._loads
    monkeypatch.setattr(live, "_loads", lambda folder: may_load.wait(20) and loads(folder))
    promote(place, two[1])
    found = client.get(info).json()
    assert (found["version"], found["coming"], found["problem"]) == (two[0], two[1], None)
    may_load.set()
    live.wait(20)
    found = client.get(info).json()
    assert (found["version"], found["coming"]) == (two[1], None)


@pytest.mark.parametrize(("n_requests", "n_promotions"), [(500, 10), pytest.param(10_000, 100, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
def test_no_request_fails_over_promotions(
    n_requests: int, n_promotions: int, place: Home, two: tuple[str, str]
) -> None:
    """Over a real socket: each is answered, by one version whole, and both have their turn."""
    answers, failed, lock = list[str](), list[Any](), threading.Lock()
    said_by: dict[str, list[str]] = {}
    left = iter(range(n_requests))

    def ask(port: int) -> None:
        told = Told(port)
        while True:
            with lock:
                if failed or next(left, None) is None:
                    return
            status, body = told.post(URL, ROWS)
            items = body.get("items", [])
            versions = {one["version"] for one in items}
            labels = [one["label"] for one in items]
            with lock:
                if status != 200 or len(versions) != 1 or said_by.setdefault(*versions, labels) != labels:
                    failed.append((status, body))
                answers.extend(versions)

    with serving(place) as port:
        threads = [threading.Thread(target=ask, args=(port,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for i in range(n_promotions):
            promote(place, two[(i + 1) % 2])
            until = n_requests * (i + 1) // n_promotions
            while len(answers) < until and any(thread.is_alive() for thread in threads):
                threads[0].join(0.005)
        for thread in threads:
            thread.join()
    assert (failed, len(answers)) == ([], n_requests)
    assert set(said_by) == set(two) and said_by[two[0]] != said_by[two[1]]
    n_changes = sum(a != b for a, b in pairwise(answers))
    assert n_changes >= n_promotions / 2


@pytest.mark.slow
@pytest.mark.parametrize("method", ["full", "head", "lora"])
def test_a_network_answers_many_threads_as_it_answers_one(
    method: str, place: Home, tiny_pooled: Path, few_rows: list[dict[str, Any]]
) -> None:
    """Tokenizers and torch are shared between requests."""
    settings: dict[str, Any] = {"method": method, "base": str(tiny_pooled), "max_tokens": 24}
    settings |= {} if method == "head" else {"epochs": 1, "bf16": False}
    settings |= {"r": 4} if method == "lora" else {}
    version = published(place, job_of(place, settings, sided(few_rows, LABELS, 4, 0), LABELS))
    registry.promote(place.models, "tiny", version.name, "run-1", "promoted")
    served = champions.Champions(place)
    asked = [[{"text": row["body"][: 20 + 7 * i]} for row in few_rows[i::9]] for i in range(9)]
    alone = [served.classify("tiny", rows, 1) for rows in asked]
    wrong: list[Any] = []

    def ask(i: int) -> None:
        for k in range(40):
            rows = (i + k) % len(asked)
            for one, its in zip(alone[rows], served.classify("tiny", asked[rows], 1), strict=True):
                if one.label != its.label or abs(one.confidence - its.confidence) > 1e-4:
                    wrong.append((one, its))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
