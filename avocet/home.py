"""Where Avocet keeps things: everything hangs on AVOCET_HOME (default: the checkout)."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from avocet.errors import AvocetError

CHECKOUT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,63}$")


def checked_name(name: str, what: str) -> str:
    """`name` itself when it is a plain id; names become paths, so this is the one place that lets them through."""
    if not NAME.fullmatch(name):
        raise AvocetError(f"{what} {name!r:.80} is no name: use a-z, 0-9, - and _, at most 64, like 'job_mail'")
    return name


@dataclass(frozen=True)
class Home:
    """The rooms under one AVOCET_HOME."""

    root: Path

    @property
    def data(self) -> Path:
        """Rows, runs and quarantine: the only room that holds mail text."""
        return self.root / "data"

    @property
    def runs(self) -> Path:
        """One folder a run: rows, events, scores, decision."""
        return self.data / "runs"

    @property
    def quarantine(self) -> Path:
        """One file a run: what could not be used, by file, line and reason."""
        return self.data / "quarantine"

    @property
    def store(self) -> Path:
        """Rows, labels and each row's side for life, where AVOCET_DATABASE names no other place."""
        return self.data / "avocet.db"

    @property
    def kept(self) -> Path:
        """Looks, embeddings and term counts of rows, kept from night to night; may be deleted."""
        return self.data / "cache" / "kept.sqlite"

    @property
    def rungs(self) -> Path:
        """The memory settings that worked, by base, device and length."""
        return self.data / "rungs.json"

    @property
    def models(self) -> Path:
        """Versions, the champion pointers and the ledger of promotions."""
        return self.root / "models"

    def recipe(self, name: str) -> Path:
        """The recipe's file: a path to a YAML, a name under `recipes/`, or one that ships with the checkout."""
        if name.endswith((".yaml", ".yml")):
            return Path(name)
        mine = self.root / "recipes" / f"{checked_name(name, 'recipe')}.yaml"
        return mine if mine.exists() else CHECKOUT / "recipes" / mine.name

    def expectations(self, name: str) -> Path:
        """The file with a recipe's own rules, beside those that its settings make; it need not be there."""
        mine = self.root / "recipes" / "expectations" / f"{checked_name(name, 'recipe')}.yaml"
        return mine if mine.exists() else CHECKOUT / "recipes" / "expectations" / mine.name

    def shown(self, path: Path) -> str:
        """`path` as a person would type it from AVOCET_HOME; absolute where it lies outside."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)


def home() -> Home:
    """The AVOCET_HOME of this process."""
    return Home(Path(os.environ.get("AVOCET_HOME") or CHECKOUT).expanduser().resolve())
