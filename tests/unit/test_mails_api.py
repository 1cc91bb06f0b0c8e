"""Labelling over HTTP: fifty keys in five seconds, two people at one mail, undo over a restart, and nothing that is half said."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api import create_app
from avocet import recipe as recipes
from avocet import registry
from avocet.byhand import user
from avocet.home import Home
from avocet.store.database import store_of
from avocet.store.labels import Incoming, Labels, StoredRow
from avocet.store.past_words import events

SAME = "your order has left our house today and will be with you by the end of the week as usual"


@pytest.fixture
def labels(place: Home, stored_recipe: str, few_rows: list[dict[str, Any]]) -> Labels:
    """The collection of the recipe `tiny`: 60 mails without a label."""
    found = Labels(store_of(place), stored_recipe)
    its = [StoredRow(r["id"], {"subject": r["subject"], "body": r["body"]}, "f:1") for r in few_rows[::2]]
    found.add([Incoming(one) for one in its])
    return found


@pytest.fixture
def tiny(client: TestClient, labels: Labels) -> TestClient:
    """The door, asked about the recipe `tiny`."""
    client.params = client.params.set("recipe", "tiny")
    return client


def ids(answer: Any) -> list[str]:
    return [one["mail"]["id"] for one in answer.json()["items"]]


def test_fifty_keys_in_five_seconds_are_fifty_labels(tiny: TestClient, labels: Labels) -> None:
    """Each key on the mail that is shown; sent twice by a nervous network, it is said once."""
    began = time.monotonic()
    for i in range(50):
        (one,) = tiny.get("/api/queue", params={"limit": 1}).json()["items"]
        its = one["mail"]
        said = {"label": ("digest", "neutral")[i % 2], "base_version": its["version"]}
        for _ in range(2 if i % 5 == 0 else 1):
            answer = tiny.put(f"/api/mails/{its['id']}/label", json=said)
            assert (answer.status_code, answer.json()["label"]) == (200, said["label"])
        assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    spent = time.monotonic() - began
    told = list(events(labels, 200).items)
    assert (len(told), len({one.row_id for one in told}), {one.kind for one in told}) == (50, 50, {"label"})
    found = tiny.get("/api/queue").json()
    assert (found["total"], found["left"], found["labelled_today"], found["skipped"]) == (10, 10, 50, 0)
    assert spent < 30, "a busy machine; alone it takes about one second"


def test_keys_pressed_at_once_lose_nothing_and_double_nothing(tiny: TestClient, labels: Labels) -> None:
    """Twenty requests in the air: each its own mail."""
    names = ids(tiny.get("/api/queue", params={"limit": 20}))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda name: tiny.put(f"/api/mails/{name}/label", json={"label": "digest"}), names * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(one.row_id for one in events(labels, 200).items) == sorted(names)


def test_a_label_that_the_recipe_does_not_have_changes_nothing(tiny: TestClient, labels: Labels) -> None:
    """422 that points at it, whichever way it is said."""
    name = ids(tiny.get("/api/queue"))[0]
    for answer in (
        tiny.put(f"/api/mails/{name}/label", json={"label": "nonsense"}),
        tiny.post("/api/label", json={"id": name, "label": "nonsense"}),
        tiny.post(f"/api/mails/{name}/alike", json={"label": "nonsense", "ids": [name]}),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/label")
        assert answer.json()["detail"] == "recipe tiny has no such label; it has rejected, digest, neutral"
    assert events(labels, 9).total == 0
    for body in (
        {},
        {"label": 3},
        {"label": "digest", "nonsense": 1},
        {"label": "digest", "suggestion": {"label": "x"}},
    ):
        assert tiny.put(f"/api/mails/{name}/label", json=body).status_code == 422
    assert tiny.put("/api/mails/nobody/label", json={"label": "digest"}).status_code == 404
    assert tiny.put("/api/mails/%00/label", json={"label": "digest"}).status_code == 404
    assert events(labels, 9).total == 0


def test_who_saw_an_older_state_gets_a_412(tiny: TestClient, labels: Labels) -> None:
    """By the header or the body; the other person's label stays, and is named."""
    name = ids(tiny.get("/api/queue"))[0]
    seen = tiny.get(f"/api/mails/{name}")
    assert (seen.headers["etag"], seen.json()["version"]) == ('"0"', 0)
    labels.put(name, "digest", "somebody")
    path = f"/api/mails/{name}"
    for answer in (
        tiny.put(f"{path}/label", json={"label": "neutral", "base_version": 0}),
        tiny.put(f"{path}/label", json={"label": "neutral"}, headers={"If-Match": '"0"'}),
        tiny.put(f"{path}/label", json={"label": "neutral"}, headers={"If-Match": "nonsense"}),
        tiny.post(f"{path}/discard", headers={"If-Match": '"0"'}),
        tiny.post("/api/skip", json={"id": name, "base_version": 0}),
        tiny.delete(f"{path}/label", headers={"If-Match": '"0"'}),
    ):
        assert (answer.status_code, answer.json()["type"]) == (412, "/problems#changed_meanwhile")
        assert "(somebody said label digest)" in answer.json()["detail"]
    assert events(labels, 9).total == 1
    now = tiny.get(path).headers["etag"]
    assert tiny.put(f"{path}/label", json={"label": "neutral"}, headers={"If-Match": now}).status_code == 200
    assert tiny.put(f"{path}/label", json={"label": "digest"}, headers={"If-Match": "*"}).status_code == 200


