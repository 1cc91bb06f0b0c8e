"""Versions over HTTP: listed, compared, promoted by hand, rolled back, exported, removed; each answer as the terminal's."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi.testclient import TestClient

from app.cli import main
from avocet import decision, exchange, promotion, registry
from avocet.exchange import export
from avocet.home import Home
from avocet.runs import Run, only_one
from avocet.store.database import store_of
from avocet.store.runs import RunLedger
from tests.nights import night, said

Make = Callable[..., str]
GOOD, FAIR, BAD = said(1, 2), said(*range(12)), said(*range(30))


def told(*arguments: str) -> Any:
    return json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the home of the first test is kept for the others: three nights take a second."""
    return tmp_path_factory.mktemp("past") / "home"


@pytest.fixture
def three(place: Home, tfidf_version: Make, past: Path) -> tuple[str, str, str]:
    """Two champions, one after the other, and one that the gate refused."""
    one, two, three = "tfidf-1", "tfidf-2", "tfidf-3"
    if past.exists():
        shutil.copytree(past, place.root, symlinks=True, dirs_exist_ok=True)
        return one, two, three
    for i, version in enumerate((one, two, three), 1):
        tfidf_version(version, penalty=float(i), timestamp=f"2026-11-0{i}T02:00:00Z")
    night(place, "run-1", {one: FAIR})
    night(place, "run-2", {one: FAIR, two: GOOD}, champion=one)
    night(place, "run-3", {two: GOOD, three: BAD}, champion=two)
    shutil.copytree(place.root, past, symlinks=True)
    return one, two, three


def champion(place: Home) -> str | None:
    return registry.champion_id(place.models, "tiny")


