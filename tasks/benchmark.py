"""Stage 4, benchmark: champion, challengers and baselines on the same holdout rows, tonight."""

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import task

from avocet import artifacts, pictures, registry
from avocet.benchmark import contestants, score
from avocet.challenger import choose_challenger
from avocet.progress import Bar
from avocet.runs import Run
from avocet.scorecard import Scoreboard
from avocet.training import Trained
from tasks import key_of, log, publish, publish_picture, say


# No retry: a version that cannot be scored is an error on its card, and the gate refuses it.
@task(name="benchmark", task_run_name="benchmark", persist_result=False)
def benchmark(run: Run, trained: Sequence[Trained], decides: bool = True) -> Scoreboard:
    """One card for each contestant, all on the same rows; nobody challenges unless the gate `decides` on it.

    Raises what the scoring child failed with.
    """
    versions = {t.candidate: t.version for t in trained}
    challenger = _challenger(run, versions) if decides else None
    absent: list[str] = []
    with Bar("benchmark") as bar:

        def hear(event: Mapping[str, Any]) -> None:
            run.tell("benchmark", event)
            if event["type"] == "progress":
                bar.at(event["step"], event["of"])
            elif event["type"] == "note":
                absent.append(str(event["message"]))
                log().warning("not judged: %s", event["message"])

        board = score(run, contestants(run, versions, challenger), hear)
    publish(
        key_of(run.recipe.name, "benchmark"),
        artifacts.benchmark(run, board, absent),
        "Everybody on tonight's holdout rows",
    )
    shown = board.challenger or board.champion
    if shown is not None and shown.error is None:
        publish_picture(
            key_of(run.recipe.name, "confusion"),
            pictures.confusion(shown, board.labels),
            f"Confusion matrix of {shown.name}",
        )
        publish_picture(
            key_of(run.recipe.name, "reliability"),
            pictures.reliability(shown, board.true),
            f"Confidence and accuracy of {shown.name}",
        )
    for card in board.cards:
        say(run, artifacts.card_sentence(card))
    return board


def _challenger(run: Run, versions: Mapping[str, str]) -> str | None:
    folders = {candidate: run.home.models / version for candidate, version in versions.items()}
    infos = {candidate: registry.read_info(folder) for candidate, folder in folders.items()}
    return choose_challenger(versions, infos, run.recipe.gate, folders)
