"""`avocet ui` and `avocet demo` as a person starts and ends them, in processes of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from app import demo_verb, ui_verb
from app.cli import main
from avocet.errors import WrongUseError
from avocet.home import CHECKOUT, Home
from avocet.store.database import store_of
from avocet.store.labels import Labels

OWN = "a-token-of-16-or-more"
HTML = {"Accept": "text/html"}
PLAIN = "from app.cli import main; main()"
# With a stream that never ends, as a run's events are while it runs.
STREAMING = """
import asyncio
from fastapi.sse import EventSourceResponse
from app import api

made = api.create_app

def create_app(*arguments, **settings):
    app = made(*arguments, **settings)
    @app.get("/api/endless", response_class=EventSourceResponse)
    async def endless():
        while True:
            yield {"at": 1}
            await asyncio.sleep(0.1)
    app.router.routes.insert(0, app.router.routes.pop())
    return app

api.create_app = create_app
from app.cli import main
main()
"""


@dataclass(frozen=True)
class Served:
    """A server in a process of its own."""

    process: "subprocess.Popen[str]"
    link: str

    @property
    def token(self) -> str:
        return self.link.partition("token=")[2]

    @property
    def address(self) -> str:
        return re.split(r"[? ]", self.link)[0]

    def stop(self) -> tuple[int, str, float]:
        """(exit code, what it said to standard error, seconds) after a Ctrl-C."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        said = self.process.communicate(timeout=30)[1]
        return self.process.returncode, said, time.monotonic() - began