def test_undo_survives_a_restart(tiny: TestClient, labels: Labels, place: Home) -> None:
    """Step by step, skips and discards too; another program over the same store takes back what this one said."""
    names = ids(tiny.get("/api/queue", params={"limit": 4}))
    tiny.put(f"/api/mails/{names[0]}/label", json={"label": "digest"})
    assert tiny.post(f"/api/mails/{names[1]}/skip").json()["skipped"] is True
    assert tiny.post("/api/discard", json={"id": names[2]}).json()["discarded"] is True
    assert tiny.delete(f"/api/mails/{names[3]}").status_code == 204
    tiny.put(f"/api/mails/{names[0]}/label", json={"label": "neutral"})
    assert tiny.delete(f"/api/mails/{names[0]}/label").status_code == 204
    again = TestClient(
        create_app(place, "other", "tiny"), base_url="http://127.0.0.1", headers={"Authorization": "Bearer other"}
    )
    first = labels.history(6)[-1].seq
    refused = again.post("/api/undo", json={"event": first})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems#not_the_last")
    told = [again.post("/api/undo").json() for _ in range(3)] + [again.delete("/api/label/undo").json()]
    told += [again.post("/api/undo", json={}).json(), again.post("/api/undo", json={"event": first}).json()]
    assert [(one["kind"], one["row_id"], one["label"], one["n"]) for one in told] == [
        ("deletion", names[0], None, 1), ("label", names[0], "neutral", 1), ("discard", names[3], None, 1),
        ("discard", names[2], None, 1), ("skip", names[1], None, 1), ("label", names[0], "digest", 1),
    ]  # fmt: skip
    assert told[-1]["event"] == first
    nothing = again.post("/api/undo")
    assert (nothing.status_code, nothing.json()["type"]) == (404, "/problems#not_found")
    assert next(ids(one.get("/api/queue", params={"limit": 200})) for one in (tiny, again))[:4] == names


def test_the_queue_suggests_and_what_was_seen_is_kept_with_the_label(
    tiny: TestClient, labels: Labels, place: Home, tfidf_version: Callable[..., str]
) -> None:
    """So that corrections and confirmations can be told apart; one mail in ten has no suggestion."""
    registry.promote(place.models, "tiny", tfidf_version("tfidf-1"), "run-1", "the first")
    tiny.get("/api/queue")
    tiny.app.state.queues.of(recipes.load(place, "tiny"))[0].wait(30)
    shown = [one for one in tiny.get("/api/queue", params={"order": "rare"}).json()["items"] if one["suggestion"]]
    one = shown[0]
    assert set(one) == {"mail", "suggestion", "drawn", "blind"} and one["suggestion"]["version"] == "tfidf-1"
    name = one["mail"]["id"]
    body = {"label": one["suggestion"]["label"], "suggestion": one["suggestion"]}
    its = tiny.put(f"/api/mails/{name}/label", json=body).json()
    assert (its["kind"], its["predicted"], its["who"]) == ("confirmation", body["label"], user())
    other = next(label for label in ("digest", "neutral") if label != body["label"])
    its = tiny.post("/api/label", json={"id": name, "label": other, "suggestion": one["suggestion"]}).json()
    assert (its["kind"], its["confidence"]) == ("correction", one["suggestion"]["confidence"])
    told = tiny.get("/api/history", params={"limit": 1}).json()
    assert told["total"] == 2 and told["items"][0]["kind"] == "correction" and told["next_cursor"]
    more = tiny.get("/api/history", params={"limit": 1, "cursor": told["next_cursor"]}).json()
    assert (more["items"][0]["kind"], more["next_cursor"]) == ("confirmation", None)
    stats = tiny.get("/api/stats").json()
    assert (stats["corrections"], stats["confirmations"], stats["n_labelled"], stats["n_rows"]) == (1, 0, 1, 60)


