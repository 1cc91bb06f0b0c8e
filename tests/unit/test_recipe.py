"""Recipes: what is refused, with file, line and place; and what a recipe means."""

from pathlib import Path

import pytest

from avocet.candidates import Full, Tfidf
from avocet.errors import AvocetError, RecipeError
from avocet.home import CHECKOUT, Home, checked_name
from avocet.recipe import Recipe, Shares, load, parse
from avocet.template import template_fields

GOOD = """\
name: tiny
rows: data/tiny.jsonl
text: "{subject} [SEP] {body:.400}"
labels:
  - rejected
  - digest
candidates:
  tfidf:
    method: tfidf
  small:
    method: full
    base: some/base
    epochs: 3
"""


def complaint(text: str, shown: str = "recipes/tiny.yaml") -> str:
    with pytest.raises(RecipeError) as caught:
        parse(text.encode(), shown)
    return str(caught.value)


def test_a_good_recipe_is_read_whole() -> None:
    """What is not said has the default."""
    found = parse(GOOD.encode(), "recipes/tiny.yaml")
    assert (found.name, found.rows, found.labels, found.fields, found.alias, found.shares) == (
        "tiny", ("data/tiny.jsonl",), ("rejected", "digest"), ("subject", "body"), "avocet-tiny-{candidate}",
        Shares(validation=0.15, holdout=0.20),
    )  # fmt: skip
    assert found.candidates == {
        "tfidf": Tfidf(method="tfidf"),
        "small": Full(method="full", base="some/base", epochs=3),
    }


PLAIN = (
    "a template may hold only fields like {subject} or {body:.400}, and parts of them: "
    "{body.plain}, {body.own}, {body.quoted}, {body.signature}"
)
COMPLAINTS = {
    "unknown key": (GOOD + "colour: red\n", "line 14: colour: no such setting; see docs/recipe.md"),
    "unknown key of a candidate": (
        GOOD.replace("epochs", "epoch"), "line 13: candidates.small.epoch: no such setting; see docs/recipe.md",
    ),
    "unknown key of the gate": (GOOD + "gate:\n  margn: 0.1\n", "line 15: gate.margn: no such setting; see docs/recipe.md"),
    "duplicate key": (GOOD + "rows: other.jsonl\n", 'line 14: found duplicate key "rows"'),
    "duplicate candidate": (GOOD + "  tfidf:\n    method: tfidf\n", 'line 14: found duplicate key "tfidf"'),
    "wrong method": (
        GOOD.replace("method: full", "method: magic"),
        "line 10: candidates.small: Input tag 'magic' found using 'method' does not match any of the expected tags: "
        "'tfidf', 'head', 'joint', 'blend', 'full', 'lpft', 'lora', 'contrastive'",
    ),
    "too many epochs": (
        GOOD.replace("epochs: 3", "epochs: 21"), "line 13: candidates.small.epochs: Input should be less than or equal to 20",
    ),
    "no epochs": (
        GOOD.replace("epochs: 3", "epochs: 0"), "line 13: candidates.small.epochs: Input should be greater than or equal to 1",
    ),
    "repeated label": (GOOD.replace("  - digest", "  - digest\n  - rejected"), "line 4: labels: listed twice: ['rejected']"),
    "label that is a number": (GOOD.replace("- digest", "- digest\n  - 7"), "line 7: labels.2: Input should be a valid string"),
    "candidate with a slash": (
        GOOD.replace("  tfidf:", "  ../x:"), "line 7: candidates: candidate '../x': use a-z, 0-9, - and _ only",
    ),
    "negative margin": (GOOD + "gate:\n  margin: -1\n", "line 15: gate.margin: Input should be greater than or equal to 0"),
    "margin that is no number": (GOOD + "gate:\n  margin: .nan\n", "line 15: gate.margin: Input should be less than 1"),
    "tab": (GOOD + "\tgate: 1\n", "line 14: found character '\\t' that cannot start any token"),
}  # fmt: skip
TEMPLATES = {
    "{body.__class__}": "{body.__class__}: " + PLAIN,
    "{body[0]}": "{body[0]}: " + PLAIN,
    "{body!r}": "{body}: " + PLAIN,
    "{body:{width}}": "{body}: " + PLAIN,
    "{0}": "{0}: " + PLAIN,
    "{}": "{}: " + PLAIN,
    "{subject} {label}": "{label}: a text that holds its own answer teaches nothing; leave it out",
    "no field at all": "the template reads no field; it needs one such as {subject}",
    "{{subject}}": "the template reads no field; it needs one such as {subject}",
    "{body": "expected '}' before end of string",
    "{body:d}": "Unknown format code 'd' for object of type 'str'",
}