@pytest.fixture
def serve(place: Home) -> Callable[..., AbstractContextManager[Served]]:
    """Starts `avocet ui --no-browser` with more arguments, on `place`."""

    @contextmanager
    def start(*arguments: str, code: str = PLAIN, **environment: str) -> Iterator[Served]:
        command = [sys.executable, "-c", code, "ui", *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": CHECKOUT}
        with subprocess.Popen(command, env={**os.environ, **environment}, **pipes) as process:  # type: ignore[call-overload]
            try:
                line = process.stdout.readline().strip()
                assert line.startswith("http"), process.communicate(timeout=30)
                yield Served(process, line)
            finally:
                process.kill()

    return start


def test_the_link_lets_in_and_ctrl_c_ends_it_though_a_stream_is_open(
    serve: Callable[..., AbstractContextManager[Served]],
) -> None:
    """A token in no argument, within five seconds, and without a traceback."""
    with serve("--no-browser", code=STREAMING) as it, httpx2.Client(follow_redirects=True, headers=HTML) as browser:
        assert browser.get(it.address).status_code == 401
        assert browser.get(it.link).status_code in (200, 503)  # 503: the pages are not built here
        assert browser.get(f"{it.address}api/openapi.json").status_code == 200
        arguments = Path(f"/proc/{it.process.pid}/cmdline").read_text()
        assert len(it.token) > 40 and it.token not in arguments
        with browser.stream("GET", f"{it.address}api/endless") as stream:
            assert next(stream.iter_lines()) == 'data: {"at": 1}'
            exit_code, said, seconds = it.stop()
    assert (exit_code, said) == (130, "Ctrl-C ends it.\n") and seconds < 5


def test_answers_are_sent_at_once(serve: Callable[..., AbstractContextManager[Served]]) -> None:
    """On one connection, as a browser keeps it: none waits 40 ms until the one before was acknowledged (Nagle's algorithm)."""
    with serve("--no-browser") as it, httpx2.Client() as client:
        took = []
        for _ in range(30):
            began = time.monotonic()
            assert client.get(f"{it.address}api/health").status_code == 200
            took.append(time.monotonic() - began)
    assert sorted(took)[5] < 0.03  # a machine that does other things slows down some, Nagle all


def test_a_second_one_takes_the_next_port(serve: Callable[..., AbstractContextManager[Served]]) -> None:
    """Side by side; a browser is known to both, for each has a cookie of its own."""
    with serve("--no-browser") as one, serve("--no-browser") as other:
        assert one.address != other.address
        with httpx2.Client(follow_redirects=True) as browser:
            for it in (one, other):
                browser.get(it.link)
            for it in (one, other):
                assert browser.get(f"{it.address}api/openapi.json").status_code == 200
        assert (
            httpx2.get(other.address + "api/openapi.json", headers={"Authorization": f"Bearer {one.token}"}).status_code
            == 401
        )


def test_a_token_of_ones_own_is_used_and_not_repeated(serve: Callable[..., AbstractContextManager[Served]]) -> None:
    """Neither where the link is said nor to the children."""
    with serve("--no-browser", "--host", "0.0.0.0", AVOCET_UI_TOKEN=OWN) as it:  # noqa: S104
        assert OWN not in it.link and "AVOCET_UI_TOKEN" in it.link
        port = it.address.rpartition(":")[2].rstrip("/")
        answer = httpx2.get(f"http://127.0.0.1:{port}/api/openapi.json", headers={"Authorization": f"Bearer {OWN}"})
        assert answer.status_code == 200
        assert OWN not in it.stop()[1]


def test_the_browser_is_led_by_a_file_that_only_its_owner_reads(
    serve: Callable[..., AbstractContextManager[Served]], place: Home, tmp_path: Path
) -> None:
    """The arguments of a process are for all to see; the file is gone afterwards."""
    seen, script = tmp_path / "seen", tmp_path / "browser"
    script.write_text(
        f'#!/bin/sh\nf="${{1#file://}}"\necho "$@" >{seen}.args\nstat -c %a "$f" >{seen}.mode\ncat "$f" >{seen}\n'
    )
    script.chmod(0o755)
    with serve(DISPLAY=":0", BROWSER=f"{script} %s") as it:
        until = time.monotonic() + 20
        while not (seen.exists() and it.token in seen.read_text()):
            assert time.monotonic() < until
            time.sleep(0.05)
        assert it.token not in seen.with_suffix(".args").read_text()
        assert seen.with_suffix(".mode").read_text() == "600\n" and f'url={it.link}"' in seen.read_text()
        assert (place.data / "open-ui.html").exists()
        it.stop()
    assert not (place.data / "open-ui.html").exists()


@pytest.mark.parametrize(
    ("arguments", "token", "says"),
    [
        (("--host", "0.0.0.0"), None, "put a token of yours into AVOCET_UI_TOKEN first"),  # noqa: S104
        (("--host", "192.168.1.5"), "", "put a token of yours into AVOCET_UI_TOKEN first"),
        (("--host", "mails.example"), None, "put a token of yours into AVOCET_UI_TOKEN first"),
        ((), "short", "AVOCET_UI_TOKEN holds no token"),
        ((), "with a blank and what else", "AVOCET_UI_TOKEN holds no token"),
        (("--host", "203.0.113.7"), OWN, "cannot listen at 203.0.113.7"),
        (("--host", "no such host"), OWN, "is no address of this machine"),
        (("--recipe", "nope"), None, "no recipe 'nope'"),
    ],
)
def test_what_will_not_do_is_one_line(
    place: Home, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], token: str | None, says: str
) -> None:
    """Exit code 2, before anything listens, and without the token that was given."""
    monkeypatch.delenv("AVOCET_UI_TOKEN", raising=False)
    if token is not None:
        monkeypatch.setenv("AVOCET_UI_TOKEN", token)
    found = CliRunner().invoke(main, ["ui", "--no-browser", *arguments])
    assert found.exit_code == 2 and says in found.stderr and found.stdout == ""
    assert found.stderr.count("\n") == 1 and (not token or token not in found.stderr)