def test_mails_that_are_alike_are_labelled_at_once_and_undone_at_once(tiny: TestClient, labels: Labels) -> None:
    """Found among those that wait; only those that still wait get it."""
    labels.add(
        [Incoming(StoredRow(f"a/b {i}?#", {"subject": "Sent", "body": f"{SAME} number {i}"}, "f:1")) for i in range(4)]
    )
    found = tiny.get("/api/mails/a%2Fb%200%3F%23/alike").json()
    names = [one["id"] for one in found["items"]]
    assert sorted(names) == ["a/b 1?#", "a/b 2?#", "a/b 3?#"] and (found["total"], found["next_cursor"]) == (3, None)
    labels.put(names[0], "neutral", "somebody")
    answer = tiny.post("/api/mails/a%2Fb%200%3F%23/alike", json={"label": "digest", "ids": [*names, "nobody"]})
    assert answer.json() == {"n": 2}
    assert tiny.get("/api/mails/a%2Fb%201%3F%23").json()["label"] in ("digest", "neutral")
    assert tiny.post("/api/undo").json()["n"] == 2
    assert tiny.get("/api/mails/nobody/alike").status_code == 404


def test_mails_are_listed_searched_and_shown(tiny: TestClient, labels: Labels, few_rows: list[dict[str, Any]]) -> None:
    """A page at a time; what was discarded is in no list that does not ask for it."""
    word = few_rows[0]["subject"].split()[0]
    first = tiny.get("/api/mails", params={"limit": 25}).json()
    assert (len(first["items"]), first["total"]) == (25, 60)
    second = tiny.get("/api/mails", params={"limit": 200, "cursor": first["next_cursor"]}).json()
    assert (len(second["items"]), second["next_cursor"]) == (35, None)
    assert len({one["id"] for one in first["items"] + second["items"]}) == 60
    its = first["items"][0]
    assert set(its) == {
        "id", "fields", "headers", "source", "imported_at", "label", "labeled_at", "who", "kind", "predicted", "confidence",
        "version", "discarded", "skipped", "used_in_run",
    }  # fmt: skip
    assert tiny.get(f"/api/mails/{its['id']}").json() == its
    assert tiny.get("/api/mails", params={"q": word.upper()}).json()["total"] >= 1
    tiny.delete(f"/api/mails/{its['id']}")
    assert tiny.get("/api/mails").json()["total"] == 59
    assert [one["id"] for one in tiny.get("/api/mails", params={"state": "discarded"}).json()["items"]] == [its["id"]]
    for asked in (
        {"since": "nonsense"},
        {"cursor": "nonsense"},
        {"limit": 0},
        {"limit": 201},
        {"state": "x"},
        {"label": "\x00"},
    ):
        assert tiny.get("/api/mails", params=asked).status_code == 422, asked


def test_labels_have_keys_that_can_be_set(tiny: TestClient, labels: Labels) -> None:
    """A key that means something else, or is another label's, is pointed at, and nothing is kept."""
    its = tiny.get("/api/labels").json()["items"]
    assert [(one["name"], one["key"]) for one in its] == [("rejected", "1"), ("digest", "2"), ("neutral", "3")]
    its[1] |= {"key": "x", "description": "ten new jobs", "target": 40}
    assert tiny.put("/api/labels", json={"items": its}).json() == {"items": its}
    assert tiny.get("/api/config/labels").json() == {"items": its}
    for key in ("u", "1", "ab", " "):
        bad = [its[0], {**its[1], "key": key}, its[2]]
        answer = tiny.put("/api/labels", json={"items": bad})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/body/items/1/key"), key
    assert tiny.get("/api/labels").json() == {"items": its}


def test_document_1s_training_data(tiny: TestClient, labels: Labels) -> None:
    """A bare list with its own names; an example that is removed is a label that was taken away."""
    names = ids(tiny.get("/api/queue", params={"limit": 3}))
    seen = {"label": "digest", "confidence": 0.75, "version": "tfidf-1"}
    for name in names:
        tiny.put(f"/api/mails/{name}/label", json={"label": "neutral", "suggestion": seen})
    tiny.put("/api/labels", json={"items": [{"name": "neutral", "key": "3", "colour": "#112233", "target": 5}]})
    stats = tiny.get("/admin/api/training-stats").json()
    assert (stats["n_labelled"], stats["corrections"], stats["ready"]) == (3, 3, False)
    assert stats["targets"] == {"rejected": None, "digest": None, "neutral": 5}
    answer = tiny.get("/admin/api/training-examples", params={"limit": 2})
    assert (answer.headers["x-total-count"], len(answer.json())) == ("3", 2)
    rest = tiny.get(answer.links["next"]["url"]).json()
    one = rest[0]
    assert {name: one[name] for name in one if name not in ("id", "message", "submission_id", "correction_timestamp")} == {
        "original_category": "digest", "corrected_category": "neutral", "contributor_type": "person",
        "confidence_score": 0.75, "used_in_training": False, "training_run_id": None,
    }  # fmt: skip
    assert tiny.delete(f"/admin/api/training-example/{one['id']}").status_code == 204
    assert tiny.delete(f"/admin/api/training-example/{one['id']}").status_code == 404
    assert tiny.get(f"/api/mails/{one['submission_id']}").json()["label"] is None
    assert tiny.post("/api/undo").json()["kind"] == "deletion"
    assert tiny.get(f"/api/mails/{one['submission_id']}").json()["label"] == "neutral"
