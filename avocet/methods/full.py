"""Method full: every weight of the base is trained, with class weights, early stopping and the best epoch kept."""

from pathlib import Path
from typing import Any

from transformers import AutoTokenizer, set_seed

from avocet.candidates import Full
from avocet.events import JUDGING, Emit
from avocet.methods.encoder import SAFE, freeze, positions
from avocet.methods.finetuning import Lesson, fine_tune, tokenised, truncated
from avocet.methods.job import Job
from avocet.methods.lessons import Answered, Learned
from avocet.methods.trained import TrainedScorer, fresh, load_trained, save_trained


def train(job: Job, folder: Path, emit: Emit) -> Learned:
    """See Method.train. Learns from the train rows and stops early on the validation rows (document 0)."""
    settings: Full = job.method
    set_seed(job.seed)
    at_hand = job.its_base()
    base = Path(at_hand.path)
    tokenizer = AutoTokenizer.from_pretrained(base, **SAFE)
    model = fresh(base, at_hand.pooled, job.labels)
    if settings.freeze_layers:
        freeze(model.encoder if at_hand.pooled else model.base_model, settings.freeze_layers)
    max_tokens = min(settings.max_tokens, positions(base, tokenizer))
    texts, ys = job.texts("train")
    held_out, held_ys = job.texts("validation")
    lesson = Lesson(
        tokenised(tokenizer, texts, ys, max_tokens, job.weights("train")),
        len(job.labels),
        tokenised(tokenizer, held_out, held_ys, max_tokens),
    )
    info = fine_tune(model, tokenizer, lesson, job, folder, emit)
    save_trained(model, tokenizer, folder, at_hand.pooled)
    info |= {"pooled": at_hand.pooled, **truncated(tokenizer, texts, max_tokens)}
    answered = None
    if held_out:
        emit(JUDGING)
        scorer = TrainedScorer.of(tokenizer, model, max_tokens)
        answered = Answered(job.places("validation"), scorer.scores(held_out))
    return Learned(info, answered)


def load(folder: Path, info: dict[str, Any]) -> TrainedScorer:
    """See Method.load."""
    return load_trained(folder, info)
