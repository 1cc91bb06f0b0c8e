"""The flow as Prefect runs it, on one session-wide server: promotion, quiet nights, retries, failures, no mail text."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avocet import registry
from avocet.home import CHECKOUT, Home
from avocet.store.database import store_of
from avocet.store.runs import RunLedger
from avocet.store.settings import change

TFIDF = {"tfidf": {"method": "tfidf"}}


@pytest.fixture(scope="module")
def server() -> Iterator[None]:
    """One temporary Prefect server; its default start-up time is too short for a small machine."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture
def night(server: None) -> Callable[..., Any]:
    """Runs the flow and returns its final state."""
    from flows.finetune import finetune

    def run(recipe: str = "tiny", **parameters: Any) -> Any:
        return finetune(recipe, **parameters, return_state=True)

    return run


def decisions(place: Home) -> list[dict[str, Any]]:
    """Of all runs, the oldest first."""
    return [json.loads(path.read_text()) for path in sorted(place.runs.glob("*/decision.json"))]


def task_runs(state: Any) -> dict[str, Any]:
    """Task run name -> task run, of the flow run that ended in `state`."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter

    with get_client(sync_client=True) as client:
        found = client.read_task_runs(flow_run_filter=FlowRunFilter(id={"any_": [state.state_details.flow_run_id]}))
    return {run.name: run for run in found}


def test_nights_promote_rest_and_refuse(
    night: Callable[..., Any], place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """The first night crowns a champion, a night without news trains nothing, a not better one changes nothing."""
    make_recipe(few_rows[:-6], TFIDF, gate={"holdout_rows": 10}, baselines=["majority"])
    first = night()
    assert first.message.startswith("promoted tfidf (the first champion): macro-F1 ")
    champion = registry.champion_id(place.models, "tiny")
    decision = json.loads(next(place.runs.glob("*/decision.json")).read_text())
    assert decision["promoted"] and decision["verdict"]["challenger"] == champion

    second = night()
    assert (second.name, second.type.value) == ("NoChange", "COMPLETED")
    assert "nothing was trained" in second.message
    assert len(registry.versions(place.models)) == 1

    make_recipe(few_rows, TFIDF, gate={"holdout_rows": 10, "margin": 0.9}, baselines=["majority"])
    third = night()
    assert third.message.startswith("refused tfidf: ") and "margin of 0.9" in third.message
    assert registry.champion_id(place.models, "tiny") == champion
    assert [e["event"] for e in registry.ledger(place.models)] == ["promoting", "promoted", "refused"]
    told = [(run.id, run.status, run.sentence) for run in RunLedger(store_of(place)).latest()]
    assert told == [(i, "completed", state.message) for i, state in ((3, third), (2, second), (1, first))]

    # What the ledger says must stand on disk: with the champion's folder gone, the night is not a quiet one,
    # and the gate fails closed because the champion cannot be scored.
    shutil.rmtree(place.models / str(champion))
    fourth = night()
    assert "could not be scored" in fourth.message
    assert registry.champion_id(place.models, "tiny") == champion

    # What a person switched off is no failure, and nothing is begun.
    change(store_of(place), "ann", fine_tuning_enabled=False)
    fifth = night()
    assert (fifth.name, fifth.type.value) == ("SwitchedOff", "COMPLETED")
    assert len(list(place.runs.iterdir())) == 4


@pytest.mark.slow
def test_an_edited_holdout_label_is_a_new_holdout_on_which_both_are_judged(
    night: Callable[..., Any], place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """The row keeps its side; the champion's stored score is not what is compared."""
    make_recipe(few_rows, TFIDF, gate={"holdout_rows": 10, "crossfit": {"below": 0}}, baselines=["majority"])
    night()
    first = decisions(place)[0]
    champion = registry.champion_id(place.models, "tiny")
    edited, right = first["board"]["row_ids"][0], first["board"]["true"][0]
    other = next(label for label in first["board"]["labels"] if label != right)
    rows = [{**row, "label": other} if row["id"] == edited else row for row in few_rows]
    # A new label of a judged row teaches nothing; one more row to learn from makes a challenger.
    make_recipe(
        [*rows, {**few_rows[0], "id": "new", "subject": "Quite another subject", "body": "with words of its own"}],
        TFIDF, gate={"holdout_rows": 10, "crossfit": {"below": 0}}, baselines=["majority"],
    )  # fmt: skip
    night()
    second = decisions(place)[1]
    assert second["champion_before"] == champion
    assert dict(zip(second["board"]["row_ids"], second["board"]["true"], strict=True))[edited] == other
    cards = {card["role"]: card for card in second["board"]["cards"]}
    assert cards["champion"]["holdout"] == cards["challenger"]["holdout"] == second["board"]["holdout"]
    assert second["board"]["holdout"] != first["board"]["holdout"]
    before = next(card for card in first["board"]["cards"] if card["role"] == "challenger")
    assert (before["name"], before["macro_f1"]) != (champion, cards["champion"]["macro_f1"])
    found = RunLedger(store_of(place)).latest()
    assert [(run.status, run.num_test_examples) for run in found] == [("completed", len(second["board"]["true"])),
                                                                       ("completed", len(first["board"]["true"]))]  # fmt: skip
    assert [run.sentence for run in found] == [second["sentence"], first["sentence"]]


