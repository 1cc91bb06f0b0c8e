"""A recipe: one YAML that says what to learn (rows, template, labels, candidates, gate); read strictly."""

import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from avocet.candidates import EPOCHS, Blend, Candidate, FineTuned, Strict
from avocet.errors import RecipeError
from avocet.home import NAME, Home
from avocet.records import Naming
from avocet.template import template_fields

STORED = "store:"  # before the name of a collection, where a recipe names its rows
OPTIONAL = "?"  # behind what may be missing, as long as there are rows elsewhere

Baseline = Literal["majority", "tfidf", "zero-shot"]


class Shares(Strict):
    """Which share of each label goes to which side; the rest is train."""

    validation: float = Field(0.15, gt=0, lt=0.5)
    holdout: float = Field(0.20, gt=0, lt=0.5)

    @model_validator(mode="after")
    def _leave_most_to_learn_from(self) -> Self:
        if self.validation + self.holdout > 0.7:
            raise ValueError("validation and holdout together may take at most 0.7; the rest is learned from")
        return self


class Expect(Strict):
    """What the rows must be like; `validate` builds its Great Expectations suite from this."""

    rows: int = Field(1, ge=1, description="fewer usable rows stop the run")
    rows_wanted: int = Field(200, ge=1, description="fewer are a warning")
    rows_per_label: int = Field(2, ge=2, description="fewer drop the label")
    train_rows_per_label: int = Field(5, ge=1, description="fewer are a warning")
    text_chars: tuple[int, int] = Field((1, 100_000), description="shorter or longer texts are quarantined")
    imbalance: float = Field(5.0, gt=1, description="largest label against smallest; more is a warning")


class Clean(Strict):
    """What is left out of the rows to learn from, or counts less there; what is judged on stays as it came in."""

    labels_to_filter: tuple[str, ...] = Field((), description="labels of rows that are none of this recipe's business")
    near_duplicates: float | None = Field(
        None, gt=0.5, le=1, description="cosine of TF-IDF from which one of two rows of a label is left out"
    )
    reduce_majority_to: float | None = Field(
        None, gt=0, lt=1, description="share of the largest label's rows that stays; it stays the largest"
    )
    downsample: float | None = Field(None, gt=0, lt=1, description="share of each label's rows, for a quick try")
    suspects: float = Field(1.0, ge=0, le=1, description="what a row counts whose label is likely wrong")


Share = Annotated[float, Field(ge=0, le=1)]


class AtLeast(Strict):
    """Floors, each 0..1; what is not given is not asked for."""

    macro_f1: Share | None = None
    accuracy: Share | None = None
    precision: Share | None = Field(None, description="mean over the labels with holdout rows, like recall")
    recall: Share | None = None
    worst_label_f1: Share | None = None


class AtMost(Strict):
    """Ceilings."""

    latency_ms: float | None = Field(None, gt=0, description="median of single mails on this machine")
    size_mb: float | None = Field(None, gt=0, description="of the version's own files")


class Target(AtLeast, AtMost):
    """What is good enough: among candidates that reach it on validation, `prefer: fastest` takes the fastest."""


class AnyOf(Strict):
    """One way of being better; exactly one of the two is given."""

    accuracy_gain: float | None = Field(None, gt=0, le=1, description="0.05 is five points more than the champion")
    labels_better: Share | None = Field(None, description="more than this share of the labels has a higher F1")

    @model_validator(mode="after")
    def _one_only(self) -> Self:
        if (self.accuracy_gain is None) == (self.labels_better is None):
            raise ValueError("give accuracy_gain or labels_better, one in each entry")
        return self


class CrossFit(Strict):
    """Judging on all rows by out-of-fold predictions, while the holdout is small."""

    below: int = Field(1000, ge=0, description="a holdout of this many rows is judged on alone; 0 is never")
    folds: int = Field(5, ge=2, le=20)
    methods: tuple[str, ...] = Field(("tfidf", "head", "joint"), description="cheap enough to be trained once a fold")


