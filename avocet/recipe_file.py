"""Writing into a recipe's YAML what an import had to be told, so that the next one need not be."""

from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from avocet import durable
from avocet.errors import RecipeError
from avocet.home import Home
from avocet.recipe import Recipe, parse
from avocet.records import Naming


def remember(home: Home, recipe: Recipe, naming: Naming) -> Path | None:
    """Put columns and labels that the recipe does not know yet into its file; the file, or None where it knew all.

    Comments stay. A recipe that ships with the checkout is written into AVOCET_HOME's own recipes. Raises
    RecipeError, and leaves the file as it was, where the recipe would not be one any more.
    """
    found = {"columns": naming.columns, "label_map": naming.labels}
    fresh = {
        name: its for name, its in found.items() if dict(getattr(recipe, name)) | dict(its) != getattr(recipe, name)
    }
    if not fresh:
        return None
    read = home.recipe(recipe.name)
    written = home.root / "recipes" / read.name
    text = _with(read.read_text(encoding="utf-8"), fresh)
    parse(text.encode(), home.shown(written))
    written.parent.mkdir(exist_ok=True)
    durable.replace_text(written, text)
    return written


def _with(text: str, fresh: Mapping[str, Mapping[str, str]]) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="rt")
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    try:
        tree: Any = yaml.load(text)
    except YAMLError as e:  # it was read a moment ago
        raise RecipeError(f"the recipe was changed meanwhile and cannot be read ({type(e).__name__})") from None
    for name, its in fresh.items():
        tree.setdefault(name, {}).update(its)
    out = StringIO()
    yaml.dump(tree, out)
    return out.getvalue()
