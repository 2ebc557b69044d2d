"""An acknowledgement's JSON written fast: what the model `views.AckOut` makes of it, field by field.

Nothing in it needs escaping: numbers, hex, times, and words of ours. A property test holds the two to one answer.
"""

from functools import lru_cache

from backend.kernel.clock import iso
from backend.market.service import Ack

_iso = lru_cache(1)(iso)
"""All orders of a group were accepted at one time."""


def ack_json(ack: Ack) -> bytes:
    """The body of a reply to `POST /orders`."""
    accepted = ack.accepted
    fills = ",".join(
        f'{{"tradeId":{accepted.first_trade_id + at},"lots":"{lots}","pricePerKg":"{price}"}}'
        for at, (_, lots, price) in enumerate(accepted.fills)
    )
    reason = "null" if accepted.reason is None else f'"{accepted.reason}"'
    return (
        f'{{"sequence":{accepted.sequence},"orderHash":"0x{accepted.order_hash.hex()}",'
        f'"journalHead":"0x{accepted.journal_head.hex()}","operator":"{ack.operator}",'
        f'"signature":"0x{ack.signature.hex()}","acceptedAt":"{_iso(accepted.accepted_at)}","fills":[{fills}],'
        f'"lotsOpen":"{accepted.lots_open}","lotsStopped":"{accepted.lots_stopped}",'
        f'"lotsKilled":"{accepted.lots_killed}","outcome":"{accepted.outcome.value}","reason":{reason}}}'
    ).encode()