class Choose(Strict):
    """How tonight's candidates are compared before the holdout judges one of them."""

    below: int = Field(2000, ge=0, description="so many rows to learn from are answered out of fold; more, by side")
    folds: int = Field(5, ge=2, le=20, description="the same for all candidates: more rows to learn from is no merit")


class Gate(Strict):
    """What must hold before the champion is replaced."""

    metric: Literal["macro_f1"] = "macro_f1"
    margin: float = Field(0.0, ge=0, lt=1, description="the challenger must be better by more than this")
    least_p_better: Share | None = Field(None, description="by paired bootstrap of the holdout")
    at_least: AtLeast = AtLeast()
    at_most: AtMost = AtMost()
    no_label_worse_than: Share | None = Field(None, description="no label's F1 may fall by more than this")
    any_of: tuple[AnyOf, ...] = Field((), description="one of these must hold as well")
    prefer: Literal["best", "fastest", "precision"] = Field("best", description="who challenges, by validation rows")
    target: Target | None = None
    holdout_rows: int = Field(30, ge=1, description="fewer judged rows decide nothing")
    crossfit: CrossFit = CrossFit()

    @model_validator(mode="after")
    def _fastest_of_whom(self) -> Self:
        if (self.prefer == "fastest") != (self.target is not None):
            raise ValueError("prefer: fastest and target go together: the fastest of those that reach the target")
        return self


EngineName = Literal["torch-bf16", "onnx-fp32", "onnx-int8", "openvino-bf16", "openvino-int8"]


class Serve(Strict):
    """How the champion answers."""

    engines: tuple[EngineName, ...] = Field(get_args(EngineName), description="which may serve; torch-fp32 always may")
    agreement: Share = Field(
        0.98, description="share of holdout rows on which an engine must answer as torch-fp32 does"
    )
    macro_f1_loss: Share = Field(0.005, description="by which an engine may be worse than torch-fp32 there")
    abstain_below: Share | None = Field(None, description="confidence from which on it answers; below, it says so")