def test_a_port_that_is_taken_is_one_line_and_without_one_the_next_is_found(
    place: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for a port gets that one or none."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        found = CliRunner().invoke(main, ["ui", "--no-browser", "--port", str(port)])
        assert (found.exit_code, found.stderr) == (
            2,
            f"avocet: port {port} is taken; leave --port out and a free one is found\n",
        )
        monkeypatch.setattr(ui_verb, "PORT", port)
        with ui_verb._listening("127.0.0.1", None) as mine:
            assert port < mine.getsockname()[1] < port + ui_verb.N_TRIED
        monkeypatch.setattr(ui_verb, "N_TRIED", 1)
        with pytest.raises(WrongUseError, match="all taken"):
            ui_verb._listening("127.0.0.1", None)


def test_the_demo_is_a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 mails, 120 of them to label; called again it brings nothing back that a person changed."""
    monkeypatch.delenv("AVOCET_DATABASE", raising=False)
    folder = tmp_path / "demo"
    assert demo_verb.furnish(folder) == 503
    labels = Labels(store_of(Home(folder)), demo_verb.COLLECTION)
    waiting = [row for row, said in labels.page(1000, True)]
    assert len(waiting) == demo_verb.N_WAITING
    labels.put(waiting[0].id, "hired", "anna")
    recipe = folder / "recipes" / "job_mail.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8") + "\n# mine\n", encoding="utf-8")
    assert demo_verb.furnish(folder) == 0
    assert len(labels.page(1000, True)) == demo_verb.N_WAITING - 1 and recipe.read_text(encoding="utf-8").endswith(
        "# mine\n"
    )


def test_the_demo_reads_the_store_and_can_train_all_that_the_recipe_lists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Labels that are given in the pages are learned from."""
    from avocet import recipe as recipes

    demo_verb.furnish(tmp_path / "demo")
    found = recipes.load(Home(tmp_path / "demo"), "job_mail")
    assert (found.name, list(found.rows), demo_verb.TRIED in found.candidates) == ("job_mail", ["store:job_mail"], True)


def test_the_demo_takes_no_folder_with_something_else_in_it(
    place: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is changed there."""
    monkeypatch.setenv("AVOCET_DATABASE", "sqlite:///nowhere")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letters").write_text("mine")
    found = CliRunner().invoke(main, ["demo", str(mine), "--no-browser"])
    assert found.exit_code == 2 and "has something else in it" in found.stderr
    assert [path.name for path in mine.iterdir()] == ["letters"]


@pytest.mark.slow
def test_the_demo_ends_with_a_champion_and_a_link(tmp_path: Path) -> None:
    """In one command, also for who has a store elsewhere; the second start trains nothing."""
    environment = {**os.environ, "AVOCET_DATABASE": "postgresql://nobody@127.0.0.1:1/none"}
    for n in (1, 2):
        began = time.monotonic()
        command = [sys.executable, "-c", PLAIN, "demo", str(tmp_path / "demo"), "--no-browser"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            lines = []
            while not (lines and lines[-1].startswith("http")):
                lines.append(process.stdout.readline())
                assert lines[-1], (lines, process.communicate())
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        assert n == 2 or any(line.startswith("promoted tfidf (the first champion)") for line in lines)
        assert n == 1 or (len(lines) == 1 and time.monotonic() - began < 30)


def test_completion_knows_the_verbs(tmp_path: Path) -> None:
    """For each shell; the script asks avocet, so that it never grows old."""
    for shell in ("bash", "zsh", "fish"):
        said = CliRunner().invoke(main, ["completion", shell]).stdout
        assert "_AVOCET_COMPLETE" in said and f"{shell}_complete" in said
    asked = {**os.environ, "_AVOCET_COMPLETE": "bash_complete", "COMP_WORDS": "avocet mod", "COMP_CWORD": "1"}
    code = "import sys; sys.argv[0] = 'avocet'; " + PLAIN.replace("main()", "main(prog_name='avocet')")
    found = subprocess.run([sys.executable, "-c", code], env=asked, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"plain,models\n", found.stdout)


def test_quiet_and_no_color_are_said_to_what_is_started(place: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run's process reads them from the environment."""
    names = ("AVOCET_QUIET", "NO_COLOR", "PREFECT_LOGGING_COLORS", "PREFECT_LOGGING_LEVEL")
    for name in names:
        monkeypatch.setenv(name, "")
    assert CliRunner().invoke(main, ["--quiet", "--no-color", "status"]).exit_code == 0
    assert [os.environ[name] for name in names] == ["1", "1", "false", "ERROR"]