@pytest.mark.slow
def test_a_version_that_is_there_is_judged_without_training(
    night: Callable[..., Any], place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """An imported version passes the gate or does not, like any other; a name that is nothing is told."""
    gate = {"holdout_rows": 10, "crossfit": {"below": 0}}
    make_recipe(few_rows, TFIDF, gate=gate, baselines=["majority"], text="{subject:.9}")  # nine letters tell little
    weak = night()
    champion = registry.champion_id(place.models, "tiny")
    assert weak.message.startswith("promoted tfidf (the first champion)")
    make_recipe(few_rows, TFIDF, gate={"holdout_rows": 10, "margin": 0.9}, baselines=["majority"])
    both = night()
    assert "; cross-fitted " in both.message and both.message.endswith(" on 120"), both.message
    strong = registry.versions(place.models)[0].id
    make_recipe(few_rows, TFIDF, gate=gate, baselines=["majority"])
    assert registry.champion_id(place.models, "tiny") == champion != strong
    judged = night(model=strong)
    assert judged.message.startswith("promoted tfidf: ") and "cross-fitted" not in judged.message
    assert registry.champion_id(place.models, "tiny") == strong
    assert len(registry.versions(place.models)) == 2, "nothing was trained"
    assert night(model=strong).name == "NoChange"
    assert "has no candidate 'nobody'" in night(model="nobody").message


@pytest.mark.slow
def test_out_of_memory_is_retried_smaller_until_it_fits(
    night: Callable[..., Any],
    place: Home,
    make_recipe: Callable[..., str],
    few_rows: list[dict[str, Any]],
    tiny_deberta: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three attempts of one task run, the effective batch kept; a candidate that fails for good costs no other."""
    full = {"method": "full", "base": str(tiny_deberta), "epochs": 1, "max_tokens": 32, "learning_rate": 1e-3}
    make_recipe(
        few_rows,
        {"small": full, "narrow": {**full, "batch_size": 1, "gradient_checkpointing": True}},
        gate={"holdout_rows": 10},
        baselines=["majority"],
    )
    monkeypatch.setenv("AVOCET_FAULT", "oom@1>4,kill@0>4")
    state = night(model="small")
    assert task_runs(state)["finetune small"].run_count == 3
    version = registry.versions(place.models)[0]
    assert version.info["rung"] == "micro-batch 4 x accumulation 4"

    monkeypatch.setenv("AVOCET_FAULT", "kill@1")
    champion = registry.champion_id(place.models, "tiny")
    state = night()
    assert "narrow failed: narrow at micro-batch 1" in state.message and "What holds the memory" in state.message
    assert state.message.startswith(("refused small: ", "kept small", "refused tfidf")), state.message
    assert registry.champion_id(place.models, "tiny") == champion
    assert len(registry.versions(place.models)) == 1, "small was there already"


def test_bad_rows_stop_the_run_once_and_say_why(
    night: Callable[..., Any], place: Home, make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """Too few rows are not retried and leave no model."""
    make_recipe(few_rows[:1], TFIDF)
    state = night()
    assert state.is_failed() and "nothing to tell apart" in state.message
    assert task_runs(state)["validate"].run_count == 1
    assert not place.models.exists() or not list(place.models.iterdir())


def test_the_eight_row_example_trains_and_promotes_nothing(
    night: Callable[..., Any],
    place: Home,
    make_recipe: Callable[..., str],
    tiny_deberta: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Document 0's integration run: one epoch on 8 rows, a warning for each label without enough rows, right keys."""
    from avocet import recipe as recipes

    rows = [json.loads(line) for line in (CHECKOUT / "data" / "email_score.jsonl.example").read_text().splitlines()]
    job_mail = recipes.load(Home(CHECKOUT), "job_mail")
    small = {**job_mail.candidates["deberta-small"].model_dump(), "base": str(tiny_deberta), "epochs": 1}
    make_recipe(rows, {"deberta-small": small}, name="job_mail", labels=job_mail.labels, alias="avocet-{candidate}")
    state = night("job_mail")
    assert state.is_completed() and "too few rows for an honest holdout" in state.message
    present = {row["label"] for row in rows}
    for label in job_mail.labels:
        n = sum(row["label"] == label for row in rows)
        if n < 2:
            needs = (
                f"label {label} has 0 rows and is dropped"
                if label not in present
                else f"label {label} has 1 of the 2 rows it needs"
            )
            assert any(needs in record.message for record in caplog.records), needs
    info = json.loads((place.models / "avocet-deberta-small" / "training_info.json").read_text())
    documents = [
        "name",
        "base_model_id",
        "timestamp",
        "epochs_run",
        "val_macro_f1",
        "val_accuracy",
        "sample_count",
        "label_counts",
    ]
    assert set(documents) <= set(info) and info["sample_count"] == 8 and info["epochs_run"] == 1
    assert registry.champion_id(place.models, "job_mail") is None


def test_no_mail_text_reaches_the_orchestrator(
    night: Callable[..., Any], make_recipe: Callable[..., str], few_rows: list[dict[str, Any]]
) -> None:
    """A word that stands in every body is nowhere in the server's database, artifacts included."""
    from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL

    canary = "xylographically"
    rows = [{**row, "id": f"r{i}", "body": f"{canary} {row['body']}"} for i, row in enumerate(few_rows)]
    make_recipe([*rows, {"id": "odd", "subject": canary, "body": canary, "label": "unheard_of"}, {"subject": canary}], TFIDF,
                gate={"holdout_rows": 10}, baselines=["majority"])  # fmt: skip
    assert night().message.startswith("promoted")
    file = str(PREFECT_API_DATABASE_CONNECTION_URL.value()).split("///")[-1]
    with sqlite3.connect(file) as database:
        dump = "\n".join(database.iterdump())
    assert "unheard" in dump, "the artifacts are in this database"
    assert canary not in dump
    assert not list(Path(os.environ["PREFECT_HOME"]).rglob("storage/*")), "no pickled results"


@pytest.mark.slow
def test_memory_that_others_hold_is_waited_for_and_told(
    night: Callable[..., Any],
    place: Home,
    make_recipe: Callable[..., str],
    few_rows: list[dict[str, Any]],
    tiny_deberta: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two attempts wait, with a delay of their own, and the third trains as the recipe says: no rung is lost."""
    from prefect.client.orchestration import get_client

    import tasks
    from avocet import attempts
    from avocet.methods.room import Room

    small = {"method": "full", "base": str(tiny_deberta), "epochs": 1, "max_tokens": 32, "learning_rate": 1e-3}
    make_recipe(few_rows[::2], {"small": small}, gate={"holdout_rows": 5}, baselines=["majority"])
    free = iter([10**6] * 4)  # planning and looking, twice
    gib = 1024**3
    monkeypatch.setattr(attempts, "here", lambda: Room("H200", next(free, 80 * gib), 80 * gib, gpu=True))
    monkeypatch.setattr(tasks, "BUSY_DELAY_S", 2)
    state = night()
    run = task_runs(state)["finetune small"]
    assert run.run_count == 3
    assert registry.versions(place.models)[0].info["rung"] == "micro-batch 16 x accumulation 1"
    with get_client(sync_client=True) as client:
        states = client.read_task_run_states(run.id)
    waits = [s.state_details.scheduled_time - s.timestamp for s in states if s.name == "AwaitingRetry"]
    assert [round(w.total_seconds()) for w in waits] == [2, 2]
