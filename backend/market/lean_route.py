"""A route that the framework describes and mostly does not run: what the fast reader takes goes straight to the market.

FastAPI knows the endpoint's signature, so the route stands in the OpenAPI document like any other; what the fast reader
does not take, the framework reads as it reads every body, and says what is wrong with it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, cast

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from backend.market.order import SignedOrder
from backend.market.order_wire import read_order
from backend.market.place import Accepted
from backend.market.service import Ack, Market
from backend.market.views import AckOut

_JSON = "application/json"


class LeanOrderRoute(APIRoute):
    """`POST` of one signed order."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The fast way, with the framework's own behind it."""
        ordinary = super().get_route_handler()

        async def handle(request: Request) -> Response:
            read = None
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() == _JSON:
                read = read_order(await request.body())
            if read is None:
                return await ordinary(request)
            ack = await placed(cast(Market, request.app.state.market), *read)
            return Response(AckOut.of(ack).model_dump_json(), status_code=201, media_type=_JSON)

        return handle


async def placed(market: Market, order: SignedOrder, signature: bytes) -> Ack:
    """The acknowledgement of an order, awaited without holding a thread. Raises as `Entry.put` and its answer do."""
    loop = asyncio.get_running_loop()
    landing: asyncio.Future[Accepted] = loop.create_future()

    def land(answer: "Future[Accepted]") -> None:
        if landing.done():
            return  # whoever waited has gone
        failure = answer.exception()
        if failure is None:
            landing.set_result(answer.result())
        else:
            landing.set_exception(failure)

    def deliver(answer: "Future[Accepted]") -> None:
        with suppress(RuntimeError):  # the loop ended with whoever waited
            loop.call_soon_threadsafe(land, answer)

    market.entry.put(order, signature, deliver)
    return market.acknowledged(await landing)
