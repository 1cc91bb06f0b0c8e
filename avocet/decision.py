"""decision.json: the verdict of one run and everything that it rests on, enough to decide it again from the file."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from avocet import durable, selftest
from avocet.errors import DamagedDecisionError, NotFoundError
from avocet.gate import Reason, Verdict, judge
from avocet.home import Home, checked_name
from avocet.recipe import Gate
from avocet.scorecard import Scoreboard

FORMAT = 1


@dataclass(frozen=True)
class Decision:
    """One night's decision. Row ids, labels and predictions, no text."""

    format: int
    run: str
    recipe: str
    promoted: bool
    sentence: str
    champion_before: str | None
    seed: int
    gate: Gate
    verdict: Verdict
    board: Scoreboard


_FILE = TypeAdapter(Decision)


def verdict_on(board: Scoreboard, gate: Gate, seed: int) -> Verdict:
    """The gate's verdict, once the gate has shown on tonight's rows that it decides the right way round."""
    harm = selftest.broken(board, gate, seed)
    if harm is not None:
        return Verdict(Reason.GATE_BROKEN, f"refused everything: the gate failed its own test tonight, {harm}")
    return judge(board, gate, seed)


def write(path: Path, decision: Decision) -> None:
    """Write the decision in one move; a NaN, which JSON has not, becomes null and so no score."""
    durable.replace_text(path, _FILE.dump_json(decision, indent=2).decode() + "\n")


def read(home: Home, run: str) -> Decision:
    """The decision of the run. Raises NotFoundError, DamagedDecisionError."""
    path = home.runs / checked_name(run, "run") / "decision.json"
    try:
        return _FILE.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise NotFoundError(f"run {run} has no decision; `avocet status` lists the runs") from None
    except ValidationError as e:
        first = e.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise DamagedDecisionError(f"{home.shown(path)} is no decision: {place}: {first['msg']}") from None


def last_decided(home: Home, recipe: str | None = None) -> str:
    """The newest run (of this recipe) in which somebody challenged; one that only judged has decided nothing.

    Raises NotFoundError where there is none. One whose file is damaged counts: whoever reads it is told so.
    """
    names = sorted((path.parent.name for path in home.runs.glob("*/decision.json")), reverse=True)
    for name in names:  # they begin with the time, and go on with the recipe
        if recipe is None or name.partition("-")[2].rpartition("-")[0] == recipe[:40]:
            try:
                if read(home, name).board.challenger is None:
                    continue
            except DamagedDecisionError:
                pass
            return name
    raise NotFoundError(
        f"no run has come to a decision yet: `avocet train{f' {recipe}' if recipe else ''}` runs a night"
    )


def as_json(decision: Decision) -> dict[str, object]:
    """The decision as plain JSON values."""
    found: dict[str, object] = _FILE.dump_python(decision, mode="json")
    return found


def recomputed(decision: Decision) -> Verdict:
    """The verdict, decided anew from what the file holds."""
    return verdict_on(decision.board, decision.gate, decision.seed)


def schema() -> dict[str, object]:
    """The JSON schema of decision.json."""
    return _FILE.json_schema()
