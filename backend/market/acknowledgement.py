"""The operator's word for an accepted order, as its maker checks it: about this order, and signed by who signs here."""

from backend.chain.keys import personal_recover
from backend.chain.signature import SignatureMalformed
from backend.kernel.digest import Json, canonical_json, to_hex
from backend.kernel.errors import Unauthenticated
from backend.market.views import AckOut


class AcknowledgementWrong(Unauthenticated):
    """An answer that proves nothing: about another order, or not signed by the operator."""

    code = "market.acknowledgement_wrong"

    def __init__(self, what: str, found: str, expected: str) -> None:
        super().__init__(
            f"the acknowledgement's {what} is {found}, not {expected}: keep it, and look for the order by its hash",
            what=what,
            found=found,
            expected=expected,
        )


def check_acknowledgement(ack: AckOut, order_hash: bytes, operator: str | None) -> str:
    """The address that signed it, which must be the operator's if that is known. Raises AcknowledgementWrong."""
    if ack.order_hash != order_hash:
        raise AcknowledgementWrong("order hash", to_hex(ack.order_hash), to_hex(order_hash))
    said: dict[str, Json] = {
        "journalHead": to_hex(ack.journal_head),
        "orderHash": to_hex(ack.order_hash),
        "sequence": ack.sequence,
    }
    try:
        signer = personal_recover(canonical_json(said).decode(), ack.signature)
    except SignatureMalformed as failure:
        raise AcknowledgementWrong("signature", to_hex(ack.signature), "65 bytes of a key's") from failure
    for expected in (ack.operator, operator or ack.operator):
        if signer != expected:
            raise AcknowledgementWrong("signer", signer, expected)
    return signer
