"""What is installed without the checkout and without node: the pages come with it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from avocet.home import CHECKOUT

PARTS = ("app", "avocet", "expectations", "flows", "tasks")
ASKS = """
from pathlib import Path
from fastapi.testclient import TestClient
import app
from app.api import create_app
from avocet.home import Home
assert Path(app.__file__).is_relative_to(Path.cwd()), app.__file__
client = TestClient(create_app(Home(Path("home")), "t"), base_url="http://127.0.0.1", headers={"Authorization": "Bearer t"})
page = client.get("/models", headers={"Accept": "text/html"})
print(page.status_code, page.headers["content-type"], client.get("/problems").status_code)
"""


@pytest.mark.slow
def test_a_wheel_serves_the_pages(tmp_path: Path) -> None:
    """Built from a copy, since building leaves files behind."""
    source, unpacked = tmp_path / "source", tmp_path / "unpacked"
    for part in PARTS:
        shutil.copytree(CHECKOUT / part, source / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(CHECKOUT / name, source)
    (source / "app" / "static").mkdir(exist_ok=True)
    (source / "app" / "static" / "index.html").touch()
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path,
        source,
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(unpacked)
    environment = {**os.environ, "PYTHONPATH": str(unpacked)}
    asked = subprocess.run([sys.executable, "-c", ASKS], cwd=unpacked, env=environment, capture_output=True, text=True)
    assert asked.stdout == "200 text/html; charset=utf-8 404\n", asked.stderr
