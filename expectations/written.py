"""A recipe's rules as people read them, and the file in which a person adds others."""

import json
from pathlib import Path

from avocet import durable
from avocet.errors import NothingToDoError
from avocet.findings import OUTCOMES, SEVERITY
from avocet.home import Home
from avocet.recipe import Recipe
from expectations.suite import LABEL_COLUMNS, ROW_COLUMNS, Rule, for_recipe

DOES = {
    "stop": "the night ends before anything is trained",
    "drop-label": "the label is not learned; its rows are judged as misses (table labels)",
    "quarantine": "the row is set aside, with the rule's name as its reason (table rows)",
    "warn": "it is told, loudly",
    "note": "it is told",
}
EXAMPLE = """\
rules:
  - name: mails of a usual length
    table: rows
    expectation: ExpectColumnMedianToBeBetween
    settings: {column: n_chars, min_value: 20, max_value: 5000}
    outcome: warn
    message: the median mail has fewer than 20 or more than 5000 characters
  - name: no mail is a book
    table: rows
    expectation: ExpectColumnValuesToBeBetween
    settings: {column: n_chars, max_value: 50000}
    outcome: quarantine
    message: "{n} mails have more than 50000 characters"
"""


def asked(rule: Rule) -> str:
    """What a rule asks of its table: the expectation and its settings, on one line."""
    return f"{rule.expectation} {json.dumps(dict(rule.settings), ensure_ascii=False)}"


def write_file(home: Home, recipe: Recipe) -> Path:
    """Write the file in which a person adds rules to `recipe`, with none in it yet; returns its path.

    Raises NothingToDoError where it is there, DiskError.
    """
    path = home.root / "recipes" / "expectations" / f"{recipe.name}.yaml"
    if path.exists():
        raise NothingToDoError(f"{home.shown(path)} is there already; add rules to it")
    with durable.on_disk("writing the file of rules"):
        path.parent.mkdir(parents=True, exist_ok=True)
    durable.replace_text(path, as_file(recipe))
    return path


def as_file(recipe: Recipe) -> str:
    """The file's text: what rules can read and do, those that hold already, two examples, and no rule."""
    rows, labels = ", ".join(ROW_COLUMNS), ", ".join(LABEL_COLUMNS)
    said = [
        f"Rules of your own for the recipe {recipe.name}, beside those that its settings under `expect` make.",
        "A mistake in here stops the next run with one line; `avocet check` tries them on tonight's rows.",
        "",
        "Tables that a rule can read; none of them holds a text:",
        f"  rows       each row that was read: {rows}",
        "  kept       the same, without rows that were set aside",
        f"  labels     each label of the recipe: {labels}",
        "  learnable  the same, without labels that have too few rows",
        "",
        "What happens where a rule does not hold, and what Great Expectations calls it:",
        *(f"  {outcome:<10} {SEVERITY[outcome]:<8}  {DOES[outcome]}" for outcome in OUTCOMES),
        "",
        "An expectation is a class of Great Expectations. In a message, {n} is how many rows broke the rule.",
        "",
        f"The rules of {recipe.name} when this file was written (`avocet expectations {recipe.name}` says them as they are):",
        *(f"  {rule.name}: {rule.table}, {asked(rule)}, {rule.outcome}" for rule in for_recipe(recipe)),
        "",
        "Two examples:",
        *EXAMPLE.splitlines(),
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in said) + "rules: []\n"