class Recipe(Strict):
    """One thing to learn."""

    name: str
    kind: Literal["classify"] = "classify"
    about: str = ""
    rows: tuple[str, ...] = Field(min_length=1)
    rows_help: str = Field("", description="said when the rows are not there")
    columns: dict[str, str] = Field({}, description="our name -> what the files of rows, and imports, call it")
    label_map: dict[str, str] = Field({}, description="a label there -> what it is called here")
    text: str = Field(description="template over the rows' fields; {body:.400} cuts at 400 characters")
    labels: tuple[str, ...] = Field(min_length=2)
    alias: str = Field("", description="models/<alias> points at the newest version of a candidate")
    candidates: dict[str, Candidate] = Field(min_length=1)
    shares: Shares = Shares()
    expect: Expect = Expect()
    clean: Clean = Clean()
    choose: Choose = Choose()
    gate: Gate = Gate()
    serve: Serve = Serve()
    baselines: tuple[Baseline, ...] = Field(("majority", "tfidf", "zero-shot"), min_length=1)
    seed: int = Field(13, ge=0)

    @field_validator("rows")
    @classmethod
    def _collections_have_names(cls, rows: tuple[str, ...]) -> tuple[str, ...]:
        for name in rows:
            if name.startswith(STORED) and not NAME.fullmatch(name.removeprefix(STORED).removesuffix(OPTIONAL)):
                raise ValueError(f"{name!r} names no collection; it is written like store:job_mail")
        return rows

    @field_validator("rows", mode="before")
    @classmethod
    def _one_or_many(cls, rows: Any) -> Any:
        return (rows,) if isinstance(rows, str) else rows

    @field_validator("name")
    @classmethod
    def _plain_name(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError("use a-z, 0-9, - and _ only")
        return name

    @field_validator("candidates")
    @classmethod
    def _plain_candidates(cls, candidates: dict[str, Candidate]) -> dict[str, Candidate]:
        for name in candidates:
            if not NAME.fullmatch(name):
                raise ValueError(f"candidate {name!r:.40}: use a-z, 0-9, - and _ only")
        return candidates

    @field_validator("columns")
    @classmethod
    def _columns_of_their_own(cls, columns: dict[str, str]) -> dict[str, str]:
        if len(set(columns.values())) != len(columns):
            raise ValueError("one column is given two names")
        return columns

    @field_validator("labels")
    @classmethod
    def _distinct(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) != len(labels):
            raise ValueError(f"listed twice: {sorted({x for x in labels if labels.count(x) > 1})}")
        return labels

    @field_validator("text")
    @classmethod
    def _plain_template(cls, text: str) -> str:
        template_fields(text)
        return text

    @field_validator("alias")
    @classmethod
    def _one_placeholder(cls, alias: str) -> str:
        if alias and (alias.count("{candidate}") != 1 or not NAME.fullmatch(alias.replace("{candidate}", "x"))):
            raise ValueError("must hold {candidate} once, with a-z, 0-9, - and _ around it")
        return alias

    @model_validator(mode="after")
    def _aliases_are_names(self) -> Self:
        object.__setattr__(self, "alias", self.alias or f"avocet-{self.name}-{{candidate}}")
        for candidate in self.candidates:
            if not NAME.fullmatch(self.alias_of(candidate)):
                raise ValueError(f"{self.alias_of(candidate)} has over 64 characters; shorten alias, name or candidate")
        return self

    @model_validator(mode="after")
    def _maps_to_its_labels(self) -> Self:
        if odd := sorted(set(self.label_map.values()) - set(self.labels)):
            raise ValueError(f"label_map: {', '.join(odd)} is not listed under labels")
        return self

    @model_validator(mode="after")
    def _filters_no_label_of_its_own(self) -> Self:
        if both := [label for label in self.clean.labels_to_filter if label in self.labels]:
            raise ValueError(
                f"clean.labels_to_filter: {', '.join(both)} is listed under labels too; take it out of one"
            )
        return self

    @model_validator(mode="after")
    def _blends_of_earlier_ones(self) -> Self:
        above: dict[str, Candidate] = {}
        for name, settings in self.candidates.items():
            if isinstance(settings, Blend):
                odd = [m for m in settings.of if m not in above or isinstance(above[m], Blend)]
                if odd or len(set(settings.of)) != len(settings.of):
                    raise ValueError(
                        f"candidate {name}: of names {', '.join(odd) or 'one twice'}; "
                        f"it may name {', '.join(m for m in above if not isinstance(above[m], Blend)) or 'none yet'}"
                    )
            above[name] = settings
        return self

    @property
    def naming(self) -> Naming:
        """What the files of rows call things."""
        return Naming(self.columns, self.label_map)

    @property
    def fields(self) -> tuple[str, ...]:
        """The row fields that the template reads, in its order."""
        return template_fields(self.text)

    @property
    def files(self) -> dict[str, bool]:
        """Each file of rows, from AVOCET_HOME on -> whether it may be missing."""
        return {n.removesuffix(OPTIONAL): n.endswith(OPTIONAL) for n in self.rows if not n.startswith(STORED)}

    @property
    def collections(self) -> dict[str, bool]:
        """Each collection of the store -> whether it may be empty."""
        names = [n.removeprefix(STORED) for n in self.rows if n.startswith(STORED)]
        return {n.removesuffix(OPTIONAL): n.endswith(OPTIONAL) for n in names}

    def alias_of(self, candidate: str) -> str:
        """`models/<this>` points at the newest version of `candidate`."""
        return self.alias.replace("{candidate}", candidate)

    def training_digest(self, candidate: str) -> str:
        """Digest of all in the recipe that decides what `candidate` becomes (the gate does not)."""
        parts = self.model_dump(mode="json", include={"text", "labels", "shares", "seed", "name", "choose"})
        return digest([parts, candidate, self.candidates[candidate].model_dump(mode="json")])

    def narrowed(self, model: str | None = None, epochs: int | None = None) -> "Recipe":
        """This recipe with one candidate only, and/or another number of epochs where a method has them.

        Raises RecipeError for an unknown candidate or epochs out of range.
        """
        candidates = dict(self.candidates)
        if model is not None:
            if model not in candidates:
                raise RecipeError(f"recipe {self.name} has no candidate {model!r:.40}; it has {', '.join(candidates)}")
            settings = candidates[model]
            with_it = settings.of if isinstance(settings, Blend) else ()  # a blend is nothing without its members
            candidates = {name: candidates[name] for name in (*with_it, model)}
        if epochs is not None:
            if not EPOCHS[0] <= epochs <= EPOCHS[1]:
                raise RecipeError(f"epochs: {epochs} is not in {EPOCHS[0]}..{EPOCHS[1]}")
            candidates = {
                name: c.model_copy(update={"epochs": epochs}) if isinstance(c, FineTuned) else c
                for name, c in candidates.items()
            }
        return self.model_copy(update={"candidates": candidates})


def digest(value: Any) -> str:
    """sha256 (hex) of a JSON-able value, independent of key order."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def load(home: Home, name: str) -> Recipe:
    """The recipe `name` (or the YAML at that path).

    Raises RecipeError in one line that names the file, the place in it and what to do.
    """
    path = home.recipe(name)
    if not path.exists():
        have = sorted(
            {p.stem for room in (home.root, home.recipe("x").parent.parent) for p in (room / "recipes").glob("*.yaml")}
        )
        raise RecipeError(f"no recipe {name!r:.80} ({home.shown(path)} does not exist); there are: {', '.join(have)}")
    return parse(path.read_bytes(), home.shown(path))


def parse(raw: bytes, shown: str) -> Recipe:
    """A recipe from the bytes of a YAML file called `shown`. Raises RecipeError."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        tree = YAML(typ="rt").load(StringIO(raw.decode("utf-8")))
    except MarkedYAMLError as e:
        line = e.problem_mark.line + 1 if e.problem_mark else "?"
        problem = " ".join(str(e.problem or e).split())
        raise RecipeError(f"{shown}, line {line}: {problem.split(' with value')[0]}") from None
    except (YAMLError, UnicodeDecodeError) as e:
        raise RecipeError(f"{shown}: not YAML in UTF-8 ({type(e).__name__})") from None
    if not isinstance(tree, dict):
        raise RecipeError(f"{shown}: a recipe is a mapping with name, rows, text, labels and candidates")
    try:
        recipe = Recipe.model_validate(_plain(tree))
    except ValidationError as e:
        raise RecipeError("; ".join(_complaint(error, tree, shown) for error in e.errors())) from None
    if recipe.name != Path(shown).stem:
        raise RecipeError(f"{shown}: name is {recipe.name!r}, the file is called {Path(shown).stem!r}; make them equal")
    return recipe


def _plain(node: Any) -> Any:
    """ruamel's round-trip nodes as plain Python values, so that pydantic sees no subclass."""
    if isinstance(node, dict):
        return {str(k): _plain(v) for k, v in node.items()}
    if isinstance(node, list):
        return [_plain(v) for v in node]
    for kind in (bool, int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _complaint(error: Any, tree: Any, shown: str) -> str:
    """One pydantic error as 'file, line n: place: what'."""
    loc = list(error["loc"])
    if loc[:1] == ["candidates"] and len(loc) > 2:
        del loc[2]  # the method, which pydantic puts between a candidate's name and its settings
    line, node = 1, tree
    for part in loc:
        try:
            line = (node.lc.key(part) if isinstance(part, str) else node.lc.item(part))[0] + 1
            node = node[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "no such setting; see docs/recipe.md"
    return f"{shown}, line {line}: {'.'.join(map(str, loc)) or 'recipe'}: {message}"
