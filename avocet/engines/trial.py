"""The trial of the engines: each that is at hand is exported, held against torch on judged rows, and timed here."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avocet import durable, registry
from avocet.engines import EXPORTED, REFERENCE, Outputs, engine
from avocet.engines.choice import CHOICES, FILE, Choice, Measured, intact, manifest_of, opened, place_of, read, room_of
from avocet.engines.tokens import write_tokens
from avocet.errors import AvocetError
from avocet.events import is_out_of_memory
from avocet.methods.machine import native_bf16
from avocet.methods.memory import forgetting
from avocet.metrics import macro_f1
from avocet.recipe import Serve, digest

MOST_ROWS = 500  # that engines are held against torch on
_SINGLE, _BATCH = 15, 64  # texts one by one, and at once
Rows = tuple[list[str], list[str]]  # texts, true labels


def prepare(
    version: Path, scorer: Any, rows: Rows, labels: Sequence[str], serve: Serve,
    say: Callable[[str], None] = lambda name: None,
) -> Choice:  # fmt: skip
    """Export, hold against torch, time, choose and keep; what was chosen before for the same is taken again.

    `scorer` is the version's in torch, `rows` (at least one) are of those that it has not learned from, `labels` those
    of its scores. `say` is told each engine that is tried. Raises what the scorer raises, DiskError.
    """
    mark = digest(serve.model_dump(mode="json", include={"engines", "agreement", "macro_f1_loss"}))
    before, hand = read(version), _at_hand(serve)
    if before is not None and before.serve == mark and intact(version, before):
        return before
    some = rows[0][:MOST_ROWS], rows[1][:MOST_ROWS]
    networks = scorer.networks() if hasattr(scorer, "networks") else {}
    room = room_of(version)
    with durable.on_disk("making room for engines"):
        shutil.rmtree(room, ignore_errors=True)
        room.mkdir(parents=True)
    with forgetting():  # what is remembered of a text would make torch the fastest of all
        wanted = scorer.scores(some[0])
        measured = [_timed(scorer, some[0], Measured(REFERENCE, agreement=1.0, macro_f1_loss=0.0))]
        for name in hand if networks else []:
            say(name)
            measured.append(_tried(name, scorer, networks, room / name, some, wanted, labels, serve))
    best = min((m for m in measured if not m.why_not), key=_slowness)
    for name in hand:
        if name != best.engine:
            shutil.rmtree(room / name, ignore_errors=True)
    files = registry.fingerprints(room / best.engine) if best.engine in EXPORTED else {}
    why = _why(best, measured[0]) if networks else "nothing in it is faster by another engine"
    choice = Choice(manifest_of(version), mark, best.engine, why, tuple(measured), tuple(networks), files)
    durable.replace_text(room / FILE, CHOICES.dump_json(choice, indent=2).decode() + "\n")
    return choice


def _at_hand(serve: Serve) -> list[str]:
    """The engines that may serve and can be tried here, the reference aside."""
    found: list[str] = []
    for name in serve.engines:
        if name == "torch-bf16" and native_bf16():
            found.append(name)
        elif name in EXPORTED:
            module, precision = engine(name)
            if not module.missing(precision) and (precision != "bf16" or native_bf16()):
                found.append(name)
    return found


def _tried(
    name: str, scorer: Any, networks: Mapping[str, Any], folder: Path, rows: Rows, wanted: NDArray[np.float64],
    labels: Sequence[str], serve: Serve,
) -> Measured:  # fmt: skip
    """One engine beside the reference; whatever goes wrong with it is why it may not serve."""
    texts, true = rows
    try:
        its = {key: _outputs(name, network, folder / place_of(key), texts) for key, network in networks.items()}
        served = scorer.through(its)
        found = served.scores(texts)
    except AvocetError as e:
        return Measured(name, why_not=str(e))
    except Exception as e:  # exporters fail in any way on a network that they do not know; torch stays
        if is_out_of_memory(e):
            raise
        return Measured(name, why_not=f"it cannot be exported ({type(e).__name__})")
    ours, theirs = found.argmax(axis=1), wanted.argmax(axis=1)
    agreement = float((ours == theirs).mean())
    loss = _macro_f1(true, theirs, labels) - _macro_f1(true, ours, labels)
    why = ""
    if agreement < serve.agreement:
        why = f"it agrees with torch on {agreement:.1%} of {len(texts)} rows, asked are {serve.agreement:.1%}"
    elif loss > serve.macro_f1_loss:
        why = f"it loses {loss:.3f} of macro-F1, allowed are {serve.macro_f1_loss:g}"
    return _timed(served, texts, Measured(name, agreement=agreement, macro_f1_loss=loss, why_not=why))


def _macro_f1(true: Sequence[str], places: NDArray[np.int64], labels: Sequence[str]) -> float:
    return macro_f1(true, [labels[i] for i in places], labels)


def _outputs(name: str, network: Any, folder: Path, texts: Sequence[str]) -> Outputs:
    """One network by one engine, exported into `folder`."""
    if name == "torch-bf16":
        return network.in_bf16()  # type: ignore[no-any-return]
    module, precision = engine(name)
    folder.mkdir(parents=True)
    write_tokens(network.tokenizer, list(network.example(texts)), network.max_tokens, folder)
    module.export(network, texts, folder, precision)
    return opened(folder, name)


def _timed(scorer: Any, texts: Sequence[str], measured: Measured) -> Measured:
    """With the medians of single mails and of batches; the first ones warm up."""
    singles, several = [], []
    for text in [*texts[:2], *texts[:_SINGLE]]:
        started = time.perf_counter()
        scorer.scores([text])
        singles.append(time.perf_counter() - started)
    for _ in range(2):
        started = time.perf_counter()
        scorer.scores(texts[:_BATCH])
        several.append((time.perf_counter() - started) / len(texts[:_BATCH]))
    return replace(measured, single_ms=1000 * median(singles[2:]), batch_ms=1000 * min(several))


def _slowness(measured: Measured) -> float:
    """One number of both, so that an engine that is good at only one of them does not win by it."""
    return float(measured.single_ms or 0.0) * float(measured.batch_ms or 0.0)


def _why(best: Measured, reference: Measured) -> str:
    """In words, with what it was compared with."""
    if best.engine == REFERENCE:
        return f"{REFERENCE} serves: no other engine at hand was faster and within the recipe's bounds"
    single = (reference.single_ms or 0.0) / max(best.single_ms or 0.0, 1e-6)
    batch = (reference.batch_ms or 0.0) / max(best.batch_ms or 0.0, 1e-6)
    return (
        f"{best.engine} serves: {best.single_ms:.1f} ms a mail, {single:.1f} times as fast as {REFERENCE} one by one and "
        f"{batch:.1f} times in batches; the same label for {best.agreement:.1%} of the rows"
    )
