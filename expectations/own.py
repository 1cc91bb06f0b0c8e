"""Rules that a person adds to a recipe's: recipes/expectations/<recipe>.yaml, read strictly and tried on two rows.

Great Expectations' own JSON suites lose a mistyped rule with a line in the log; here it is one line, and nothing runs.
"""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from io import StringIO
from typing import Any

from avocet.errors import DataStoppedError, RecipeError
from avocet.findings import OUTCOMES
from avocet.home import Home
from avocet.recipe import Recipe
from avocet.rows import Row
from expectations.runner import run_rules
from expectations.suite import COLUMNS, Rule, Table, for_recipe
from expectations.tables import label_table, row_facts

TABLES = tuple(COLUMNS)
NEEDED = ("name", "table", "expectation", "settings", "outcome")
PARTS = (*NEEDED, "message")
# An outcome that acts on rows or labels needs a rule that names them.
_ACTS_ON: Mapping[str, Table] = {"quarantine": "rows", "drop-label": "labels"}
_GENERAL = ("severity", "meta", "notes", "description", "result_format", "catch_exceptions", "windows", "id",
            "rendered_content", "batch_id", "row_condition", "condition_parser")  # fmt: skip
_NAME_CHARS = 80


class _WrongError(Exception):
    """What is wrong with a rule; `at` is the part of it, or nothing for the rule as a whole."""

    def __init__(self, message: str, *at: str) -> None:
        super().__init__(message)
        self.at = at


def own_rules(home: Home, recipe: Recipe) -> list[Rule]:
    """The rules that stand in the recipe's file of rules, if there is one.

    Raises RecipeError in one line that names file, line and what to do, for the first rule that is not right.
    """
    path = home.expectations(recipe.name)
    return parse(path.read_bytes(), home.shown(path), recipe) if path.is_file() else []


def parse(raw: bytes, shown: str, recipe: Recipe) -> list[Rule]:
    """Rules from the bytes of a YAML file called `shown`. Raises RecipeError."""
    listed = _listed(raw, shown)
    found: list[Rule] = []
    taken = {rule.name for rule in for_recipe(recipe)}
    for i, node in enumerate(listed):
        try:
            rule = _rule(node)
            if rule.name in taken:
                raise _WrongError(f"there is a rule {rule.name!r} already; give it another name", "name")
            _try(rule, recipe)
        except _WrongError as e:
            raise RecipeError(f"{shown}, line {_line(listed, i, e.at)}: rule {i + 1}: {e}") from None
        taken.add(rule.name)
        found.append(rule)
    return found


def _listed(raw: bytes, shown: str) -> Any:
    """The list under `rules`, as ruamel's nodes, which know their lines."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        tree = YAML(typ="rt").load(StringIO(raw.decode("utf-8")))
    except MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else "?"
        raise RecipeError(f"{shown}, line {line}: {' '.join(str(e.problem or e).split())}") from None
    except (YAMLError, UnicodeDecodeError) as e:
        raise RecipeError(f"{shown}: not YAML in UTF-8 ({type(e).__name__})") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("rules"), list):
        raise RecipeError(
            f"{shown}, line 1: a file of rules is `rules:` and a list; `avocet expectations` shows what they hold"
        )
    odd = next((key for key in tree if key != "rules"), None)
    if odd is not None:
        raise RecipeError(
            f"{shown}, line {_key_line(tree, odd) + 1}: {odd!r:.40} is nothing that a file of rules holds, only rules"
        )
    return tree["rules"]


def _line(listed: Any, i: int, at: Sequence[str]) -> int:
    line, node = listed.lc.item(i)[0], listed[i]
    for part in at:
        if not isinstance(node, dict) or part not in node:
            break
        line, node = _key_line(node, part), node[part]
    return int(line) + 1


def _key_line(node: Any, key: object) -> int:
    """The line of a key, from 0, as ruamel's mappings know it."""
    return int(node.lc.key(key)[0])


