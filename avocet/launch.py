"""Several processes for one training: AVOCET_ACCELERATE names their number or a file of `accelerate config`.

`python -m avocet.launch ARGS` is `accelerate launch ARGS` that dies with its parent, and its processes with it.
"""

import os
from pathlib import Path

from avocet.errors import WrongUseError
from avocet.events import PARENT, die_with_parent

VARIABLE = "AVOCET_ACCELERATE"


def words() -> list[str]:
    """What stands before `-m module` to start a group; nothing where none is configured. Raises WrongUseError."""
    asked = os.environ.get(VARIABLE, "").strip()
    if asked in ("", "1"):
        return []
    if asked.isdigit() and int(asked):
        # Port 0: a free one. The other settings are written out so that no file of the user's decides them.
        same = ("--num_machines", "1", "--main_process_port", "0", "--mixed_precision", "no", "--dynamo_backend", "no")
        return ["-m", "avocet.launch", "--multi_gpu", "--num_processes", asked, *same]
    if not Path(asked).is_file():
        raise WrongUseError(f"{VARIABLE}={asked} is neither a number of processes nor a file of `accelerate config`")
    return ["-m", "avocet.launch", "--config_file", asked]


def main() -> None:
    """Start the processes; ends when they have ended."""
    die_with_parent()
    os.environ[PARENT] = str(os.getpid())  # theirs is this process, and with it they die
    import torch
    from accelerate.commands import launch

    if not torch.cuda.is_available():
        os.environ["ACCELERATE_USE_CPU"] = "true"
    launch.main()


if __name__ == "__main__":
    main()
