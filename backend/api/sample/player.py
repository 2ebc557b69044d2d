"""One actor's acts in the sample year, over HTTP like anybody's: sign in, approve, order, cancel, retire, give, pledge,
open an aid round.

Every signed act has a number made from the step it belongs to, so that playing a step twice sends the same message.
"""

from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from backend.access.client import ApiClient
from backend.api.sample.cast import Actor
from backend.chain.class_id import parse_code
from backend.chain.contracts import Contracts
from backend.chain.keys import personal_sign
from backend.chain.permit import Permit
from backend.chain.typed_data import sign, sign_digest
from backend.giving.aid import AidRule
from backend.giving.aid_round import LEAST_PEOPLE
from backend.kernel.clock import SystemClock, iso, unix_s
from backend.kernel.digest import sha256, to_hex
from backend.kernel.mass import BPS, LOT_GCO2E
from backend.market.order import Action, Side, SignedOrder

FAR_DEADLINE = 4_102_444_800
"""2100-01-01: the sample year's messages do not run out while it is played."""

ORDER_LIFETIME = timedelta(days=7)
MAX_FEE_BPS = 50
NO_REF = bytes(32)


class Player:
    """An actor at the API. `notes` survives a restart: what must be the same when a step is played again."""

    def __init__(self, actor: Actor, base_url: str, contracts: Contracts, notes: MutableMapping[str, Any]) -> None:
        self.actor, self._contracts, self._notes = actor, contracts, notes
        self._deployment = contracts.deployment
        self.address = actor.signer.address
        self._client = ApiClient(base_url)
        self._client.sign_in(actor.signer)

    def close(self) -> None:
        """Ends the connection."""
        self._client.http.close()

    def _number(self, step: str) -> int:
        """A number of the actor's own for a signed act: 128 bits of the step's name."""
        return int.from_bytes(sha256(f"{self.actor.key} {step}".encode())[:16])

    def _signed(self, kind: str, contract: str, message: dict[str, object]) -> dict[str, object]:
        signature = sign(self.actor.signer, kind, self._deployment.domain(contract), message)
        wire: dict[str, object] = {
            name: value if isinstance(value, bool) else to_hex(value) if isinstance(value, bytes) else str(value)
            for name, value in message.items()
        }
        return wire | {"signature": to_hex(signature)}

    def approve(self, operator: str) -> None:
        """Lets the Exchange or the Charity move the actor's credits."""
        message = {
            "account": self.address,
            "operator": self._deployment.address(operator),
            "approved": True,
            "number": self._number(f"approve {operator}"),
            "deadline": FAR_DEADLINE,
        }
        self._client.post("/approvals", self._signed("Approve", "CarbonCredit", message))

    def permit(self) -> None:
        """Lets the Exchange take payment tokens (EIP-2612); the token's nonce is noted before it is used."""
        note = f"{self.actor.key} permit nonce"
        if note not in self._notes:
            self._notes[note] = int(self._contracts.payment.functions.nonces(self.address).call())
        exchange = self._deployment.address("Exchange")
        permit = Permit(self.address, exchange, 2**256 - 1, self._notes[note], FAR_DEADLINE)
        signature = sign_digest(self.actor.signer, permit.digest(self._deployment.domain("PaymentToken")))
        body = {
            "owner": permit.owner,
            "spender": permit.spender,
            "value": str(permit.value),
            "nonce": str(permit.nonce),
            "deadline": str(permit.deadline),
            "signature": to_hex(signature),
        }
        self._client.post("/approvals/payment", body)

    def order(
        self,
        step: str,
        side: Side,
        class_code: str,
        lots: int,
        price_per_kg: int,
        *,
        action: Action = Action.HOLD,
        ref: bytes = NO_REF,
    ) -> str:
        """Places a limit order; returns its hash. Number and expiry are noted before the order is sent."""
        note = f"{self.actor.key} order {step}"
        if note not in self._notes:
            number = int(self._client.post("/orders/numbers", {"count": 1})["from"])
            expiry = unix_s(SystemClock().now() + ORDER_LIFETIME)
            self._notes[note] = [number, expiry]
        number, expiry = self._notes[note]
        order = SignedOrder(
            maker=self.address,
            beneficiary=self.address,
            class_id=parse_code(class_code),
            side=side,
            amount_gco2e=lots * LOT_GCO2E,
            price_per_kg=price_per_kg,
            max_fee_bps=MAX_FEE_BPS,
            expiry=expiry,
            number=number,
            epoch=0,
            action=action,
            ref=ref,
        )
        signature = sign(self.actor.signer, "Order", self._deployment.domain("Exchange"), order.message())
        answer = self._client.post("/orders", order.wire() | {"signature": to_hex(signature)})
        return str(answer["orderHash"])

    def let_trade_at_once(self, class_code: str, why: str) -> None:
        """The operator has orders of a class meet at once round the clock, whatever its spread."""
        path = f"/market/{class_code.replace('/', '~')}/rules"
        rules = self._client.get(path)["rules"]
        day = rules["day"] | {"calls": []}
        self._client.put(path, rules | {"mode": "continuous", "modePinned": True, "day": day, "why": why})

    def phase(self, class_code: str) -> str:
        """What a class's market is doing."""
        return str(self._client.get(f"/market/{class_code.replace('/', '~')}/rules")["phase"])

    def cancel(self, order_hash: str) -> None:
        """Takes an own order off the book."""
        self._client.delete(f"/orders/{order_hash}")

    def retire(self, step: str, class_code: str, lots: int, purpose: str) -> None:
        """Retires own credits for oneself."""
        message: dict[str, object] = {
            "account": self.address,
            "beneficiary": self.address,
            "classId": parse_code(class_code),
            "amountGco2e": lots * LOT_GCO2E,
            "purpose": purpose,
            "ref": NO_REF,
            "number": self._number(f"retire {step}"),
            "deadline": FAR_DEADLINE,
        }
        self._client.post("/retirements", self._signed("Retire", "CarbonCredit", message))

    def donate(self, step: str, campaign_id: int, class_code: str, lots: int) -> None:
        """Gives own credits to a campaign."""
        message: dict[str, object] = {
            "donor": self.address,
            "campaignId": campaign_id,
            "classId": parse_code(class_code),
            "amountGco2e": lots * LOT_GCO2E,
            "receipt": False,
            "number": self._number(f"donate {step}"),
            "deadline": FAR_DEADLINE,
        }
        self._client.post("/donations", self._signed("Donate", "Charity", message))

    def pledge_rest(self, step: str, campaign_id: int, class_code: str, lots: int, *, days: int) -> None:
        """Promises a campaign all that is left of a class a day from now, at most so much, for some days; the times are
        noted before it is sent.
        """
        note = f"{self.actor.key} pledge {step}"
        if note not in self._notes:
            start = SystemClock().now() + timedelta(days=1)
            self._notes[note] = [unix_s(start), unix_s(start + timedelta(days=days))]
        start_s, expiry_s = self._notes[note]
        message: dict[str, object] = {
            "donor": self.address,
            "campaignId": campaign_id,
            "classId": parse_code(class_code),
            "shareBps": BPS,
            "maxAmountGco2e": lots * LOT_GCO2E,
            "start": start_s,
            "expiry": expiry_s,
            "number": self._number(f"pledge {step}"),
        }
        self._client.post("/pledges", self._signed("Pledge", "Charity", message))

    def register_body(self, body: str, name: str) -> None:
        """The registrar says, once, that a body may vouch for needs."""
        if any(one["body"] == body for one in self._client.get("/aid/bodies")):
            return
        word = {
            "body": body,
            "name": name,
            "registrar": self.address,
            "saidAt": str(self._client.post("/sessions/nonce")["issuedAt"]),
        }
        text = self._client.get("/aid/bodies/text", **word, registered="true")["text"]
        signature = to_hex(personal_sign(self.actor.signer, text))
        self._client.post("/aid/bodies", {**word, "registered": True, "signature": signature})

    def open_aid_round(self, campaign_id: int, class_code: str, *, pot_lots: int, cap_lots: int, days: int) -> None:
        """The charity opens a round of its campaign, if it has none: to everybody the same, in steps of half a kg."""
        if self._client.get("/aid/rounds", campaign=campaign_id):
            return
        opens = SystemClock().now() + timedelta(minutes=1)
        body = {
            "classId": str(parse_code(class_code)),
            "rule": str(AidRule.EQUAL),
            "potGco2e": str(pot_lots * LOT_GCO2E),
            "capGco2e": str(cap_lots * LOT_GCO2E),
            "stepGco2e": str(LOT_GCO2E // 2),
            "leastPeople": LEAST_PEOPLE,
            "opensAt": iso(opens),
            "closesAt": iso(opens + timedelta(days=days)),
        }
        self._client.post(f"/campaigns/{campaign_id}/aid-rounds", body)