def _rule(node: Any) -> Rule:
    """One entry of the list as a rule that Great Expectations takes. Raises _WrongError."""
    if not isinstance(node, dict):
        raise _WrongError(f"a rule is a mapping with {', '.join(NEEDED)}")
    for part in node:
        _one_of(part, PARTS, "a rule has no", part)
    for part in NEEDED:
        if part not in node:
            raise _WrongError(f"it has no {part}; a rule has {', '.join(NEEDED)}")
    for part in (x for x in PARTS if x != "settings" and x in node):
        if not isinstance(node[part], str) or not node[part].strip() or not node[part].isprintable():
            raise _WrongError(f"{part} is not a line of text", part)
    if len(node["name"]) > _NAME_CHARS:
        raise _WrongError(f"name has over {_NAME_CHARS} characters", "name")
    _one_of(node["table"], TABLES, "there is no table", "table")
    _one_of(node["outcome"], OUTCOMES, "there is no outcome", "outcome")
    settings = _settings(node["settings"])
    rule = Rule(
        str(node["name"]), node["table"], str(node["expectation"]), settings, node["outcome"],
        str(node.get("message", f"the rule '{node['name']}' does not hold ({{n}} of {node['table']})")),
    )  # fmt: skip
    _fits(rule)
    return rule


def _one_of(word: object, words: Sequence[str], none: str, *at: str) -> None:
    if word not in words:
        near = get_close_matches(str(word), words, 1)
        raise _WrongError(
            f"{none} {word!r:.60}; {f'did you mean {near[0]}?' if near else 'one of ' + ', '.join(words)}", *at
        )


def _settings(node: Any) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise _WrongError("settings are a mapping such as {column: n_chars, max_value: 5000}", "settings")
    try:
        plain = json.loads(json.dumps(node, allow_nan=False))
    except (TypeError, ValueError):
        raise _WrongError(
            "settings hold something that is neither text nor number nor a list of these", "settings"
        ) from None
    return {str(name): value for name, value in plain.items()}


def _fits(rule: Rule) -> None:
    """Whether class, settings, columns and outcome belong together. Raises _WrongError."""
    from great_expectations import expectations as gxe
    from great_expectations.compatibility import pydantic
    from great_expectations.expectations import expectation as kinds

    known = [name for name in dir(gxe) if name.startswith("Expect") and name != "Expectation"]
    _one_of(rule.expectation, known, "Great Expectations has no", "expectation")
    its = getattr(gxe, rule.expectation)
    names = sorted(set(its.__fields__) - set(_GENERAL))
    for name in rule.settings:
        _one_of(name, names, f"{rule.expectation} has no setting", "settings", name)
    for name in (x for x in ("column", "column_A", "column_B", "column_list") if x in rule.settings):
        for column in rule.settings[name] if isinstance(rule.settings[name], list) else [rule.settings[name]]:
            _one_of(column, COLUMNS[rule.table], f"table {rule.table} has no column", "settings", name)
    names_rows = issubclass(
        its, (kinds.ColumnMapExpectation, kinds.ColumnPairMapExpectation, kinds.MulticolumnMapExpectation)
    )
    wanted = _ACTS_ON.get(rule.outcome)
    if wanted and (rule.table != wanted or not names_rows):
        raise _WrongError(
            f"{rule.outcome} is for a rule over each line of table {wanted}; use stop, warn or note", "outcome"
        )
    try:
        its(**rule.settings)
    except pydantic.ValidationError as e:
        first = e.errors()[0]
        at = str(first["loc"][0])
        raise _WrongError(f"{at if at != '__root__' else 'settings'}: {first['msg']}", "settings", at) from None


def _try(rule: Rule, recipe: Recipe) -> None:
    """Evaluate it over two invented rows: a value of the wrong kind would stop each night. Raises _WrongError."""
    rows = [Row(f"row-{i}", label, dict.fromkeys(recipe.fields, label), "", i) for i, label in enumerate(recipe.labels)]
    of_rows = rule.table in ("rows", "kept")
    table = row_facts(recipe, rows) if of_rows else label_table(recipe, [row.label for row in rows])
    with _quiet():
        try:
            run_rules([rule], table)
        except DataStoppedError:
            raise _WrongError(
                f"{rule.expectation} cannot be evaluated with these settings over table {rule.table}", "settings"
            ) from None


@contextmanager
def _quiet() -> Iterator[None]:
    """What Great Expectations logs of a rule that crashes is told in one line of ours."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
