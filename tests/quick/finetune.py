"""A run that trains nothing and tells much, with the command line of flows/finetune.py: for tests of what follows runs."""

import argparse
import os
import signal
import time

from avocet import runs
from avocet.errors import OutOfMemoryError
from avocet.home import home
from avocet.running import journal
from avocet.running.request import RunRequest


def main(purpose: str = "finetune") -> None:
    """Says QUICK_LINES lines, one each QUICK_S seconds; ends as QUICK_FAILS says, or without news."""
    words = argparse.ArgumentParser()
    words.add_argument("recipe")
    words.add_argument("--model")
    words.add_argument("--epochs", type=int)
    words.add_argument("--run")
    its, _ = words.parse_known_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with journal.answering(home(), its.run):
        recipe, _ = RunRequest(its.recipe, its.model, its.epochs).chosen(home())
        with runs.only_one(home()), journal.recorded(home(), recipe, its.run) as run:
            journal.stage(run, "validate")
            for i in range(int(os.environ.get("QUICK_LINES", "3"))):
                journal.log(run, f"line {i} of {purpose}")
                time.sleep(float(os.environ.get("QUICK_S", "0.05")))
            if said := os.environ.get("QUICK_FAILS"):
                raise OutOfMemoryError(said)
            journal.rested(run, "nothing new")


if __name__ == "__main__":
    main()