@pytest.mark.parametrize("what", COMPLAINTS)
def test_a_wrong_recipe_is_refused_with_file_line_and_place(what: str) -> None:
    """One line, that a person can go to."""
    text, wanted = COMPLAINTS[what]
    assert complaint(text) == f"recipes/tiny.yaml, {wanted}"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_may_hold_only_plain_fields(template: str) -> None:
    """str.format would run attribute look-ups for whoever writes the file."""
    text = GOOD.replace("{subject} [SEP] {body:.400}", template)
    assert complaint(text) == f"recipes/tiny.yaml, line 3: text: {TEMPLATES[template]}"


def test_template_fields_are_told_once_and_in_order() -> None:
    """A field that is used twice is one field; doubled braces are text."""
    assert template_fields("{b:.3}{a}{b} {{c}}") == ("b", "a")


@pytest.mark.parametrize(
    "alias", ["avocet", "{candidate}-{candidate}", "../{candidate}", "Avocet-{candidate}", "a/{candidate}"]
)
def test_an_alias_holds_the_candidate_once_and_is_a_name(alias: str) -> None:
    """It becomes a link under models/."""
    assert complaint(GOOD + f'alias: "{alias}"\n').startswith("recipes/tiny.yaml, line ")
    assert complaint(GOOD + f'alias: "{alias}"\n').endswith(
        ": alias: must hold {candidate} once, with a-z, 0-9, - and _ around it"
    )


def test_the_learning_side_keeps_its_share() -> None:
    """Or a small label would have nothing to learn from."""
    assert complaint(GOOD + "shares: {validation: 0.4, holdout: 0.4}\n").endswith(
        "shares: validation and holdout together may take at most 0.7; the rest is learned from"
    )


def test_a_wrong_alias_is_told_with_its_line() -> None:
    """It stands in line 14."""
    assert complaint(GOOD + "alias: avocet\n").startswith("recipes/tiny.yaml, line 14: alias: ")


def test_a_name_that_differs_from_the_file_is_refused() -> None:
    """A copied recipe would train into the other one's champion."""
    assert complaint(GOOD, "recipes/other.yaml") == (
        "recipes/other.yaml: name is 'tiny', the file is called 'other'; make them equal"
    )


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"- a\n", "x.yaml: a recipe is a mapping with name, rows, text, labels and candidates"),
        (b"", "x.yaml: a recipe is a mapping with name, rows, text, labels and candidates"),
        (b"name: \xff\n", "x.yaml: not YAML in UTF-8 (UnicodeDecodeError)"),
        (b"name: \x00\n", "x.yaml: not YAML in UTF-8 (ReaderError)"),
    ],
)
def test_what_is_no_recipe_at_all_is_refused_in_one_line(raw: bytes, wanted: str) -> None:
    """No traceback, whatever the bytes."""
    with pytest.raises(RecipeError) as caught:
        parse(raw, "x.yaml")
    assert str(caught.value) == wanted


def test_a_tag_of_python_runs_nothing(tmp_path: Path) -> None:
    """A YAML that wants to call a function is refused, and the function was not called."""
    mark = tmp_path / "ran"
    complaint(GOOD.replace("name: tiny", f"name: !!python/object/apply:pathlib.Path.touch [{mark}]"))
    assert not mark.exists()


def test_words_that_yaml_1_1_took_for_booleans_stay_text() -> None:
    """The label `no` is a label."""
    words = ("no", "yes", "on", "off", "y", "n")
    text = GOOD.replace("  - rejected\n  - digest\n", "".join(f"  - {w}\n" for w in words))
    assert parse(text.encode(), "tiny.yaml").labels == words