def test_the_list_is_the_terminals(client: TestClient, three: tuple[str, str, str]) -> None:
    """By the page; damaged ones too."""
    page = client.get("/api/models?recipe=tiny").json()
    assert page == {"items": told("models", "ls"), "total": 3, "next_cursor": None}
    assert [(m["version"], m["champion"], m["was_champion"]) for m in page["items"]] == [
        ("tfidf-3", False, False), ("tfidf-2", True, True), ("tfidf-1", False, True),
    ]  # fmt: skip
    first = client.get("/api/models?recipe=tiny&limit=2").json()
    rest = client.get(f"/api/models?recipe=tiny&limit=2&cursor={first['next_cursor']}").json()
    assert first["items"] + rest["items"] == page["items"] and rest["next_cursor"] is None
    assert client.get("/api/models?recipe=other").json()["items"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=%21", "cursor=x", "cursor=WyJhIl0", "limit=a"])
def test_a_page_that_cannot_be_is_refused(query: str, client: TestClient) -> None:
    """422, as every mistake in a query."""
    assert client.get(f"/api/models?{query}").status_code == 422


def test_one_version_is_shown_with_its_card(client: TestClient, three: tuple[str, str, str]) -> None:
    """As the terminal shows it; a link's name will do; what is not there is 404, what is no name 422."""
    found = client.get("/api/models/avocet-tiny-tfidf").json()
    assert found == told("models", "show", "tfidf-3")
    assert (found["version"], found["card_run"], found["card"]["role"]) == ("tfidf-3", "run-3", "challenger")
    assert found["card"]["lo"] < found["card"]["macro_f1"] < found["card"]["hi"]
    assert client.get("/api/models/nope").status_code == 404
    assert client.get("/api/models/..%2f..%2fetc").status_code in (404, 422)
    assert client.get("/api/models/A").status_code == 422


def test_a_damaged_version_is_shown_as_such(place: Home, client: TestClient, three: tuple[str, str, str]) -> None:
    """Neither the list nor the page of one may fail for it; NaN, which JSON has not, is null."""
    path = place.models / three[2] / "training_info.json"
    path.write_text("{")
    assert "missing or not JSON" in client.get(f"/api/models/{three[2]}").json()["damaged"]
    assert client.get("/api/models?recipe=tiny").json()["total"] == 3
    path.write_text('{"version": "tfidf-3", "recipe": "tiny", "val_macro_f1": NaN, "odd": [Infinity]}')
    assert client.get(f"/api/models/{three[2]}").json()["val_macro_f1"] is None
    assert client.get("/api/models?recipe=tiny").status_code == 200


def test_two_are_compared_as_in_the_terminal(client: TestClient, three: tuple[str, str, str]) -> None:
    """With the mails that b fixed and broke, and their subjects."""
    found = client.get("/api/models/compare?a=tfidf-1&b=tfidf-2").json()
    assert found == told("models", "compare", "tfidf-1", "tfidf-2")
    assert (len(found["fixed"]), found["broken"]) == (10, [])
    assert found["fixed"][0] == {
        "id": "m00", "title": "Mail 0 of <b>somebody</b>", "true": "rejected", "a": "digest", "b": "rejected",
    }  # fmt: skip
    assert found["difference"]["lo"] > 0 and found["difference"]["p_better"] == 1.0
    table = CliRunner().invoke(main, ["models", "compare", "tfidf-1", "tfidf-2"]).stdout
    assert "fixed by tfidf-2 (10):" in table and "Mail 0 of <b>somebody</b>" in table
    for query, status in [("a=tfidf-1&b=tfidf-1", 422), ("a=tfidf-1&b=nope", 404), ("a=tfidf-1", 422)]:
        assert client.get(f"/api/models/compare?{query}").status_code == status


def test_a_cell_leads_to_its_mails(client: TestClient, three: tuple[str, str, str]) -> None:
    """Page by page, as the run kept them."""
    url = "/api/models/tfidf-3/mails?true=rejected&pred=digest"
    page = client.get(f"{url}&limit=3").json()
    assert (page["total"], [m["id"] for m in page["items"]]) == (10, ["m00", "m03", "m06"])
    assert page["items"][0] == {
        "id": "m00", "fields": {"subject": "Mail 0 of <b>somebody</b>", "body": "body of 0"}, "true": "rejected",
        "predicted": "digest", "confidence": 0.9,
    }  # fmt: skip
    following = client.get(f"{url}&limit=3&cursor={page['next_cursor']}").json()
    assert [m["id"] for m in following["items"]] == ["m09", "m12", "m15"]
    assert client.get("/api/models/tfidf-3/mails").json()["total"] == 60
    assert client.get("/api/models/nope/mails").status_code == 404


def test_a_version_that_no_run_judged_has_no_mails(client: TestClient, tfidf_version: Make) -> None:
    """404, with the reason."""
    tfidf_version("tfidf-9")
    answer = client.get("/api/models/tfidf-9/mails")
    assert answer.status_code == 404 and "no run has judged 'tfidf-9'" in answer.json()["detail"]


def test_what_the_gate_refused_needs_a_reason(place: Home, client: TestClient, three: tuple[str, str, str]) -> None:
    """409 with the gate's reasons; with force and a reason it is done, and the ledger keeps both."""
    url = f"/api/models/{three[2]}/deploy"
    answer = client.post(url)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems#not_promoted")
    assert "macro-F1 0.50 against 0.97 of tfidf-2 (champion)" in problem["errors"][0]["detail"]
    for body in (None, {}, {"reason": " "}, {"reason": "x" * 501}):
        answer = client.post(f"{url}?force=true", json=body)
        assert answer.status_code == 422 and "needs a reason" in answer.json()["detail"]
    assert client.post(url, json={"why": "x"}).status_code == 422
    assert champion(place) == three[1]
    moved = client.post(f"{url}?force=true", json={"reason": "the holdout was wrong"}).json()
    assert (moved["version"], moved["before"], champion(place)) == (three[2], three[1], three[2])
    last = client.get("/api/decisions?recipe=tiny").json()["items"][0]
    assert (last["event"], last["reason"]) == ("overridden", "the holdout was wrong")
    answer = client.post(url)
    assert answer.status_code == 409 and "is the champion of tiny already" in answer.json()["detail"]


def test_back_and_forth_again(place: Home, client: TestClient, three: tuple[str, str, str]) -> None:
    """A rollback, and the champion of before by the gate's own word; at the end of the line it says so."""
    moved = client.post("/api/models/rollback", json={"recipe": "tiny"}).json()
    assert (moved["version"], moved["before"], champion(place)) == (three[0], three[1], three[0])
    answer = client.post("/api/models/rollback?recipe=tiny")
    assert answer.status_code == 409 and "there is no base model that answers without one" in answer.json()["detail"]
    assert client.post(f"/api/models/{three[1]}/deploy").json()["version"] == three[1] == champion(place)
    assert client.post("/api/models/rollback?recipe=tiny", json={"version": three[2]}).status_code == 422
    assert client.post("/api/models/rollback?recipe=tiny", json={"version": three[0]}).json()["version"] == three[0]
    assert client.post("/api/models/rollback?recipe=other").status_code == 404
    words = client.get("/api/decisions?recipe=tiny").json()
    assert words["items"] == told("history", "tiny")[::-1] and words["total"] == 6


def test_only_what_never_was_champion_is_removed(place: Home, client: TestClient, three: tuple[str, str, str]) -> None:
    """204, or 409 with the reason."""
    for kept in three[:2]:
        answer = client.delete(f"/api/models/{kept}")
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems#in_use")
    assert client.delete("/api/models/avocet-tiny-tfidf").status_code == 422
    answer = client.delete(f"/api/models/{three[2]}")
    assert (answer.status_code, answer.content, (place.models / three[2]).exists()) == (204, b"", False)
    assert client.delete(f"/api/models/{three[2]}").status_code == 404


def test_while_a_run_is_at_work_nothing_moves(
    place: Home, client: TestClient, three: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """409 busy for each change; reading goes on."""
    monkeypatch.setattr("avocet.runs.LOCK_S", 0.05)
    with only_one(place):
        for method, url in [
            ("DELETE", f"/api/models/{three[2]}"), ("POST", "/api/models/rollback?recipe=tiny"),
            ("POST", f"/api/models/{three[2]}/deploy?force=true"), ("POST", "/api/models/import"),
        ]:  # fmt: skip
            body = {"reason": "x"} if "force" in url else None
            answer = client.request(method, url, json=body)
            assert (answer.status_code, answer.json()["type"]) == (409, "/problems#busy")
        assert client.get("/api/models?recipe=tiny").status_code == 200


def test_an_export_is_the_terminals_zip(place: Home, client: TestClient, three: tuple[str, str, str]) -> None:
    """Byte for byte, by the version's name; nothing is left on the disk."""
    out = export(place, three[1], place.root.parent / "out.zip").read_bytes()
    answer = client.get(f"/api/exports/models/{three[1]}")
    assert answer.content == out and answer.headers["content-length"] == str(len(out))
    assert answer.headers["content-disposition"] == 'attachment; filename="tfidf-2.zip"'
    assert answer.headers["content-type"] == "application/zip"
    assert [p.name for p in place.data.iterdir() if "upload" in p.name or p.suffix == ".zip"] == []
    assert client.get("/api/exports/models/nope").status_code == 404
    (place.models / three[1] / "tfidf.safetensors").write_bytes(b"rot")
    assert client.get(f"/api/exports/models/{three[1]}").status_code == 409


def test_an_export_does_not_fill_the_disk(
    client: TestClient, three: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """507 before anything is written."""
    monkeypatch.setattr(exchange, "RESERVE_BYTES", 10**18)
    answer = client.get(f"/api/exports/models/{three[1]}")
    assert (answer.status_code, answer.json()["type"]) == (507, "/problems#no_space")
    assert client.post("/api/models/import", content=b"x").status_code == 507


# ---- documents 0 and 1 ----------------------------------------------------------------------------------


def test_document_0s_status_is_a_bare_array(client: TestClient, tfidf_version: Make) -> None:
    """One object a name, five keys each; empty at first."""
    assert client.get("/api/finetune/status").json() == []
    tfidf_version("tfidf-1", timestamp="2026-11-01T02:00:00Z")
    tfidf_version("tfidf-2", timestamp="2026-11-02T02:00:00Z", val_macro_f1=0.712, sample_count=401)
    assert client.get("/api/finetune/status").json() == [
        {
            "name": "avocet-tiny-tfidf", "base_model": "none", "val_macro_f1": 0.712, "timestamp": "2026-11-02T02:00:00Z",
            "sample_count": 401,
        }
    ]  # fmt: skip


def test_a_run_that_only_judged_takes_no_verdict_away(
    place: Home, client: TestClient, three: tuple[str, str, str]
) -> None:
    """The pages have one judged after each night: its scores are told then, and what the gate said before."""
    before = client.get("/api/benchmark/results?recipe=tiny").json()
    night_of = decision.read(place, "run-3")
    cards = tuple(card for card in night_of.board.cards if card.role != "challenger")
    other = night(place, "run-0", {"other-1": BAD}, recipe="other").recipe
    run = Run("run-4", place, other.model_copy(update={"name": "tiny"}))
    run.folder.mkdir()
    promotion.keep(run, replace(night_of.board, cards=cards))
    found = client.get("/api/benchmark/results?recipe=tiny").json()
    assert (found["run"], [c["role"] for c in found["models"]]) == ("run-4", ["champion", "baseline"])
    assert found["verdict"] == before["verdict"] and found["verdict"]["reason"] == "not_better"
    assert decision.last_decided(place) == "run-3"


def test_the_last_results_are_the_recipes_own(
    place: Home, client: TestClient, three: tuple[str, str, str], make_recipe: Callable[..., str]
) -> None:
    """Best first, baselines among them, with the verdict; without a run there are the labels and no cards."""
    night(place, "run-8", {"other-1": BAD}, recipe="other")
    found = client.get("/api/benchmark/results?recipe=tiny").json()
    assert (found["run"], found["sample_count"], found["recipe"]) == ("run-3", 60, "tiny")
    assert [(c["name"], c["role"]) for c in found["models"]] == [
        ("tfidf-2", "champion"), ("tfidf-3", "challenger"), ("majority", "baseline"),
    ]  # fmt: skip
    assert found["verdict"]["promoted"] is False and found["verdict"]["reason"] == "not_better"
    assert found["timestamp"].endswith("Z") and found["labels"] == ["rejected", "digest", "neutral"]
    make_recipe([], {"tfidf": {"method": "tfidf"}}, name="new")
    nothing = client.get("/api/benchmark/results?recipe=new").json()
    assert (nothing["models"], nothing["run"], nothing["verdict"]) == ([], None, None) and len(nothing["labels"]) == 3
    (place.runs / "run-3" / "decision.json").write_text("{")
    assert client.get("/api/benchmark/results?recipe=tiny").json()["run"] == "run-2"
    assert client.get("/api/benchmark/results?recipe=nope").status_code == 422


@pytest.fixture
def numbered(place: Home, three: tuple[str, str, str]) -> dict[str, int]:
    """The three nights as the store numbers them, and one that trained nothing."""
    runs = RunLedger(store_of(place))
    found = {}
    for i, version in enumerate([*three, None], 1):
        found[version or "none"] = runs.begin(f"run-{i}", "tiny", {})
        runs.move(f"run-{i}", "completed", model_path=version and f"models/{version}", sentence="done")
    return found


def test_document_1_deploys_and_rolls_back_by_run(
    place: Home, client: TestClient, three: tuple[str, str, str], numbered: dict[str, int]
) -> None:
    """The same gate, the same reasons, the same end of the line."""
    base = "/admin/api/deploy-model"
    answer = client.post(f"{base}/{numbered[three[2]]}")
    assert answer.status_code == 409 and "against 0.97" in answer.json()["errors"][0]["detail"]
    assert client.post(f"{base}/{numbered[three[2]]}?force=true").status_code == 422
    moved = client.post(f"{base}/{numbered[three[2]]}?force=true", json={"reason": "a trial"})
    assert moved.json()["version"] == three[2] == champion(place)
    for before in (three[1], three[0]):
        assert client.post("/admin/api/rollback-model?recipe=tiny").json()["version"] == before
    answer = client.post("/admin/api/rollback-model?recipe=tiny")
    assert answer.status_code == 409 and "had no champion before tfidf-1" in answer.json()["detail"]
    assert client.post(f"{base}/{numbered[three[1]]}").json()["version"] == three[1]
    answer = client.post(f"{base}/{numbered['none']}")
    assert answer.status_code == 404 and "trained no version" in answer.json()["detail"]
    for odd in ("99", "-1", "9" * 30):
        assert client.post(f"{base}/{odd}").status_code == 404
    assert client.post(f"{base}/x").status_code == 422


def test_document_1_exports_mail_only_when_asked(
    place: Home, client: TestClient, tfidf_version: Make, numbered: dict[str, int]
) -> None:
    """training_data.json holds the rows that the version learned from and no judged one; such a zip can be taken in."""
    url = f"/admin/api/export-model/{numbered['tfidf-3']}"
    plain = zipfile.ZipFile(io.BytesIO(client.get(url).content))
    assert "training_data.json" not in plain.namelist() and {"README.md", "metrics.json"} <= set(plain.namelist())
    assert b"somebody" not in client.get(url).content
    answer = client.get(f"{url}?with_training_data=true")  # it says run-1, and has learned from none of its rows
    assert answer.status_code == 404 and "are not here; export it without them" in answer.json()["detail"]
    rows = [json.loads(line) for line in (place.runs / "run-1" / "rows.jsonl").read_text().splitlines()]
    keys = {row["key"] for row in rows if row["side"] == "train"}
    tfidf_version("tfidf-4", penalty=4.0, run="run-1", learned=sorted(keys))
    RunLedger(store_of(place)).begin("run-9", "tiny", {})
    RunLedger(store_of(place)).move("run-9", "completed", model_path="models/tfidf-4")
    its = client.get(f"/admin/api/export-model/{RunLedger(store_of(place)).get('run-9').id}?with_training_data=true")
    packed = zipfile.ZipFile(io.BytesIO(its.content))
    data = json.loads(packed.read("training_data.json"))["rows"]
    assert {row["id"] for row in data} == {"t0", "t1", "t2"} and {row["side"] for row in data} == {
        "train",
        "validation",
    }
    assert data[0]["fields"]["subject"] == "Mail 0 of <b>somebody</b>"
    assert client.delete("/api/models/tfidf-4").status_code == 204
    taken = client.post("/api/models/import", content=its.content)
    assert taken.status_code == 201 and not (place.models / "tfidf-4" / "training_data.json").exists()
