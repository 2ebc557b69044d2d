"""docs/stream.md names every channel, frame, reason and refusal there is, and its checksum is right."""

import json
import re

from backend.chain.artifacts import CHECKOUT
from backend.market.book import PriceLevel
from backend.market.candle import Interval
from backend.market.channel import NAMES, Topic
from backend.market.connection import ERRORS_MAX, QUEUE_MAX, SUBSCRIPTIONS_MAX
from backend.market.depth import CHECKED_LEVELS, Depth
from backend.market.frame import FRAME_BYTES_MAX, Op, Why, asked
from backend.market.hub import CONNECTIONS_MAX, CONNECTIONS_OF_ADDRESS_MAX, KEPT_DELTAS
from backend.market.order import Side
from tests.unit.test_error_codes import errors

PAGE = (CHECKOUT / "docs" / "stream.md").read_text()
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


def blocks() -> list[list[dict[str, object]]]:
    """The frames of each example, one a line."""
    return [
        [json.loads(line) for line in block.splitlines()] for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    ]


def test_page__names_every_channel_and_reason() -> None:
    assert {name.replace("|", "\\|") for name in NAMES} <= NAMED
    assert {topic.value for topic in Topic} <= {name.split(":")[0] for name in NAMED}
    assert all(interval.value in PAGE for interval in Interval)
    assert {why.value for why in Why} <= NAMED


def test_page__its_requests__are_those_that_are_understood() -> None:
    requests, answers = blocks()

    assert {asked(json.dumps(request)).op for request in requests} == set(Op)
    kinds = {"snapshot", "delta", "resumed", "unsubscribed", "pong", "heartbeat", "error"}
    assert {answer["type"] for answer in answers} == kinds


def test_page__names_every_refusal_of_the_stream_and_every_limit() -> None:
    assert {error.code for error in errors() if error.code.startswith("stream.")} <= NAMED
    for limit in (
        FRAME_BYTES_MAX,
        QUEUE_MAX,
        KEPT_DELTAS,
        CONNECTIONS_MAX,
        CONNECTIONS_OF_ADDRESS_MAX,
        SUBSCRIPTIONS_MAX,
        ERRORS_MAX,
    ):
        assert re.search(rf"\b{limit:,}\b", PAGE), limit


def test_page__its_checksum__is_that_of_its_levels() -> None:
    depth = Depth()
    depth.put(Side.SELL, PriceLevel(101, 3, 1))
    depth.put(Side.SELL, PriceLevel(102, 2, 1))
    depth.put(Side.BUY, PriceLevel(99, 1, 1))

    assert f"checksum `{depth.checksum()}`" in PAGE
    assert CHECKED_LEVELS == 10
