"""Answers that need not be sent again: an ETag of what they say, and 304 to who has it already (RFC 9110, 13.1.2)."""

import hashlib
from collections.abc import Sequence

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

_TAG_HEX = 32


def tagged(request: Request, answer: BaseModel | Sequence[BaseModel]) -> Response:
    """The answer as JSON with its ETag, or 304 without a body if the caller holds the very same."""
    body = _json(answer).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:_TAG_HEX]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if _holds(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _json(answer: BaseModel | Sequence[BaseModel]) -> str:
    if isinstance(answer, BaseModel):
        return answer.model_dump_json(by_alias=True)
    return f"[{','.join(_json(item) for item in answer)}]"


def _holds(condition: str, tag: str) -> bool:
    """Whether If-None-Match names the tag; weak comparison, as it says."""
    held = {part.strip().removeprefix("W/") for part in condition.split(",")}
    return tag in held or "*" in held
