"""The frames of a stream as text. One that goes to many is made once, and the same text goes to all."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ValidationError

from backend.access.problems import problem_of
from backend.access.wire import Wire
from backend.kernel.clock import iso
from backend.kernel.digest import Json
from backend.kernel.errors import InvalidInput, TanyuError

FRAME_BYTES_MAX = 4096
"""What a client may send in one frame."""


class Op(StrEnum):
    """What a client can ask for."""

    SUBSCRIBE = "subscribe"
    UNSUBSCRIBE = "unsubscribe"
    RESUME = "resume"
    PING = "ping"


class Why(StrEnum):
    """Why a whole snapshot comes."""

    SUBSCRIBED = "subscribed"
    TOO_OLD = "too_old"
    """The deltas after that sequence are no longer kept."""
    UNKNOWN_SEQUENCE = "unknown_sequence"
    """Not a sequence of this channel: the server, or the channel, began anew."""
    MISSED = "missed"
    """The server could not read for a moment."""


class FrameMalformed(InvalidInput):
    """A frame that is none of those a client can send."""

    code = "stream.frame_malformed"

    def __init__(self, wrong: str) -> None:
        super().__init__(
            f'{wrong}; expected {{"op": "subscribe" | "unsubscribe" | "resume", "channel": ..., "after": ...}} '
            f'or {{"op": "ping"}}',
            expected=[op.value for op in Op],
        )


class FrameTooLarge(InvalidInput):
    """A frame larger than any a client needs."""

    code = "stream.frame_too_large"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(
            f"the frame has {size_bytes} bytes; at most {FRAME_BYTES_MAX}",
            size_bytes=size_bytes,
            limit_bytes=FRAME_BYTES_MAX,
        )


class Asked(Wire):
    """A client's frame. `after`: the last sequence it has, to resume from."""

    op: Op
    channel: str = ""
    after: int = 0


def asked(text: str) -> Asked:
    """What a client asks for. Raises FrameMalformed, FrameTooLarge."""
    size = len(text.encode())
    if size > FRAME_BYTES_MAX:
        raise FrameTooLarge(size)
    try:
        found = Asked.model_validate_json(text)
    except ValidationError as failure:
        first = failure.errors()[0]
        at = ".".join(str(part) for part in first["loc"])
        raise FrameMalformed(f"{at}: {first['msg']}" if at else first["msg"]) from failure
    needs = {Op.PING: set(), Op.RESUME: {"op", "channel", "after"}}.get(found.op, {"op", "channel"})
    if needs and found.model_fields_set != needs:
        raise FrameMalformed(f"{found.op} takes {' and '.join(sorted(needs))}")
    return found


def snapshot(channel: str, sequence: int, why: Why, data: BaseModel) -> str:
    """The whole of a channel as it is at a sequence."""
    return _with_data({"type": "snapshot", "channel": channel, "sequence": sequence, "why": why.value}, data)


def delta(channel: str, sequence: int, data: BaseModel) -> str:
    """What changed with a sequence; the one before it was one less."""
    return _with_data({"type": "delta", "channel": channel, "sequence": sequence}, data)


def resumed(channel: str, after: int, sequence: int) -> str:
    """The deltas after `after` follow, up to `sequence`, and then the new ones."""
    return json.dumps({"type": "resumed", "channel": channel, "after": after, "sequence": sequence})


def unsubscribed(channel: str) -> str:
    """No more of this channel."""
    return json.dumps({"type": "unsubscribed", "channel": channel})


def pong(at: datetime) -> str:
    """The answer to a ping."""
    return json.dumps({"type": "pong", "at": iso(at)})


def heartbeat(at: datetime) -> str:
    """A sign of life."""
    return json.dumps({"type": "heartbeat", "at": iso(at)})


def error(failure: TanyuError, channel: str | None = None) -> str:
    """Why a frame was not done: a problem document as over HTTP. `channel`: as the client named it."""
    named: Mapping[str, Json] = {} if channel is None else {"channel": channel[:100]}
    return json.dumps({"type": "error", **named, "problem": problem_of(failure)}, ensure_ascii=False)


def _with_data(head: Mapping[str, Json], data: BaseModel) -> str:
    return f'{json.dumps(head)[:-1]}, "data": {data.model_dump_json(by_alias=True)}}}'
