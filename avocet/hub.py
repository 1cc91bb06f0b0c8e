"""Sending a version, or the rows of a recipe, to a Hugging Face hub: only when asked to, with a token from $HF_TOKEN."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from avocet import recipe as recipes
from avocet.dataset import NAMES, as_files, last_divided
from avocet.errors import AvocetError, HubError, WrongUseError
from avocet.exchange import exported
from avocet.home import Home

_CONFIG = (
    "---\nconfigs:\n- config_name: default\n  data_files:\n"
    + "".join(f"  - split: {name}\n    path: {name}.csv\n" for name in NAMES.values())
    + "---\n"
)


def push_version(place: Home, version: str, repo: str, public: bool = False) -> str:
    """Upload what `avocet models export` would write to the model `repo`; returns its address.

    Raises HubError with what the hub said, WrongUseError without a token, DamagedVersionError.
    """
    return _push(repo, "model", exported(place, version), f"Version {version}", not public)


def push_rows(place: Home, recipe: str, repo: str) -> str:
    """Upload the rows of the recipe's last night to the private data set `repo`: these are mails.

    train.csv, validation.csv and test.csv with `text` and `label`, as `datasets.load_dataset` reads them. Raises as
    `push_version` does, and NotFoundError before the first night.
    """
    found = recipes.load(place, recipe)
    files: dict[str, bytes | Path] = {**as_files(last_divided(place, found), "csv")}
    card = f"# Rows of the Avocet recipe {found.name}\n\nLabels: {', '.join(found.labels)}. These rows are mails.\n"
    return _push(repo, "dataset", {"README.md": (_CONFIG + card).encode(), **files}, f"Rows of {found.name}", True)


def _push(
    repo: str, kind: Literal["model", "dataset"], contents: Mapping[str, bytes | Path], message: str, private: bool
) -> str:
    from huggingface_hub import HfApi
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    if not sys.stderr.isatty():
        disable_progress_bars()
    token = os.environ.get("HF_TOKEN", "").strip()
    if not token:
        raise WrongUseError("set HF_TOKEN to a token of the hub that may write; it is read from nowhere else")
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    api = HfApi(endpoint=endpoint, token=token)

    def send() -> str:
        with TemporaryDirectory(prefix="avocet-push-") as folder:
            _lay_out(Path(folder), contents)
            url = api.create_repo(repo, repo_type=kind, private=private, exist_ok=True)
            # One that was there before stays as public as it is.
            if kind == "dataset" and api.repo_info(repo, repo_type=kind).private is not True:
                raise HubError(
                    f"{repo} is not private, and rows are mails: nothing was sent; make it private, or name another"
                )
            api.upload_folder(repo_id=repo, repo_type=kind, folder_path=folder, commit_message=message)
        return str(url)

    return _told(send, endpoint)


def _lay_out(folder: Path, contents: Mapping[str, bytes | Path]) -> None:
    """The files as the hub shall hold them; weights are not copied."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        if isinstance(content, Path):
            path.symlink_to(content.resolve())
        else:
            path.write_bytes(content)


def _told(send: Callable[[], str], endpoint: str) -> str:
    """What `send` returns; whatever goes wrong on the way becomes one line that says what the hub said."""
    # Its HTTP library has changed its name once already; the error of whichever it uses is importable from here.
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled  # type: ignore[attr-defined]

    try:
        return send()
    except AvocetError:
        raise
    except OfflineModeIsEnabled:
        raise HubError("HF_HUB_OFFLINE is set, so nothing was sent; unset it to push") from None
    except HfHubHTTPError as e:
        status = getattr(e.response, "status_code", "an error")
        said = " ".join((e.server_message or "").split())[:200]
        raise HubError(f"{endpoint} answered {status}{f': {said}' if said else ''}; nothing was published") from None
    except (HTTPError, OSError, ValueError, KeyError) as e:
        first = (str(e).strip().splitlines() or [""])[0][:200]
        raise HubError(f"sending to {endpoint} failed: {first or type(e).__name__}") from None
