"""Which baselines stand beside tonight's candidates."""

from collections.abc import Callable

import pytest

from avocet.benchmark import contestants
from avocet.recipe import Recipe
from avocet.runs import Run


@pytest.mark.parametrize(
    ("listed", "trained", "wanted"),
    [
        (["majority", "tfidf", "zero-shot"], {}, ["majority", "tfidf", "zero-shot"]),
        (["majority", "tfidf", "zero-shot"], {"tfidf": "v1"}, ["majority", "zero-shot"]),
        (["tfidf"], {"tfidf": "v1"}, ["tfidf"]),
    ],
)
def test_a_tfidf_that_was_trained_is_no_second_baseline(
    listed: list[str],
    trained: dict[str, str],
    wanted: list[str],
    make_run: Callable[..., Run],
    recipe_of: Callable[..., Recipe],
) -> None:
    """Unless it is the only one: without any baseline there would never be a first champion."""
    found = contestants(make_run(recipe_of(baselines=listed)), trained, trained.get("tfidf"))
    assert [c.name for c in found if c.role == "baseline"] == wanted
