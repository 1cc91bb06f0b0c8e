"""The house keeps its shape: the stages, the tree in the README, the light door, sizes, and docs that do not lie."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from avocet.home import CHECKOUT

STAGES = ["benchmark", "finetune", "promote", "split", "validate"]
PACKAGES = ("app", "avocet", "expectations", "flows", "tasks")
SOURCES = sorted(p for package in PACKAGES for p in (CHECKOUT / package).rglob("*.py"))
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_tasks_holds_exactly_the_five_stages() -> None:
    """The folder listing is the pipeline."""
    assert sorted(p.stem for p in (CHECKOUT / "tasks").glob("*.py") if p.stem != "__init__") == STAGES


def test_no_package_below_tests_and_no_flow_named_like_a_package() -> None:
    """tests/tasks/__init__.py would shadow tasks/; flows/ is first on sys.path when a script runs."""
    assert list((CHECKOUT / "tests").rglob("__init__.py")) == []
    installed = {name.lower() for name in sys.stdlib_module_names} | {"prefect", "torch", "yaml", "pandas", "click"}
    assert not {p.stem for p in (CHECKOUT / "flows").glob("*.py")} & installed


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(CHECKOUT).as_posix())
def test_each_file_says_what_lives_there_and_stays_small(path: Path) -> None:
    """A first sentence (empty package files excepted), never over 400 lines, no function over 60."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert not text.strip() or ast.get_docstring(tree)
    assert text.count("\n") <= 400
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 60] == []


def test_the_door_is_light() -> None:
    """`avocet --help` imports nothing that costs seconds."""
    code = "import sys, app.cli; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {
        "torch",
        "transformers",
        "prefect",
        "great_expectations",
        "sklearn",
        "pandas",
        "numpy",
        "pydantic",
    }


def test_every_file_of_the_readmes_tree_exists() -> None:
    """The annotated tree is checked against the checkout."""
    tree = re.search(r"```text\n(.*?)```", README, re.S)
    assert tree
    names = [line.split()[0] for line in tree[1].splitlines() if line and not line.startswith(" ")]
    assert len(names) > 12
    assert [n for n in names if not (CHECKOUT / n).exists()] == []


def test_every_command_of_the_readme_is_there() -> None:
    """Make targets, verbs of avocet, and scripts that the README names."""
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    assert set(re.findall(r"\bmake ([a-z-]+)", README)) <= targets
    verbs = set(re.findall(r"(?:^|`|\$ )(?:\.venv/bin/)?avocet ([a-z]+)", README, re.M))
    from app.cli import main

    assert verbs and verbs <= set(main.commands)
    scripts = set(re.findall(r"python ([a-z_/]+\.py)", README))
    assert scripts and [s for s in scripts if not (CHECKOUT / s).exists()] == []


def test_every_setting_of_a_recipe_is_documented() -> None:
    """docs/recipe.md names each field of each model."""
    from avocet import candidates, recipe

    text = (CHECKOUT / "docs" / "recipe.md").read_text(encoding="utf-8")
    its = get_args(get_args(candidates.Candidate)[0])
    assert len(its) == 8
    models = (recipe.Recipe, recipe.Shares, recipe.Expect, recipe.Gate, *its)
    fields = {name for model in models for name in model.model_fields}
    assert sorted(name for name in fields if f"`{name}`" not in text) == []
