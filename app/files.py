"""Files that come in as a request's body, and files that go out as an answer; they have no name, so none is left behind."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import IO

from anyio import to_thread
from fastapi import Request
from fastapi.responses import StreamingResponse

from avocet import registry
from avocet.exchange import enough_room
from avocet.home import Home

_CHUNK = 2**20
_LOOK_EVERY = 64 * 2**20  # bytes
ZIP = "application/zip"
# What the API's description says of a body that is a file, and of an answer that is one.
_BINARY = {ZIP: {"schema": {"type": "string", "format": "binary"}}}
TAKES_ZIP = {"requestBody": {"required": True, "content": _BINARY}}
GIVES_ZIP: dict[int | str, dict[str, object]] = {200: {"description": "The zip", "content": _BINARY}}


@asynccontextmanager
async def received(request: Request, place: Home) -> AsyncIterator[IO[bytes]]:
    """The whole body as a file below data/ that nobody else can open, and that is gone after this, or after a kill.

    Raises NoSpaceError before the disk is full; how large a body may be is the door's matter.
    """
    said = request.headers.get("content-length", "")
    with registry.on_disk("taking in what was sent"):
        place.data.mkdir(parents=True, exist_ok=True)
        enough_room(place, 2 * int(said) if said.isdecimal() else 0)  # it is unpacked beside itself
        file = tempfile.TemporaryFile(dir=place.data)  # noqa: SIM115  closed below
    with file:
        with registry.on_disk("taking in what was sent"):
            await _write(request, place, file)
        yield file


async def _write(request: Request, place: Home, file: IO[bytes]) -> None:
    """In threads: a disk that is slow must not keep other requests waiting."""
    waiting, next_look = bytearray(), _LOOK_EVERY
    async for part in request.stream():
        waiting += part
        if len(waiting) >= _CHUNK:
            await to_thread.run_sync(file.write, bytes(waiting))
            waiting.clear()
            if file.tell() >= next_look:
                enough_room(place, file.tell())
                next_look = file.tell() + _LOOK_EVERY
    await to_thread.run_sync(file.write, bytes(waiting))
    file.flush()
    file.seek(0)


def sent(file: IO[bytes], name: str, n_bytes: int) -> StreamingResponse:
    """The file as a download of that name; it is closed, and so gone, when it was sent or nobody wants it any more."""

    def parts() -> Iterator[bytes]:
        with file:
            while part := file.read(_CHUNK):
                yield part

    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(n_bytes)}
    return StreamingResponse(parts(), headers=headers, media_type=ZIP)
