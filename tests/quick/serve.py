"""The application with quick runs, in a process that can be killed: `python tests/quick/serve.py HOME PORT`."""

import sys
from pathlib import Path

import uvicorn

from app import processes
from app.api import create_app
from avocet.home import Home


def main() -> None:
    """Until it is stopped, as `avocet ui` serves."""
    processes.FLOWS = Path(__file__).parent
    app = create_app(Home(Path(sys.argv[1])), "t")
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", timeout_graceful_shutdown=2)


if __name__ == "__main__":
    main()
