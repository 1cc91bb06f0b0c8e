"""prefect.yaml, key by key: Prefect ignores what it does not know, so a typo would deploy happily."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

import pytest
from prefect.exceptions import ParameterTypeError
from ruamel.yaml import YAML

from avocet import recipe as recipes
from avocet.home import CHECKOUT, Home
from avocet.running.request import RunRequest
from flows.benchmark import benchmark
from flows.classify import SHARD, classify, classify_shard
from flows.finetune import finetune

TOP = {"name", "prefect-version", "build", "push", "pull", "definitions", "deployments"}
DEPLOYMENT = {
    "name", "description", "entrypoint", "tags", "parameters", "enforce_parameter_schema", "concurrency_limit",
    "schedules", "work_pool",
}  # fmt: skip
POOL = {"name", "work_queue_name", "job_variables"}
LIMIT = {"limit", "collision_strategy", "grace_period_seconds"}
# No `active`: it would switch a schedule that a person has paused back on at every deploy.
SCHEDULE = {"cron", "timezone", "slug", "parameters"}
DEPLOYMENTS = ("finetune", "nightly", "benchmark")
FLOWS = {"finetune": finetune, "nightly": finetune, "benchmark": benchmark}
BULK = ("classify", "classify-shard")


def unknown(document: Mapping[str, Any]) -> list[str]:
    """Every key that Prefect would ignore, or that must not stand where it does, by its place."""
    found = [("", document, TOP)]
    for deployment in document["deployments"]:
        name = deployment.get("name", "?")
        found += [
            (name, deployment, DEPLOYMENT),
            (f"{name}.work_pool", deployment.get("work_pool", {}), POOL),
            (f"{name}.work_pool.job_variables", deployment.get("work_pool", {}).get("job_variables", {}), {"env"}),
            (f"{name}.concurrency_limit", deployment.get("concurrency_limit", {}), LIMIT),
        ]
        found += [(f"{name}.schedules", schedule, SCHEDULE) for schedule in deployment.get("schedules", [])]
    return [f"{place}.{key}".lstrip(".") for place, keys, known in found for key in keys if key not in known]


@pytest.fixture
def document() -> dict[str, Any]:
    """prefect.yaml as Prefect reads it, its anchors resolved."""
    found: dict[str, Any] = YAML(typ="safe").load((CHECKOUT / "prefect.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def by_name(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {deployment["name"]: deployment for deployment in document["deployments"]}


def test_there_are_five_deployments_of_known_keys(document: dict[str, Any]) -> None:
    """`finetune`, `benchmark` and `classify` by hand, `nightly` by the clock, shards by `classify`; nothing that Prefect would ignore."""
    assert unknown(document) == []
    assert tuple(deployment["name"] for deployment in document["deployments"]) == (*DEPLOYMENTS, *BULK)


def test_the_shards_are_not_in_the_pool_of_the_run_that_waits_for_them(by_name: dict[str, dict[str, Any]]) -> None:
    """In one pool of one slot it would wait for ever; shards run many at a time, the run itself once."""
    assert [by_name[name]["work_pool"]["name"] for name in BULK] == ["gpu", "shards"]
    assert by_name["classify-shard"]["work_pool"]["job_variables"] == by_name["classify"]["work_pool"]["job_variables"]
    assert "concurrency_limit" not in by_name["classify-shard"]
    assert by_name["classify"]["concurrency_limit"]["limit"] == 1
    assert not any({"schedules", "parameters"} & by_name[name].keys() for name in BULK)


@pytest.mark.parametrize(
    ("name", "flow", "wrong"),
    [
        ("classify", classify, {"sources": ["a"], "out": "b", "rows_per_shard": 100}),
        ("classify-shard", classify_shard, {"plan": "a", "number": -1}),
    ],
)
def test_the_bulk_entrypoints_are_flows(
    by_name: dict[str, dict[str, Any]], name: str, flow: Any, wrong: dict[str, Any]
) -> None:
    """The file exists, the names are the flows', and what they are given is held against their schemas."""
    path, _, function = by_name[name]["entrypoint"].partition(":")
    assert (path, function, flow.name) == ("flows/classify.py", flow.fn.__name__, "avocet")
    assert (CHECKOUT / path).is_file() and by_name[name]["enforce_parameter_schema"] is True
    assert f"{flow.name}/{name}" in ("avocet/classify", SHARD)
    with pytest.raises(ParameterTypeError):
        flow.validate_parameters(wrong)


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ((), "deployment"),
        (("deployments", 0), "tagz"),
        (("deployments", 0), "schedule"),
        (("deployments", 0, "work_pool"), "queue"),
        (("deployments", 0, "work_pool", "job_variables"), "working_dir"),
        (("deployments", 0, "concurrency_limit"), "strategy"),
        (("deployments", 1, "schedules", 0), "active"),
    ],
)
def test_a_key_that_must_not_stand_there_is_found(
    document: dict[str, Any], place: tuple[str | int, ...], key: str
) -> None:
    """At every level: the test of this file is not blind."""
    at: Any = document
    for step in place:
        at = at[step]
    at[key] = 1
    assert {found.rpartition(".")[2] for found in unknown(document)} == {key}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_entrypoint_is_the_flow(by_name: dict[str, dict[str, Any]], name: str) -> None:
    """The file exists, and the name in it is the flow `avocet`."""
    path, _, function = by_name[name]["entrypoint"].partition(":")
    assert (CHECKOUT / path).is_file()
    its = FLOWS[name]
    assert (path, function, its.name) == (f"flows/{its.fn.__name__}.py", its.fn.__name__, "avocet")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_parameters_are_the_flows(by_name: dict[str, dict[str, Any]], name: str) -> None:
    """Each is a parameter of the flow, the recipe ships, and a run's own are held against the schema."""
    parameters = by_name[name]["parameters"]
    assert set(parameters) <= set(inspect.signature(FLOWS[name].fn).parameters)
    assert recipes.load(Home(CHECKOUT), parameters["recipe"]).name == "job_mail"
    assert by_name[name]["enforce_parameter_schema"] is True
    FLOWS[name].validate_parameters(parameters)


