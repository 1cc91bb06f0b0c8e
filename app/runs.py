"""Starting runs of the flow; the only module of the app that knows how they are orchestrated."""

import subprocess
import sys
from pathlib import Path

FLOW = Path(__file__).resolve().parents[1] / "flows" / "finetune.py"


def run_here(recipe: str, model: str | None = None, epochs: int | None = None) -> int:
    """One run of the flow in a process of its own on this machine; returns its exit code (README, "Exit codes")."""
    command = [sys.executable, str(FLOW), recipe]
    command += ["--model", model] if model else []
    command += ["--epochs", str(epochs)] if epochs else []
    with subprocess.Popen(command) as run:
        while True:
            try:
                return run.wait()
            except KeyboardInterrupt:  # the run got the Ctrl-C as well, and needs a moment to end in good order
                continue
