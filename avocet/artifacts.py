"""What each stage has to say, as Markdown and as single sentences; ids, labels and numbers, never a text."""

import math
from collections.abc import Iterable, Sequence
from statistics import mean, stdev

from avocet.calibration import coverage, expected_error
from avocet.evidence import Evidence
from avocet.findings import OUTCOMES, DataReport
from avocet.gate import Verdict
from avocet.runs import Run
from avocet.scorecard import CrossFitted, Scoreboard, Scorecard
from avocet.sides import Sides
from avocet.splits import SIDES
from avocet.training import Trained

SHOWN_IDS = 20


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; cells are escaped, since labels come from files that strangers write."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(escaped(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def escaped(value: object) -> str:
    """`value` as plain text within Markdown."""
    text = " ".join(str(value).split())
    for sign in "\\`*[]<>|":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return text


def data_sentence(report: DataReport) -> str:
    """What came in, in one line."""
    held = report.n_lines - report.n_kept
    return f"{report.n_lines} lines read, {report.n_kept} kept, {held} set aside, {report.n_rules} rules evaluated"


def data_report(run: Run, report: DataReport) -> str:
    """The data report: counts that add up, findings strongest first, labels, reasons."""
    findings = table(
        ["what happens", "rule", "what was found"],
        [(f.outcome, f.rule, f.message) for f in sorted(report.findings, key=lambda f: OUTCOMES.index(f.outcome))],
    )
    largest = max(report.label_counts.values(), default=0) or 1
    labels = table(
        ["label", "rows", "share", ""],
        [
            (x, n, f"{n / max(report.n_kept, 1):.1%}", "█" * round(12 * n / largest))
            for x, n in report.label_counts.items()
        ],
    )
    held = table(["why", "rows"], report.reasons.items()) if report.reasons else "Nothing was set aside."
    return "\n\n".join(
        [
            f"# Data of {run.recipe.name}",
            data_sentence(report) + ".",
            "## Findings",
            findings if report.findings else "Every rule held.",
            "## Labels",
            labels,
            "## Set aside",
            held,
            f"Files, lines and reasons: `{run.home.shown(run.quarantine)}`",
        ]
    )


def split(run: Run, sides: Sides) -> str:
    """Rows of each label on each side, and what to know about them."""
    rows = [(label, *(by_side[side] for side in SIDES)) for label, by_side in sides.counts.items()]
    total = ("all", *(sides.total(side) for side in SIDES))
    notes = "\n".join(f"- {escaped(w)}" for w in sides.warnings)
    return "\n\n".join(
        [
            f"# Sides of {run.recipe.name}",
            f"{sides.n_new} rows are new; every other row is where it was. {sides.n_groups} groups of look-alikes, "
            f"the largest of {sides.largest_group} rows, none on two sides.",
            table(["label", *SIDES], [*rows, total]),
            notes or "Nothing to warn of.",
            *_cleaned(sides),
        ]
    )


def _cleaned(sides: Sides) -> list[str]:
    """What the recipe's `clean` did; nothing where it did nothing."""
    did = [(f"left out of what is learned from: {why}", n) for why, n in sides.left_out.items()]
    did += [("counts less: its label is likely wrong", sides.n_doubted)] if sides.n_doubted else []
    return ["## Cleaning", table(["what", "rows"], did)] if did else []


def training_sentence(trained: Trained) -> str:
    """How one candidate ended, in one line."""
    score = "no validation rows" if trained.val_macro_f1 is None else f"validation macro-F1 {trained.val_macro_f1:.3f}"
    if trained.out_of_fold is not None:
        score = f"macro-F1 {trained.out_of_fold[0]:.3f} out of sample, over {trained.out_of_fold[1]} rows"
    if trained.weights:
        score += " (" + ", ".join(f"{name} weighs {w:.2f}" for name, w in trained.weights.items()) + ")"
    cut = f"; {trained.n_truncated} texts were cut at {trained.max_tokens} tokens" if trained.n_truncated else ""
    return f"{trained.candidate} is {'unchanged since' if trained.reused else 'trained as'} {trained.version}: {score}{cut}"


def training(trained: Trained) -> str:
    """The epochs of one candidate."""
    # A training without validation rows has nothing to show of them.
    every = ("epoch", "loss", "validation_loss", "macro_f1", "accuracy", "learning_rate")
    names = [name for name in every if any(e.get(name) is not None for e in trained.curve)]
    rows = [[_rate(e.get(n)) if n == "learning_rate" else _figure(e.get(n)) for n in names] for e in trained.curve]
    rung = f" Setting: {trained.rung}." if trained.rung else ""
    tried = "".join(f"- {escaped(setting)}\n" for setting in trained.tried)
    tried = f"Tried before:\n\n{tried}\n" if tried else ""
    return f"# {trained.candidate}\n\n{training_sentence(trained)}.{rung}\n\n{tried}" + (
        table(names, rows) if rows else ""
    )


def card_sentence(card: Scorecard) -> str:
    """One contestant in one line."""
    if card.error is not None:
        return f"{card.role} {card.candidate} could not be scored: {card.error}"
    return f"{card.role} {card.candidate}: macro-F1 {card.macro_f1:.3f}, accuracy {card.accuracy:.3f}, {card.ms_per_mail:.1f} ms a mail"


