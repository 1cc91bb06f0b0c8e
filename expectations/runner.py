"""Runs a suite with Great Expectations and maps each result to its outcome; a rule that crashed stops the run."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from avocet.errors import DataStoppedError
from avocet.findings import Finding
from expectations.suite import Rule

if TYPE_CHECKING:
    import pandas as pd

# All offending ids, and no values: without these one failed rule over a column can quote a whole mail.
IDS_ONLY = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "return_unexpected_index_query": False,
}


def run_rules(rules: Sequence[Rule], table: "pd.DataFrame") -> list[Finding]:
    """The findings of `rules` over `table`, each with all offending keys (of the table's first column) in `where`.

    Raises DataStoppedError where a rule crashed or did not come back: Great Expectations would call a suite
    with a crashed rule, or with none, a success.
    """
    if not rules:
        return []
    key = str(table.columns[0])
    results = _validated(rules, table.reset_index(drop=True), key)
    found = []
    for i, rule in enumerate(rules):
        result = results.get(i)
        if result is None or result["exception_info"].get("raised_exception", _crashed(result)):
            raise DataStoppedError(
                f"rule {rule.name!r} could not be evaluated; nothing is trained on rows that were not checked"
            )
        if not result["success"]:
            where = _keys(result["result"].get("unexpected_index_list") or [], key)
            message = rule.message.replace("{n}", str(len(where)))
            found.append(Finding(rule.name, rule.outcome, message, len(where), where))
    return found


def _keys(hits: list[dict[str, Any]], key: str) -> tuple[str, ...]:
    """The offending keys; with values excluded, Great Expectations puts all of them into one list."""
    return tuple(str(k) for hit in hits for k in (hit[key] if isinstance(hit[key], list) else [hit[key]]))


def _crashed(result: dict[str, Any]) -> bool:
    """Column rules report exceptions one level down, by metric."""
    return any(isinstance(v, dict) and v.get("raised_exception") for v in result["exception_info"].values())


def quiet_context() -> Any:
    """A context of Great Expectations that leaves no file and draws no bar."""
    logging.getLogger("great_expectations").setLevel(logging.ERROR)  # not higher: its errors are ours to see
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # This one sets itself to INFO and tells of a temporary folder at each context.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.ERROR)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def suite_of(name: str, rules: Sequence[Rule]) -> Any:
    """The rules as a suite; each result says in its `meta` which rule it is of."""
    import great_expectations as gx
    from great_expectations import expectations as gxe

    its = [
        getattr(gxe, rule.expectation)(
            **rule.settings,
            severity=rule.severity,
            notes=f"{rule.name} ({rule.outcome})",
            meta={"rule": i},
        )
        for i, rule in enumerate(rules)
    ]
    return gx.ExpectationSuite(name=name, expectations=its)


def _validated(rules: Sequence[Rule], table: "pd.DataFrame", key: str) -> dict[int, dict[str, Any]]:
    """Rule number -> Great Expectations' result as a plain dict."""
    batch = (
        quiet_context()
        .data_sources.add_pandas("tonight")
        .add_dataframe_asset("table")
        .add_batch_definition_whole_dataframe("all")
    )
    result = batch.get_batch({"dataframe": table}).validate(
        suite_of("recipe", rules), result_format={**IDS_ONLY, "unexpected_index_column_names": [key]}
    )
    return {r["expectation_config"]["meta"]["rule"]: r for r in result.to_json_dict()["results"]}