def test_rows_may_be_one_file_or_several() -> None:
    """A list reads as a list."""
    text = GOOD.replace("rows: data/tiny.jsonl", "rows: [a.jsonl, b.jsonl.gz]")
    assert parse(text.encode(), "tiny.yaml").rows == ("a.jsonl", "b.jsonl.gz")


def test_the_shipped_recipes_load(tmp_path: Path) -> None:
    """Each one from an AVOCET_HOME that has none of its own."""
    names = sorted(p.stem for p in (CHECKOUT / "recipes").glob("*.yaml"))
    assert {"demo_mail", "it_tickets", "job_mail", "sa_mailbox"} <= set(names)
    assert [load(Home(tmp_path), name).name for name in names] == names


def test_the_demo_is_the_recipe_job_mail_on_other_rows(tmp_path: Path) -> None:
    """What the README shows holds for one's own mail."""
    demo, mine = load(Home(tmp_path), "demo_mail"), load(Home(tmp_path), "job_mail")
    assert (demo.text, demo.labels, list(demo.candidates), demo.gate) == (
        mine.text,
        mine.labels,
        list(mine.candidates),
        mine.gate,
    )


def test_a_recipe_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    """A mistyped name shows the right one."""
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "mine.yaml").write_text(GOOD)
    with pytest.raises(RecipeError, match=r"no recipe 'mien'.*there are: .*mine"):
        load(Home(tmp_path), "mien")


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "X", "a" * 65, "x\n", "-x"])
def test_a_recipes_name_is_a_plain_name(name: str, tmp_path: Path) -> None:
    """It becomes a path."""
    with pytest.raises(AvocetError, match="is no name"):
        load(Home(tmp_path), name)


def test_narrowed_keeps_one_candidate_and_sets_epochs_where_there_are_any() -> None:
    """What `--model` and `--epochs` do."""
    recipe = parse(GOOD.encode(), "tiny.yaml")
    assert recipe.narrowed() == recipe
    assert recipe.narrowed("small", 7).candidates == {"small": Full(method="full", base="some/base", epochs=7)}
    assert recipe.narrowed(epochs=7).candidates["tfidf"] == recipe.candidates["tfidf"]
    with pytest.raises(RecipeError, match=r"recipe tiny has no candidate 'smal'; it has tfidf, small"):
        recipe.narrowed("smal")
    for epochs in (0, 21):
        with pytest.raises(RecipeError, match=rf"epochs: {epochs} is not in 1\.\.20"):
            recipe.narrowed(epochs=epochs)


def test_the_training_digest_knows_what_decides_a_model_and_nothing_else() -> None:
    """Another gate, another candidate beside it or another text about it trains nothing anew."""
    recipe = parse(GOOD.encode(), "tiny.yaml")

    def of(text: str) -> str:
        return parse(text.encode(), "tiny.yaml").training_digest("tfidf")

    before = recipe.training_digest("tfidf")
    same = [GOOD + "gate: {margin: 0.1}\n", GOOD + "about: mails\n", GOOD.replace("epochs: 3", "epochs: 4")]
    assert [of(text) for text in same] == [before] * 3
    other = [
        GOOD + "seed: 14\n",
        GOOD + "shares: {holdout: 0.3}\n",
        GOOD.replace(".400", ".300"),
        GOOD.replace("- digest", "- neutral"),
        GOOD.replace("method: tfidf", "method: tfidf\n    inverse_penalty: 1"),
    ]
    assert len({before, *(of(text) for text in other)}) == 6


def test_every_alias_of_a_recipe_that_loads_is_a_name() -> None:
    """The link is made after training: a name that is refused then has cost the night."""
    name, candidate = "n" * 40, "c" * 30
    text = GOOD.replace("name: tiny", f"name: {name}").replace("  tfidf:", f"  {candidate}:")
    try:
        recipe: Recipe = parse(text.encode(), f"{name}.yaml")
    except RecipeError:
        return
    assert checked_name(recipe.alias_of(candidate), "alias")
