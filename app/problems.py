"""Errors as RFC 9457 problem documents: what was seen, where, what to do next, never a traceback.

`type` leads to the reason's paragraph in docs/problems.md, which the server shows at /problems.
"""

import html
import json
import logging
import re
import traceback
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypedDict

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from avocet import errors

_log = logging.getLogger("avocet.app")
DOCS = Path(__file__).resolve().parents[1] / "docs" / "problems.md"

# The most special first: the first that fits says the status.
_STATUS: tuple[tuple[type[errors.AvocetError], int], ...] = (
    (errors.NotFoundError, 404),
    (errors.RowsNotFoundError, 404),
    (errors.ChangedMeanwhileError, 412),
    (errors.NotTheLastError, 409),
    (errors.TooLargeError, 413),
    (errors.BusyError, 409),
    (errors.NotPromotedError, 409),
    (errors.InUseError, 409),
    (errors.NothingToDoError, 409),
    (errors.DataStoppedError, 409),
    (errors.DamagedVersionError, 409),
    (errors.DamagedDecisionError, 409),
    (errors.StoreError, 503),
    (errors.OutOfMemoryError, 503),
    (errors.MemoryBusyError, 503),
    (errors.OrchestratorError, 503),
    (errors.NoSpaceError, 507),
    (errors.DiskError, 507),
    (errors.AvocetError, 422),
)
# What is wrong with a request before any of our own code sees it.
_REASONS = {401: "unauthorized", 403: "foreign", 404: "not_found", 405: "method", 413: "too_large", 422: "invalid"}
_QUOTING = ("union_tag_invalid",)  # kinds of pydantic's whose sentence holds what was sent
_MAX_ERRORS, _MAX_WORD = 20, 80


class Fault(TypedDict):
    """One thing that is wrong with a request, and where: /body/rows/0/text, /query/limit."""

    pointer: str
    detail: str


class Problem(JSONResponse):
    """One problem document."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        """In ASCII: a path or a name may hold what is no text, and saying so must not fail."""
        return json.dumps(content, ensure_ascii=True).encode()


def problem(
    request: Request,
    status: int,
    detail: str,
    reason: str = "request",
    faults: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Problem:
    """What went wrong (`detail`, one line without mail text) and which kind of thing that is (`reason`)."""
    content = {
        "type": f"/problems#{reason}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.scope["path"],
        **({"errors": list(faults)} if faults else {}),
    }
    return Problem(content, status, headers=headers)


def add_problems(app: FastAPI) -> None:
    """Answer errors as problems: ours, the framework's, and what is no valid request."""

    @app.exception_handler(errors.AvocetError)
    def _ours(request: Request, error: errors.AvocetError) -> Response:
        status = next(code for kind, code in _STATUS if isinstance(error, kind))
        faults = [Fault(pointer=pointer, detail=why) for pointer, why in error.errors[:_MAX_ERRORS]]
        return problem(request, status, str(error), error.reason, faults)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code < 400 or error.status_code == 416:  # 204, 304: no body may follow
            return Response(status_code=error.status_code, headers=error.headers)
        reason = _REASONS.get(error.status_code, "request")
        return problem(request, error.status_code, str(error.detail), reason, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        faults = [_fault(one) for one in error.errors()[:_MAX_ERRORS]]
        first = f"{faults[0]['pointer']}: {faults[0]['detail']}" if faults else "the request is not valid"
        return problem(request, 422, first, "invalid", faults)

    @app.get("/problems", include_in_schema=False)
    def problems() -> HTMLResponse:
        """docs/problems.md as a page."""
        if not DOCS.is_file():
            raise HTTPException(404, "docs/problems.md is in the checkout, and this is none")
        return HTMLResponse(_as_page(DOCS.read_text(encoding="utf-8")))


class Caught:
    """ASGI middleware: a bug is a 500 without detail, and its place in the code is in the server's log.

    Never its message: a library quotes what it could not digest, and that may be mail.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; answer for what breaks within."""
        began = False

        async def sending(message: Message) -> None:
            nonlocal began
            began = began or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:  # who asked has gone: nobody is there to be told
            return
        except Exception as error:  # noqa: BLE001  whatever it is, its message must not reach a log
            _log.error("%s broke here, which is a bug:\n%s", scope.get("method"), _place_of(error))
            if began:  # the connection is cut, so that half an answer is not taken for a whole one
                raise RuntimeError("an answer broke off; the line above says where") from None
            detail = "a bug in Avocet, nothing you did: the server's log says where"
            await problem(Request(scope), 500, detail, "bug")(scope, receive, send)


def _place_of(error: BaseException) -> str:
    """The traceback without what was said, of the error and what caused it."""
    told, seen = [], error.__cause__ or error.__context__
    told.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
    return (_place_of(seen) + "\nand then\n" if seen is not None else "") + "\n".join(told)


def _fault(error: Mapping[str, Any]) -> Fault:
    """Where and what, without what was sent: that may be mail."""
    kind, place = str(error["type"]), list(error["loc"])
    if kind == "json_invalid":  # its place is a character's number
        return {"pointer": "/body", "detail": f"not JSON, from character {place[-1]} on"}
    words = (str(part)[:_MAX_WORD].replace("~", "~0").replace("/", "~1") for part in place)
    detail = f"not valid ({kind})" if kind in _QUOTING else str(error["msg"])
    return {"pointer": "/" + "/".join(words), "detail": detail}


def _as_page(text: str) -> str:
    """The few marks that docs/problems.md uses: headings, paragraphs and `code`."""
    blocks = []
    for block in re.split(r"\n{2,}", html.escape(text.strip(), quote=False)):
        block = re.sub(r"`([^`]+)`", r"<code>\1</code>", block)
        title = re.fullmatch(r"(#+) (?:<code>)?(.*?)(?:</code>)?", block)
        if title:
            level = len(title[1])
            blocks.append(f'<h{level} id="{title[2]}">{title[2]}</h{level}>')
        else:
            blocks.append(f"<p>{block}</p>")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
    return f'<!doctype html><html lang="en"><head>{head}<title>Avocet: problems</title></head><body><main>{"".join(blocks)}</main></body></html>'