@pytest.mark.parametrize("purpose", ["finetune", "benchmark"])
def test_what_a_run_is_asked_for_fits_its_deployment(by_name: dict[str, dict[str, Any]], purpose: str) -> None:
    """Whoever asks for a run names its deployment by its purpose, and gives what was asked for, and the run, as parameters."""
    wanted = RunRequest("job_mail") if purpose == "benchmark" else RunRequest("job_mail", "x", 2, 1e-4, 8, {"validation": 0.1, "holdout": 0.2})  # fmt: skip
    parameters = {name: value for name, value in wanted.parameters.items() if value is not None}
    assert purpose in by_name
    FLOWS[purpose].validate_parameters({**parameters, "run": "a-run"})


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_one_run_at_a_time_the_next_waits(by_name: dict[str, dict[str, Any]], name: str) -> None:
    """ENQUEUE: with CANCEL_NEW a run that is stuck would cancel every night after it."""
    limit = by_name[name]["concurrency_limit"]
    assert (limit["limit"], limit["collision_strategy"]) == (1, "ENQUEUE")
    assert 60 <= limit["grace_period_seconds"] <= 86400, "Prefect takes no other"


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_it_runs_on_the_gpu_pool(by_name: dict[str, dict[str, Any]], name: str) -> None:
    """The pool of `make worker`; environment variables are strings."""
    pool = by_name[name]["work_pool"]
    assert pool["name"] == "gpu"
    assert {type(value) for value in pool["job_variables"]["env"].values()} == {str}


def test_only_nightly_has_a_schedule(by_name: dict[str, dict[str, Any]]) -> None:
    """`prefect deploy` cannot take a schedule away, so the others never get one; nightly has one, with a slug."""
    assert "schedules" not in by_name["finetune"] and "schedules" not in by_name["benchmark"]
    assert by_name["nightly"]["schedules"] == [{"cron": "0 3 * * *", "timezone": "Europe/Berlin", "slug": "nightly"}]


def test_no_path_of_a_machine_and_no_pull_step() -> None:
    """Prefect records the folder that deploy is called in; another path, or an unset variable, crashes every run."""
    text = (CHECKOUT / "prefect.yaml").read_text(encoding="utf-8")
    assert not re.search(r"(^|[\s\"'=])(/|~/|[A-Z]:\\)\w", text)
    assert "{{" not in text
    assert YAML(typ="safe").load(text)["pull"] is None
