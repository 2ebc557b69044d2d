"""Errors as RFC 9457 problem documents: the one place where a failure becomes an HTTP status.

A problem has `type`, `title`, `status`, `detail`, `code`, and the error's own fields in camelCase (integers as decimal
strings, like every amount in our JSON). Where several things are wrong, `errors` has each with its `code`, `message`
and own fields, and says where it is: `at` in a body, `line` and `column` in a file. Nothing the caller sent is echoed
unless an error's author chose to.
"""

import json
import logging
import re
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from backend.access.wire import camel
from backend.kernel.errors import (
    Conflict,
    Field,
    Fields,
    Forbidden,
    Gone,
    InvalidInput,
    NotFound,
    RuleViolated,
    TanyuError,
    Throttled,
    Unauthenticated,
    Unavailable,
)

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 2
"""What an Unavailable asks for, in seconds; about one local block."""

_LOG = logging.getLogger("tanyu.access")

_FAMILY_STATUS: tuple[tuple[type[TanyuError], HTTPStatus], ...] = (
    (InvalidInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (RuleViolated, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Conflict, HTTPStatus.CONFLICT),
    (Gone, HTTPStatus.GONE),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (Throttled, HTTPStatus.TOO_MANY_REQUESTS),
)


class NotJson(InvalidInput):
    """The body is not JSON."""

    code = "input.not_json"
    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST


class MediaTypeUnsupported(InvalidInput):
    """The body is not declared as JSON."""

    code = "input.media_type"
    status: ClassVar[HTTPStatus] = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class InputTooLarge(InvalidInput):
    """The body is larger than the path takes."""

    code = "input.too_large"
    status: ClassVar[HTTPStatus] = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class InputTooDeep(InvalidInput):
    """The body's arrays and objects nest deeper than any of ours."""

    code = "input.too_deep"


class RouteUnknown(NotFound):
    """No route has that path."""

    code = "not_found.route"


class MethodNotAllowed(InvalidInput):
    """The path exists, but not with that method."""

    code = "method.not_allowed"
    status: ClassVar[HTTPStatus] = HTTPStatus.METHOD_NOT_ALLOWED


def status_of(error: TanyuError) -> HTTPStatus:
    """The HTTP status of an error's family; 500 for an error of no family."""
    if isinstance(error, NotJson | MediaTypeUnsupported | InputTooLarge | MethodNotAllowed):
        return error.status
    return next(
        (status for family, status in _FAMILY_STATUS if isinstance(error, family)), HTTPStatus.INTERNAL_SERVER_ERROR
    )


def _title(error_type: type[TanyuError]) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", error_type.__name__)
    return words[:1] + words[1:].lower()


def _value(value: Field) -> Any:
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    return [one if isinstance(one, str) else _members(one) for one in value]


def _members(fields: Fields) -> dict[str, Any]:
    return {camel(name): _value(value) for name, value in fields.items()}


def problem_of(error: TanyuError) -> dict[str, Any]:
    """The problem document of an error, as JSON values."""
    return _members(error.fields) | {
        "type": f"/problems/{error.code}",
        "title": _title(type(error)),
        "status": int(status_of(error)),
        "detail": error.message,
        "code": error.code,
    }


def problem_response(problem: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """A response of a problem document; never cached, never sniffed."""
    body = json.dumps(problem, ensure_ascii=False).encode("utf-8", "replace")
    fixed = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(body, status_code=problem["status"], media_type=PROBLEM_JSON, headers={**fixed, **(headers or {})})


def error_response(error: TanyuError) -> Response:
    """The response of an error, with the headers its status calls for."""
    headers = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = 'Bearer realm="tanyu"'
    return problem_response(problem_of(error), headers)


def _at(location: Sequence[int | str]) -> str:
    return ".".join(str(part) for part in location)


def _validation_error(error: RequestValidationError) -> TanyuError:
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return NotJson("the body is not well-formed JSON")
    if isinstance(error.body, bytes) and error.body:
        return MediaTypeUnsupported("send JSON with Content-Type: application/json", expected="application/json")
    errors = [
        {
            "at": _at(detail["loc"]),
            "code": detail["type"] if "." in detail["type"] else InvalidInput.code,
            "message": detail["msg"],
        }
        for detail in details
    ]
    summary = "; ".join(f"{one['at']}: {one['message']}" for one in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return InvalidInput(summary + more, errors=errors)


async def _answer_tanyu(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TanyuError)
    return error_response(error)


async def _answer_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return error_response(_validation_error(error))


def _methods_of(request: Request) -> list[str]:
    """Every method the path has: the framework names those of the first route only."""
    routes = request.app.router.routes
    found = [
        method
        for method in ("DELETE", "GET", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return sorted([*found, "HEAD"] if "GET" in found else found)


async def _answer_http(request: Request, error: Exception) -> Response:
    """What Starlette and FastAPI raise themselves: no such route, no such method, a body that cannot be read."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND:
        unknown = RouteUnknown(f"no route {request.url.path}", path=request.url.path)
        return problem_response(problem_of(unknown), headers)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods_of(request))
        method = MethodNotAllowed(
            f"{request.method} is not allowed on {request.url.path}", method=request.method, allowed=allowed
        )
        headers["Allow"] = allowed
        return problem_response(problem_of(method), headers)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem_response(problem_of(NotJson("the body is not well-formed JSON")), headers)
    status = HTTPStatus(error.status_code)
    code = f"http.{status.value}"
    return problem_response(
        {"type": f"/problems/{code}", "title": status.phrase, "status": status, "detail": status.phrase, "code": code},
        headers,
    )


async def _answer_unexpected(request: Request, error: Exception) -> Response:
    return unexpected_response(request.method, request.url.path, error)


def unexpected_response(method: str, path: str, error: Exception) -> Response:
    """Of a bug of ours: the caller gets an id, the log gets the same id and the traceback."""
    error_id = secrets.token_hex(8)
    _LOG.error("unexpected error %s on %s %s", error_id, method, path, exc_info=error)
    return problem_response(
        {
            "type": "/problems/internal",
            "title": "Internal error",
            "status": int(HTTPStatus.INTERNAL_SERVER_ERROR),
            "detail": "Something failed that should not have. It is logged under the error id.",
            "code": "internal",
            "errorId": error_id,
        }
    )


def install_problems(app: FastAPI) -> None:
    """Makes every failure of an app a problem document."""
    app.add_exception_handler(TanyuError, _answer_tanyu)
    app.add_exception_handler(RequestValidationError, _answer_validation)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_unexpected)
