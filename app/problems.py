"""Errors as RFC 9457 problem documents: what was seen, where, what to do next, never a traceback."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from avocet import errors

# The most special first: the first that fits says the status.
_STATUS: tuple[tuple[type[errors.AvocetError], int], ...] = (
    (errors.NotFoundError, 404),
    (errors.RowsNotFoundError, 404),
    (errors.BusyError, 409),
    (errors.NothingToDoError, 409),
    (errors.DataStoppedError, 409),
    (errors.DamagedVersionError, 409),
    (errors.DamagedDecisionError, 409),
    (errors.StoreError, 503),
    (errors.OrchestratorError, 503),
    (errors.NoSpaceError, 507),
    (errors.AvocetError, 422),
)


def add_problems(app: FastAPI) -> None:
    """Answer our errors as problems."""

    @app.exception_handler(errors.AvocetError)
    def _ours(request: Request, error: errors.AvocetError) -> JSONResponse:
        status = next(code for kind, code in _STATUS if isinstance(error, kind))
        return problem(request, status, str(error), error.reason)


def problem(request: Request, status: int, detail: str, reason: str = "about:blank") -> JSONResponse:
    """One problem document."""
    return JSONResponse(
        {
            "type": reason,
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "instance": request.url.path,
        },
        status,
        media_type="application/problem+json",
    )
