"""The conditions of a recipe's gate, each held against tonight's cards: what was asked for, what was found."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from avocet.evidence import Evidence
from avocet.recipe import AnyOf, AtLeast, AtMost, Gate
from avocet.scorecard import Scorecard


@dataclass(frozen=True)
class Condition:
    """One condition of the gate."""

    name: str
    wanted: str
    found: str
    held: bool


def conditions(gate: Gate, challenger: Scorecard, rival: Scorecard, evidence: Evidence) -> tuple[Condition, ...]:
    """Every condition that the gate asks for beside a greater macro-F1.

    What compares with a champion (a least P(better), no label worse, the ways of being better) is not asked of
    a first champion, whose rival is a baseline.
    """
    found = [*floors(gate.at_least, challenger), *ceilings(gate.at_most, challenger)]
    if rival.role == "champion":
        found += _beside_a_champion(gate, challenger, rival, evidence)
    return tuple(found)


def reaches(target: AtLeast | AtMost, card: Scorecard) -> bool:
    """Whether the card reaches all floors and ceilings of `target`."""
    found = [*floors(target, card)] if isinstance(target, AtLeast) else []
    found += [*ceilings(target, card)] if isinstance(target, AtMost) else []
    return all(c.held for c in found)


def floors(asked: AtLeast, card: Scorecard) -> Iterator[Condition]:
    """The floors that are asked for; a number that the card has not is below any floor."""
    has = {
        "macro_f1": card.macro_f1,
        "accuracy": card.accuracy,
        "precision": card.precision,
        "recall": card.recall,
        "worst_label_f1": min((s.f1 for s in card.per_label if s.n), default=None),
    }
    for name, value in has.items():
        least = getattr(asked, name)
        if least is not None:
            yield _at(name.replace("_", " "), ">=", least, value)


def ceilings(asked: AtMost, card: Scorecard) -> Iterator[Condition]:
    """The ceilings that are asked for; what was not measured is above any ceiling."""
    size_mb = None if card.size_bytes is None else card.size_bytes / 1e6
    for name, unit, value in (("latency_ms", "ms a mail", card.ms_per_mail), ("size_mb", "MB", size_mb)):
        most = getattr(asked, name)
        if most is not None:
            yield _at(unit, "<=", most, value)


def _at(name: str, sign: Literal[">=", "<="], asked: float, value: float | None) -> Condition:
    held = value is not None and (value >= asked if sign == ">=" else value <= asked)
    return Condition(name, f"{sign} {asked:g}", "unknown" if value is None else f"{value:.4g}", held)


def _beside_a_champion(
    gate: Gate, challenger: Scorecard, champion: Scorecard, evidence: Evidence
) -> Iterator[Condition]:
    if gate.least_p_better is not None:
        yield _at("P(better)", ">=", gate.least_p_better, evidence.p_better)
    if gate.no_label_worse_than is not None:
        worst = min(evidence.by_label, key=lambda change: change.f1_after - change.f1_before)
        fall = round(worst.f1_before - worst.f1_after, 4)
        shown = f"{worst.label} falls by {fall:g}" if fall > 0 else "none falls"
        yield Condition("no label worse", f"than {gate.no_label_worse_than:g}", shown, fall <= gate.no_label_worse_than)
    if gate.any_of:
        ways = [_way(way, challenger, champion, evidence) for way in gate.any_of]
        wanted, told = (" or ".join(part) for part in zip(*((w.wanted, w.found) for w in ways), strict=True))
        yield Condition("one of", wanted, told, any(way.held for way in ways))


def _way(way: AnyOf, challenger: Scorecard, champion: Scorecard, evidence: Evidence) -> Condition:
    if way.accuracy_gain is not None:
        gain = round((challenger.accuracy or 0.0) - (champion.accuracy or 0.0), 12)
        wanted, told = f"accuracy +{way.accuracy_gain:g}", f"accuracy {gain:+.4g}"
        return Condition("accuracy gain", wanted, told, gain >= way.accuracy_gain)
    n_better = sum(change.f1_after > change.f1_before for change in evidence.by_label)
    share = n_better / len(evidence.by_label)
    least = way.labels_better or 0.0
    told = f"{n_better} of {len(evidence.by_label)} better"
    return Condition("labels better", f"over {least:.0%} of labels better", told, share > least)
