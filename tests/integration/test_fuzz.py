"""Thousands of generated requests, valid and not, against every route: none finds a bug, and each answer is as described."""

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.python.asgi import HOST

from app.api import create_app
from app.door import LOOPBACK
from avocet import registry, runs
from avocet.home import Home
from avocet.incoming.importing import import_files
from avocet.records import Naming
from avocet.store.database import store_of
from avocet.store.labels import Labels

N_REQUESTS = 5_000
BEARER = {"Authorization": "Bearer t"}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]
# These would begin a night, or call a mailbox that somebody invented.
STARTING = ("/api/runs", "/api/finetune/run", "/api/benchmark/run", "/admin/api/start-training")
CALLING = ("/api/accounts/{name}/fetch", "/api/accounts/{name}/test")


@schemathesis.serializer("application/zip")
def as_it_is(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """A file as a body."""
    return value if isinstance(value, bytes) else bytes(getattr(value, "data", b"") or str(value).encode())


@dataclass
class Fuzz:
    """One home, and what was found in it."""

    place: Home
    schema: Any
    known: dict[str, list[str]]
    dice: random.Random = field(default_factory=lambda: random.Random(13))
    answers: Counter[int] = field(default_factory=Counter)
    found: dict[str, str] = field(default_factory=dict)

    def run(self, operation: Any, mode: GenerationMode, n: int, seed: int = 0) -> None:
        """`n` requests of one kind to one route."""
        settings = hypothesis.settings(
            max_examples=n, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip

        @hypothesis.seed(seed)
        @settings
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def many(case: Case) -> None:
            self._one(case)

        try:
            many()
        except hypothesis.errors.Unsatisfiable:
            assert mode.is_negative, operation.label  # a route that takes anything has no wrong requests

    def _one(self, case: Case) -> None:
        self._lead_somewhere(case)
        with self.locked() if case.operation.path in STARTING else nullcontext():
            response = case.call(headers=BEARER, timeout=20)
        self.answers[response.status_code] += 1
        try:
            case.validate_response(response, checks=CHECKS)
        except (Failure, FailureGroup) as failure:
            told = " ".join(str(failure).split())[:600]
            self.found.setdefault(f"{case.operation.label} {response.status_code}", told)

    def _lead_somewhere(self, case: Case) -> None:
        """Half of the requests are about something that is there: an invented id gets no further than a 404."""
        for where in (case.path_parameters, case.query, case.body):
            for name in where if isinstance(where, dict) else ():
                if (there := self._there(case.operation.path, name)) and self.dice.random() < 0.5:
                    where[name] = self.dice.choice(there)

    def _there(self, path: str, name: str) -> list[str] | None:
        if name == "id" or name.endswith("_id"):
            return next((ids for room, ids in self.known.items() if f"/{room}" in path), self.known["mails"])
        return self.known.get(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        with runs.only_one(self.place):
            yield


@pytest.fixture
def fuzz(
    place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]], tfidf_version: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> Fuzz:  # fmt: skip
    """A home with mails, some labels, a champion and one that was champion before, and a run that never ended."""
    monkeypatch.setattr(runs, "LOCK_S", 0.0)
    recipe = place.root / "recipes" / f"{make_recipe(few_rows, {'tfidf': {'method': 'tfidf'}})}.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("data/tiny.jsonl", "store:tiny"), encoding="utf-8")
    import_files(place, "tiny", [place.root / "data" / "tiny.jsonl"], Naming())
    labels = Labels(store_of(place), "tiny")
    ids = [row.id for row, _ in labels.page(40, False)]
    for name in ids[:10]:
        labels.put(name, "digest", "anna")
    for version in ("tfidf-1", "tfidf-2"):
        tfidf_version(version, recipe="tiny")
        registry.promote(place.models, "tiny", version, "run-1", "promoted: a sentence")
    app = create_app(place, "t", "tiny", hosts=[*LOOPBACK, HOST])
    told = copy.deepcopy(app.openapi())
    del told["security"], told["components"]["securitySchemes"]  # requests without a token find nothing behind the door
    schema = schemathesis.openapi.from_dict(told)
    schema.app = app
    known = {
        "mails": ids, "models": ["tfidf-1", "tfidf-2"], "runs": ["1"], "recipe": ["tiny"], "version": ["tfidf-1", "tfidf-2"],
        "a": ["tfidf-1"], "b": ["tfidf-2"], "label": ["digest", "neutral", "rejected"], "pred": ["digest"], "true": ["neutral"],
    }  # fmt: skip
    return Fuzz(place, schema, known)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_request_finds_a_bug(fuzz: Fuzz, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """5,000 and more; whatever is sent is answered with what the description says, and never with a 5xx."""
    monkeypatch.chdir(tmp_path)  # where schemathesis would leave its own files
    operations = [found.ok() for found in fuzz.schema.get_all_operations()]
    operations = [one for one in operations if one.path not in CALLING]
    n = N_REQUESTS // (2 * len(operations)) + 1
    for operation in operations:
        for mode in GenerationMode:
            fuzz.run(operation, mode, n)
    for seed in range(1, 100):  # routes without wrong requests gave fewer
        if fuzz.answers.total() >= N_REQUESTS:
            break
        for operation in operations:
            fuzz.run(operation, GenerationMode.POSITIVE, n, seed)
    assert fuzz.answers.total() >= N_REQUESTS
    assert fuzz.found == {}, fuzz.answers
    assert fuzz.answers[401] == 0, fuzz.answers


HOSTILE: list[Any] = [
    "", " ", "\x00", "a\x00b", "\ud800", "../../../etc/passwd", "/etc/passwd", "a.yaml", "-1", -1, 0, 2**31, 2**63, 10**30, -(10**30), 1e308,
    "NaN", "a" * 70_000, "\u202e\ufeff\u2028", "<script>alert(1)</script>", "%s%n{0}{a.b}", "'; DROP TABLE rows; --", "*\" OR (", None, True, [], {},
    [[[]]], {"": ""}, "2026-99-99T99:99:99Z", "9999-12-31T23:59:59+23:59",
]  # fmt: skip


@dataclass(frozen=True)
class Sent:
    """One request with something hostile in it."""

    method: str
    path: str
    address: str
    query: dict[str, bytes] = field(default_factory=dict)
    body: Any = None

    def by(self, client: TestClient) -> int:
        """The status that it is answered with."""
        more = {"content": json.dumps(self.body), "headers": {"Content-Type": "application/json"}}
        sends = more if self.method in ("post", "put", "patch") else {}
        return client.request(self.method, self.address, params=self.query, **sends).status_code  # type: ignore[arg-type]


def hostile(told: dict[str, Any]) -> Iterator[Sent]:
    """Each value in each place of each route."""
    for path, ways in told["paths"].items():
        for method, operation in ways.items():
            if path in CALLING or "event-stream" in str(operation["responses"]):
                continue
            at = re.sub("{[^}]+}", "1", path)
            asked = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
            for value in HOSTILE:
                text = str(value).encode("utf-8", "replace")[:5000]
                yield Sent(method, path, re.sub("{[^}]+}", quote(text, safe="") or "%20", path))
                yield Sent(method, path, at, dict.fromkeys(asked, text))
                yield from (Sent(method, path, at, {name: text}) for name in asked)
                yield from (Sent(method, path, at, body=body) for body in bodies_of(operation, told, value))


def bodies_of(operation: dict[str, Any], told: dict[str, Any], value: Any) -> Iterator[Any]:
    """`value` instead of the body, in a list, and in each place of the object that is wanted."""
    wanted = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "requestBody" in operation:
        yield from (value, [value])
    for part in (wanted, *wanted.get("anyOf", ())):
        part = told["components"]["schemas"].get(str(part.get("$ref", "")).rpartition("/")[2], part)
        whole = dict.fromkeys(part.get("required", ()), "tiny")
        for name in part.get("properties", ()):
            yield from ({**whole, name: value}, {**whole, name: [value, {"key": value, "name": value}]})


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_hostile_value_finds_a_bug(fuzz: Fuzz) -> None:
    """Numbers that no database holds, texts that are none, paths, markup: 4xx at the worst."""
    client = TestClient(fuzz.schema.app, base_url="http://127.0.0.1", headers=BEARER)
    found: dict[str, Sent] = {}
    for sent in hostile(fuzz.schema.app.openapi()):
        with fuzz.locked() if sent.path in STARTING else nullcontext():
            status = sent.by(client)
        if status >= 500:
            found.setdefault(f"{sent.method} {sent.path} {status}", sent)
    assert {route: str(sent)[:400] for route, sent in found.items()} == {}
