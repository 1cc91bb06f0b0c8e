"""What a run says of itself: escaped, in counts and ids, never with a text."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from avocet import artifacts
from avocet.artifacts import card_sentence, escaped, table, training_sentence
from avocet.evidence import compare
from avocet.findings import DataReport, Finding
from avocet.gate import judge
from avocet.recipe import Gate, Recipe
from avocet.running.words import epoch_sentence
from avocet.runs import Run
from avocet.scorecard import CrossFitted, LeakGap, Role, Scoreboard, Scorecard, scorecard
from avocet.sides import Sides
from avocet.training import Trained

EVIL = "<img src=x onerror=alert(1)>|[a](javascript:b)`c`*d*\\\n# e"
TRUE = ("a", "b") * 20


def card(role: Role, name: str, wrong: int = 0) -> Scorecard:
    ranked = [["b", "a"] if (t == "a") == (i < wrong) else ["a", "b"] for i, t in enumerate(TRUE)]
    return scorecard(name, f"the {name}", role, "mark", TRUE, ranked, ("a", "b"), 1.25, ("a", "b"))


def board(*cards: Scorecard) -> Scoreboard:
    return Scoreboard(cards, tuple(f"r{i}" for i in range(40)), TRUE, ("a", "b"), "mark")


@pytest.fixture
def run(make_run: Callable[..., Run], recipe_of: Callable[..., Recipe]) -> Run:
    return make_run(recipe_of())


def report(**changes: object) -> DataReport:
    plain = DataReport(
        n_lines=40, n_unusable=1, n_quarantined=2, n_other_label=3, n_kept=34, other_labels={}, label_counts={"a": 30, "b": 4},
        dropped_labels=(), n_rules=18, reasons={"text length": 2, "no field 'body'": 1, "canonical labels": 3},
        findings=(Finding("balance", "warn", "label b is rare", 1, ("b",)),),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


SIDES = Sides("d", {"a": {"train": 6, "validation": 1, "holdout": 2}}, ("a",), 9, 8, 2, 0, ("few rows",))


def harmless(markdown: str) -> bool:
    """No sign of EVIL is left as Markdown or HTML."""
    alone = re.sub(r"\\[\\`*\[\]|]", "", markdown)
    return not re.search(r"<|\]\(|(?<!\\)`c`|\*d\*|\n# e", alone)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("plain_name-1", "plain_name-1"),
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b&gt;"),
        ("[a](b)", "\\[a\\](b)"),
        ("`a` *b*", "\\`a\\` \\*b\\*"),
        ("a\\|b", "a\\\\\\|b"),
        ("one\n\n# two\r\u2028three", "one # two three"),
        (0.5, "0.5"),
        (None, "None"),
    ],
)
def test_a_value_is_plain_text_within_markdown(value: object, wanted: str) -> None:
    """Labels and ids come from files that strangers write."""
    assert escaped(value) == wanted


def test_a_table_has_a_line_for_each_row_whatever_is_in_it() -> None:
    """A cell opens no column and no line."""
    found = table(["x", "y"], [(EVIL, 1), ("b", 2)])
    assert found.splitlines()[:2] == ["| x | y |", "| --- | --- |"]
    assert [len(re.findall(r"(?<!\\)\|", line)) for line in found.splitlines()] == [3, 3, 3, 3]
    assert harmless(found)


def test_the_data_report_tells_counts_findings_labels_and_reasons(run: Run) -> None:
    """And where to read what was set aside."""
    found = artifacts.data_report(run, report())
    assert found == (
        "# Data of tiny\n\n40 lines read, 34 kept, 6 set aside, 18 rules evaluated.\n\n"
        "## Findings\n\n| what happens | rule | what was found |\n| --- | --- | --- |\n| warn | balance | label b is rare |\n\n"
        "## Labels\n\n| label | rows | share |  |\n| --- | --- | --- | --- |\n"
        "| a | 30 | 88.2% | ████████████ |\n| b | 4 | 11.8% | ██ |\n\n"
        "## Set aside\n\n| why | rows |\n| --- | --- |\n| text length | 2 |\n| no field 'body' | 1 |\n| canonical labels | 3 |\n\n"
        "Files, lines and reasons: `data/quarantine/run-0.jsonl`"
    )


def test_a_report_of_nothing_is_one_too(run: Run) -> None:
    """No rows, no findings, no division by zero."""
    found = artifacts.data_report(run, report(n_lines=0, n_kept=0, label_counts={}, reasons={}, findings=()))
    assert "Every rule held." in found and "Nothing was set aside." in found


def test_the_split_tells_rows_by_label_and_side(run: Run) -> None:
    """With a total, and what to know."""
    assert artifacts.split(run, SIDES) == (
        "# Sides of tiny\n\n9 rows are new; every other row is where it was. 8 groups of look-alikes, the largest of 2 rows, none on "
        "two sides.\n\n"
        "| label | train | validation | holdout |\n| --- | --- | --- | --- |\n| a | 6 | 1 | 2 |\n| all | 6 | 1 | 2 |\n\n- few rows"
    )


def test_sentences_of_training_and_scoring() -> None:
    """One line each, for a log."""
    trained = Trained("tfidf", "tfidf-1", 0.51234, 1, "micro-batch 1 x accumulation 1", reused=False)
    answered = replace(trained, out_of_fold=(0.6321, 399), weights={"a": 0.5, "b": 0.25})
    assert training_sentence(answered) == (
        "tfidf is trained as tfidf-1: macro-F1 0.632 out of sample, over 399 rows (a weighs 0.50, b weighs 0.25)"
    )
    assert training_sentence(trained) == "tfidf is trained as tfidf-1: validation macro-F1 0.512"
    assert (
        training_sentence(replace(trained, reused=True, val_macro_f1=None))
        == "tfidf is unchanged since tfidf-1: no validation rows"
    )
    epoch = {"type": "metrics", "epoch": 1, "of": 5, "loss": 1.25, "macro_f1": 0.5, "accuracy": 0.75}
    assert (
        epoch_sentence("small", epoch)
        == "small epoch 1/5: loss 1.250, validation macro-f1 0.500, validation accuracy 0.750"
    )
    assert epoch_sentence("small", {"epoch": 1, "of": 5, "loss": 0.0}) == "small epoch 1/5: loss 0.000"
    assert (
        card_sentence(card("champion", "old", 4)) == "champion the old: macro-F1 0.900, accuracy 0.900, 1.2 ms a mail"
    )
    assert card_sentence(replace(card("champion", "old"), error="gone")) == "champion the old could not be scored: gone"


def test_the_benchmark_lists_all_best_first(run: Run) -> None:
    """An error is shown in its place, without numbers."""
    lost = Scorecard("zero-shot", "zero-shot", "baseline", "mark", error="crashed")
    found = artifacts.benchmark(run, board(lost, card("champion", "old", 4), card("challenger", "new", 2)))
    rows = [line.split(" | ") for line in found.splitlines() if line.startswith("| ")][2:5]
    assert [(r[0].strip("| "), r[2], r[-1].strip(" |")) for r in rows] == [
        ("challenger", "0.950", "new"),
        ("champion", "0.900", "old"),
        ("baseline", "", "crashed"),
    ]
    assert "All on the same 40 holdout rows" in found
    assert "## challenger the new" in found and "## champion the old" in found


def test_the_verdict_shows_the_mails_by_id(run: Run) -> None:
    """At most twenty of each, and how many more."""
    its_board = board(card("champion", "old", 30), card("challenger", "new", 2))
    found = artifacts.verdict(run, judge(its_board, Gate()), its_board)
    assert found.startswith(
        "# Promoted\n\n**promoted the new: macro-F1 0.95 against 0.25 of the old (champion); 28 mails fixed"
    )
    assert (
        "Reason: `better`" in found
        and "## Fixed: 28" in found
        and "... and 8 more" in found
        and "## Broken" not in found
    )
    assert "P(better) 1.00; the difference of macro-F1 lies within" in found and "Not cross-fitted: " in found
    assert re.findall(r"\| (r\d+) \|", found) == [f"r{i}" for i in range(2, 22)]
    assert found.endswith("Everything it rests on: `data/runs/run-0/decision.json`")


def test_the_verdict_shows_the_conditions_and_both_ways_of_training(run: Run) -> None:
    """What was asked for and found, and k folds with mean and deviation."""
    fitted = CrossFitted(
        ("r1", "r2"),
        ("a", "b"),
        ("a", "a"),
        ("a", "b"),
        (0.33, 1.0),
        ((0.4, 1.0), (0.6, 1.0)),
        ((0.3, 1.0), (0.3, 0.9)),
    )
    its_board = replace(board(card("champion", "old", 30), card("challenger", "new", 2)), crossfit=fitted)
    gate = Gate.model_validate({"at_least": {"accuracy": 0.99}})
    found = artifacts.verdict(run, judge(its_board, gate), its_board)
    assert "| accuracy | &gt;= 0.99 | 0.95 | NOT held |" in found
    assert "## Cross-fitted: all 2 rows, 2 folds" in found
    assert "| champion | 0.330 | 0.500 ± 0.141 | 0.300 ± 0.000 |" in found


def test_the_benchmark_shows_the_leak_gap_and_who_is_missing(run: Run) -> None:
    """A baseline that could not be judged is not left out in silence."""
    its_board = replace(board(card("champion", "old", 4)), leak=LeakGap(0.4, 0.65, 501))
    found = artifacts.benchmark(run, its_board, ["zero-shot: base <b> does not fit"])
    assert "Leak gap: +0.250. TF-IDF out of fold on 501 rows has macro-F1 0.400" in found
    assert "Not judged:\n\n- zero-shot: base &lt;b&gt; does not fit" in found


def test_nothing_that_strangers_write_becomes_markup(run: Run) -> None:
    """Labels, ids, errors and reasons, in every artifact."""
    evil = replace(card("challenger", "new", 2), error=None)
    labels = Scoreboard(
        (evil, card("champion", "old", 4)), tuple(f"{EVIL}{i}" for i in range(40)), (EVIL,) * 40, (EVIL,), "mark"
    )
    verdict = judge(board(card("champion", "old", 4), evil), Gate())
    evidence = compare(labels.row_ids, labels.true, ("b",) * 40, labels.true, labels.labels, 1)
    assert evidence.fixed == labels.row_ids
    told = [
        artifacts.data_report(
            run,
            report(
                label_counts={EVIL: 3},
                reasons={EVIL: 1},
                findings=(Finding("r", "drop-label", f"label {EVIL!r}", 1), Finding("r", "warn", EVIL, 1)),
            ),
        ),
        artifacts.split(
            run, replace(SIDES, counts={EVIL: {"train": 1, "validation": 0, "holdout": 0}}, warnings=(f"label {EVIL}",))
        ),
        artifacts.benchmark(run, board(Scorecard(EVIL, EVIL, "baseline", "mark", error=EVIL))),
        artifacts.benchmark(run, board(replace(evil, per_label=(replace(evil.per_label[0], label=EVIL),)))),
        artifacts.verdict(run, replace(verdict, sentence=EVIL, evidence=evidence), labels),
    ]
    assert [harmless(text) for text in told] == [True] * 5
    assert not harmless(EVIL)


def test_a_card_of_zero_stands_above_one_of_none(run: Run) -> None:
    """All wrong is a score; an error is none."""
    lost = Scorecard("lost", "lost", "baseline", "mark", error="crashed")
    found = artifacts.benchmark(run, board(lost, card("candidate", "bad", 40)))
    assert found.index("bad") < found.index("crashed")
