"""decision.json and the gate's self-test: the verdict can be decided again, and a broken gate promotes nobody."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from avocet import decision, registry, selftest
from avocet.decision import recomputed, verdict_on
from avocet.errors import DamagedDecisionError, NotFoundError
from avocet.gate import Reason, Verdict, judge
from avocet.promotion import decide
from avocet.recipe import Gate, Recipe
from avocet.registry import Version
from avocet.runs import Run
from avocet.scorecard import CrossFitted, LeakGap, Role, Scoreboard, Scorecard, scorecard

LABELS = ("a", "b", "c")
TRUE = ("a", "b", "c", "c") * 10
FITTED = CrossFitted(("r1",), ("a",), ("b",), ("a",), (0.1, 0.9), ((0.1, 0.9),), ((0.1, 0.9),))


def card(role: Role, name: str, wrong: int) -> Scorecard:
    following = {"a": "b", "b": "c", "c": "a"}
    ranked = [[following[t] if i < wrong else t, "a"] for i, t in enumerate(TRUE)]
    return scorecard(name, f"the {name}", role, "h", TRUE, ranked, LABELS, 1.5, LABELS, 0, 10, "{subject}")


def board(*cards: Scorecard) -> Scoreboard:
    ids = tuple(f"r{i}" for i in range(40))
    return Scoreboard(cards, ids, TRUE, LABELS, "h", FITTED, LeakGap(0.1, 0.2, 9), "{subject}")


BOARD = board(card("champion", "tfidf-1", 8), card("challenger", "tfidf-2", 4), card("baseline", "majority", 30))


@pytest.fixture
def decided(
    make_run: Callable[..., Run], recipe_of: Callable[..., Recipe], published: Callable[..., Version]
) -> tuple[Run, Verdict]:
    """A run whose challenger was promoted."""
    run = make_run(recipe_of(gate={"at_least": {"accuracy": 0.5}}))
    published(run.home.models, "tfidf-1")
    published(run.home.models, "tfidf-2")
    registry.promote(run.home.models, "tiny", "tfidf-1", "earlier", "the first")
    return run, decide(run, BOARD, "key")


def test_the_file_gives_the_same_verdict_again(decided: tuple[Run, Verdict]) -> None:
    """Predictions, seeds and gate are in it."""
    run, verdict = decided
    found = decision.read(run.home, run.id)
    assert verdict.reason is Reason.BETTER and verdict.conditions[0].held
    assert (found.verdict, recomputed(found), found.board) == (verdict, verdict, BOARD)
    assert (found.champion_before, registry.champion_id(run.home.models, "tiny")) == ("tfidf-1", "tfidf-2")
    assert (found.promoted, found.sentence, found.recipe) == (True, verdict.sentence, "tiny")


def test_another_gate_or_another_answer_would_give_another_verdict(decided: tuple[Run, Verdict]) -> None:
    """The recomputation is one."""
    run, _ = decided
    found = decision.read(run.home, run.id)
    assert recomputed(replace(found, gate=Gate(margin=0.5))).reason is Reason.NOT_BETTER
    worse = replace(found.board, cards=(found.board.cards[0], card("challenger", "tfidf-2", 12)))
    assert recomputed(replace(found, board=worse)).reason is Reason.NOT_BETTER


def test_the_file_has_the_keys_that_are_written_down(decided: tuple[Run, Verdict]) -> None:
    """Its schema is its own; no text of a mail, no NaN."""
    run, _ = decided
    raw = json.loads(run.decision.read_text())
    schema: Any = decision.schema()
    assert set(raw) == set(schema["properties"]) == set(schema["required"])
    assert set(raw["board"]) == {"cards", "row_ids", "true", "labels", "holdout", "crossfit", "leak", "text"}
    assert "NaN" not in run.decision.read_text()


def test_a_decision_that_is_damaged_or_missing_is_told(decided: tuple[Run, Verdict]) -> None:
    """In one line, with the place."""
    run, _ = decided
    with pytest.raises(NotFoundError, match="run other has no decision"):
        decision.read(run.home, "other")
    raw = json.loads(run.decision.read_text())
    for damage, told in ((b"{", "Invalid JSON"), (json.dumps({**raw, "seed": "x"}).encode(), "seed: Input should be")):
        run.decision.write_bytes(damage)
        with pytest.raises(DamagedDecisionError, match=told):
            decision.read(run.home, run.id)


def test_a_version_that_rots_at_the_last_moment_is_refused(
    make_run: Callable[..., Run], recipe_of: Callable[..., Recipe], published: Callable[..., Version]
) -> None:
    """Between judging and promoting: the pointer stays, and the file and the ledger say why."""
    run = make_run(recipe_of())
    published(run.home.models, "tfidf-1")
    registry.promote(run.home.models, "tiny", "tfidf-1", "earlier", "the first")
    (published(run.home.models, "tfidf-2").folder / "weights.safetensors").write_bytes(b"rot")
    verdict = decide(run, BOARD, "key")
    told = decision.read(run.home, run.id)
    assert (verdict.reason, verdict.promoted, told.promoted) == (Reason.UNSCORABLE, False, False)
    assert "weights.safetensors is not the file that was sealed" in verdict.sentence
    assert registry.champion_id(run.home.models, "tiny") == "tfidf-1"
    last = registry.ledger(run.home.models)[-1]
    assert (last["event"], last["run_key"]) == ("refused", None), "another night may find it mended"


BROKEN: dict[str, tuple[Callable[[Verdict, Scoreboard], bool], str]] = {
    "open to all": (lambda verdict, board: True, "the champion was promoted over itself"),
    "shut to all": (lambda verdict, board: False, "a challenger without a fault was refused"),
    "inverted": (lambda verdict, board: _f1(board, 1) < _f1(board, 0), "a challenger with shuffled answers was promoted"),
    "not worse is better": (lambda verdict, board: _f1(board, 1) >= _f1(board, 0), "the champion was promoted over itself"),
    "hard to beat only": (
        lambda verdict, board: _f1(board, 0) > 0.99 or verdict.promoted, "a challenger was promoted over one without a fault",
    ),
}  # fmt: skip


def _f1(its: Scoreboard, place: int) -> float:
    return its.cards[place].macro_f1 or 0.0


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_gate_fails_its_own_test(name: str) -> None:
    """Each probe catches the gate that it is for."""
    decides, told = BROKEN[name]

    def judged(its: Scoreboard, gate: Gate, seed: int, draws: int) -> Verdict:
        verdict = judge(its, gate, seed, draws)
        reason = Reason.BETTER if decides(verdict, its) else Reason.NOT_BETTER
        return replace(verdict, reason=reason)

    assert selftest.broken(BOARD, Gate(), judged_by=judged) == told


@pytest.mark.parametrize(
    "cards",
    [
        BOARD.cards,
        BOARD.cards[1:],
        BOARD.cards[2:],
        (),
        (card("champion", "old", 0), card("challenger", "new", 4)),
        (
            replace(card("champion", "old", 0), error="gone", macro_f1=None, predictions=()),
            card("challenger", "new", 4),
        ),
        (card("champion", "old", 40), card("challenger", "new", 4)),
        (replace(card("champion", "old", 4), learned_from_holdout=3), card("challenger", "new", 4)),
    ],
)
def test_the_gate_passes_its_own_test_on_any_night(cards: tuple[Scorecard, ...]) -> None:
    """With and without a champion, a perfect, a broken and a hopeless one; with a margin and with conditions."""
    for gate in (Gate(), Gate(margin=0.3), Gate.model_validate({"at_least": {"macro_f1": 1.0}})):
        assert selftest.broken(replace(BOARD, cards=cards), gate) is None


def test_a_champion_of_a_label_that_is_gone_is_refused_for_that() -> None:
    """And not because the self-test stumbles over it: the reason would send a person the wrong way."""
    old = replace(card("champion", "old", 8), trained_labels=("a", "gone"))
    verdict = verdict_on(board(old, card("challenger", "new", 4)), Gate(), 1)
    assert (verdict.reason, "gone" in verdict.sentence) == (Reason.OTHER_LABELS, True)


def test_a_gate_that_fails_its_own_test_promotes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """However good the challenger."""
    monkeypatch.setattr(selftest, "broken", lambda *given: "it is inverted")
    verdict = verdict_on(BOARD, Gate(), 1)
    assert (verdict.reason, verdict.promoted) == (Reason.GATE_BROKEN, False)
    assert verdict.sentence == "refused everything: the gate failed its own test tonight, it is inverted"
