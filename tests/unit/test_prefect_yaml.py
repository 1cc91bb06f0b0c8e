"""prefect.yaml, key by key: Prefect ignores what it does not know, so a typo would deploy happily."""

import pytest

from avocet.home import CHECKOUT

TOP = {"name", "prefect-version", "build", "push", "pull", "definitions", "deployments"}
DEPLOYMENT = {
    "name", "description", "entrypoint", "tags", "parameters", "enforce_parameter_schema", "concurrency_limit",
    "schedules", "work_pool",
}  # fmt: skip
POOL = {"name", "work_queue_name", "job_variables"}
LIMIT = {"limit", "collision_strategy", "grace_period_seconds"}
SCHEDULE = {
    "cron",
    "timezone",
    "slug",
    "parameters",
}  # and no `active`: it would undo a pause at every deploy
JOB_VARIABLES = {"env"}


@pytest.fixture(scope="module")
def text() -> str:
    return (CHECKOUT / "prefect.yaml").read_text(encoding="utf-8")
