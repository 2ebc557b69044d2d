"""A trader that never gives up, as a process: places and cancels, asks again until it is answered, notes every answer.

Arguments: base URL, deployment file, index of the person, buy or sell, file for the answers. It ends when a file of the
same name with `.stop` is there. Each line of its notes is the JSON of one request and the first answer that it got.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random  # noqa: TID251 - seeded: what it trades
from typing import Any

from backend.access.client import ApiClient, ApiProblem, ServerUnreachable
from backend.chain.deployment import Deployment
from backend.chain.keys import dev_signer
from backend.chain.typed_data import sign
from backend.kernel.clock import SystemClock, unix_s
from backend.kernel.digest import to_hex
from backend.market.order import ZERO_REF, Action, Side, SignedOrder
from tests.contract.people import CLASS_ID, FAR

PRICES = (900, 1000, 1100)
NUMBERS = 256
LATER = frozenset({429, 503})
"""Statuses that ask for another try."""


class Trader:
    """One person's side of the load."""

    def __init__(self, url: str, deployment: Deployment, index: int, side: Side, notes: Path) -> None:
        self._client = ApiClient(url)
        self._domain = deployment.domain("Exchange")
        self._person, self._side = dev_signer(100 + index), side
        self._notes, self._stop = notes, notes.with_name(notes.name + ".stop")
        self._chance = Random(index)

    def trade(self) -> None:
        """Until told to stop; every third order is cancelled at once."""
        with self._notes.open("a") as notes:
            for at, number in enumerate(self._numbers()):
                self._note(notes, "/orders", self._order(number))
                if at % 3 == 0:
                    self._note(notes, "/orders/cancel", self._cancellation(number))
                if self._stop.exists():
                    return

    def _numbers(self) -> Any:
        while True:
            lease = until_answered(self._lease)
            yield from range(int(lease["from"]), int(lease["to"]) + 1)

    def _lease(self) -> Any:
        self._client.sign_in(self._person)
        return self._client.post("/orders/numbers", {"count": NUMBERS})

    def _order(self, number: int) -> dict[str, Any]:
        order = SignedOrder(
            maker=self._person.address,
            beneficiary=self._person.address,
            class_id=CLASS_ID,
            side=self._side,
            amount_gco2e=self._chance.randint(1, 3) * 1000,
            price_per_kg=self._chance.choice(PRICES),
            max_fee_bps=100,
            expiry=unix_s(SystemClock().now()) + 24 * 3600,
            number=number,
            epoch=0,
            action=Action.HOLD,
            ref=ZERO_REF,
        )
        return order.wire() | {"signature": to_hex(sign(self._person, "Order", self._domain, order.message()))}

    def _cancellation(self, number: int) -> dict[str, Any]:
        message: dict[str, object] = {"maker": self._person.address, "number": number, "deadline": FAR}
        signature = to_hex(sign(self._person, "Cancel", self._domain, message))
        return {"maker": self._person.address, "number": str(number), "deadline": str(FAR), "signature": signature}

    def _note(self, notes: Any, path: str, body: dict[str, Any]) -> None:
        answer = until_answered(lambda: answer_of(self._client, path, body))
        notes.write(json.dumps({"path": path, "body": body, "answer": answer}) + "\n")
        notes.flush()


def until_answered(ask: Callable[[], Any]) -> Any:
    """What it answers in the end; who was told to come again later, or heard nothing, asks again."""
    while True:
        try:
            return ask()
        except ServerUnreachable:
            pass
        except ApiProblem as problem:
            if problem.status not in LATER:
                raise
        time.sleep(0.02)


def answer_of(client: ApiClient, path: str, body: dict[str, Any]) -> Any:
    """The answer, or the code of a refusal that is an answer: an order that is filled cannot be cancelled."""
    try:
        return client.post(path, body)
    except ApiProblem as problem:
        if problem.problem_code != "market.order_closed":
            raise
        return {"code": problem.problem_code}


def main() -> None:
    """Trades until told to stop."""
    url, deployment, index, side, notes = sys.argv[1:]
    Trader(url, Deployment.load(Path(deployment)), int(index), Side(side), Path(notes)).trade()


if __name__ == "__main__":
    main()