def benchmark(run: Run, board: Scoreboard, absent: Sequence[str] = ()) -> str:
    """The table of the night, then the labels of the challenger beside the champion's."""
    rows = [
        (c.role, c.candidate, _figure(c.macro_f1), _figure(c.accuracy), *(_figure((c.top_k or {}).get(k)) for k in ("2", "3")),
         _figure(c.ms_per_mail), c.error or c.name)
        for c in sorted(board.cards, key=lambda c: math.inf if c.macro_f1 is None else -c.macro_f1)
    ]  # fmt: skip
    parts = [
        f"# Benchmark of {run.recipe.name}",
        f"All on the same {len(board.row_ids)} holdout rows, tonight. No row of them was learned from.",
        table(["role", "candidate", "macro-F1", "accuracy", "top-2", "top-3", "ms a mail", "version"], rows),
    ]
    if board.leak is not None:
        gap = board.leak.ungrouped - board.leak.grouped
        parts.append(
            f"Leak gap: {gap:+.3f}. TF-IDF out of fold on {board.leak.n} rows has macro-F1 {board.leak.grouped:.3f} with "
            f"look-alikes kept together and {board.leak.ungrouped:.3f} with them torn apart; a split that tears them "
            "would flatter every model by about that much."
        )
    if absent:
        parts.append("Not judged:\n\n" + "\n".join(f"- {escaped(why)}" for why in absent))
    for card in (board.challenger, board.champion):
        if card is not None and card.error is None:
            labels = [(s.label, _figure(s.precision), _figure(s.recall), _figure(s.f1), s.n) for s in card.per_label]
            parts += [
                f"## {card.role} {card.candidate}",
                table(["label", "precision", "recall", "F1", "rows"], labels),
                *_confidence(card, board.true),
            ]
    return "\n\n".join(parts)


def _confidence(card: Scorecard, true: Sequence[str]) -> list[str]:
    """How far its confidence can be believed, what abstaining buys, and which engine answered."""
    if not card.confidences:
        return []
    right = [a == b for a, b in zip(card.predictions, true, strict=True)]
    error = expected_error(card.confidences, right)
    kept = [(f"{c.threshold:g}", f"{c.share:.0%}", f"{c.accuracy:.1%}") for c in coverage(card.confidences, right)]
    return [
        *([f"{escaped(card.engine_why)}."] if card.engine_why else []),
        f"Its confidence is {error:.3f} away from its accuracy on average (expected calibration error). Answering only from a "
        "confidence on:",
        table(["from", "answered", "of these right"], kept),
    ]


def verdict(run: Run, found: Verdict, board: Scoreboard) -> str:
    """The verdict in words, and the mails (by row id) that decided it."""
    true = dict(zip(board.row_ids, board.true, strict=True))
    parts = [
        f"# {'Promoted' if found.promoted else 'Not promoted'}",
        f"**{escaped(found.sentence)}**",
        f"Reason: `{found.reason.value}`",
    ]
    if found.conditions:
        held = [(c.name, c.wanted, c.found, "held" if c.held else "NOT held") for c in found.conditions]
        parts += ["## What the gate asks for", table(["condition", "wanted", "found", ""], held)]
    if found.evidence is not None:
        parts += _evidence(found.evidence)
    if board.challenger is not None and board.challenger.engine_why:
        parts.append(f"Engine: {escaped(board.challenger.engine_why)}.")
    parts += _crossfitted(board.crossfit)
    evidence = found.evidence
    for name, ids in (("Broken", evidence.broken), ("Fixed", evidence.fixed)) if evidence else ():
        if ids:
            more = f"\n\n... and {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
            parts += [
                f"## {name}: {len(ids)}",
                table(["row", "label"], [(i, true[i]) for i in ids[:SHOWN_IDS]]) + more,
            ]
    parts.append(f"Everything it rests on: `{run.home.shown(run.decision)}`")
    return "\n\n".join(parts)


def _evidence(found: Evidence) -> list[str]:
    """How sure the judged rows make us, in words and by label."""
    low, high = found.interval
    changes = [(c.label, c.n, _figure(c.f1_before), _figure(c.f1_after), c.fixed, c.broken) for c in found.by_label]
    return [
        "## How sure",
        f"P(better) {found.p_better:.2f}; the difference of macro-F1 lies within {low:+.3f} and {high:+.3f} (95 %, "
        f"paired bootstrap of {found.n} mails). Fixed against broken by chance alone: p = {found.mcnemar_p:.2f} "
        f"(McNemar). One mail is worth up to {found.one_mail:.3f}.",
        table(["label", "rows", "F1 before", "F1 after", "fixed", "broken"], changes),
    ]


def _crossfitted(found: CrossFitted) -> list[str]:
    """Both ways of training, out of fold on all rows."""
    if found.macro_f1 is None:
        return [f"Not cross-fitted: {escaped(found.why_not or 'it was not asked for')}."]
    rows = []
    for i, who in enumerate(("champion", "challenger")):
        folds = {"accuracy": found.fold_accuracy, "macro-F1": found.fold_macro_f1}
        spread = [_mean_and_deviation([pair[i] for pair in its]) for its in folds.values()]
        rows.append((who, _figure(found.macro_f1[i]), *spread))
    k = len(found.fold_accuracy)
    return [
        f"## Cross-fitted: {found.rows_told}, {k} folds",
        table(["", "macro-F1, pooled", "accuracy a fold", "macro-F1 a fold"], rows),
    ]


def _mean_and_deviation(values: Sequence[float]) -> str:
    return f"{mean(values):.3f} ± {stdev(values):.3f}"


def _rate(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}"


def _figure(value: object) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
