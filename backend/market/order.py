"""The signed order: what a maker puts a name to, and the shape the Exchange contract demands of it. Pure.

Mirrors `IExchange.Order` and contracts/eip712/order.json field by field. The order's id is its EIP-712 hash, so a
client knows it before sending, and sending twice is harmless.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.chain.settle_batch import OWN_SPACE, WIDTHS
from backend.kernel.digest import Json, to_hex
from backend.kernel.errors import InvalidInput
from backend.kernel.mass import LOT_GCO2E, lots_of

ZERO_ADDRESS = "0x" + "0" * 40
ZERO_REF = bytes(32)

"""The contract's bound on amount and price, so that no product of the two overflows."""

FEE_CAP_BPS = 100
"""The Exchange contract's hard cap on its fee rate: no fill ever costs more, whatever bound was signed."""


_BOUNDS = {name: 1 << width for name, width in WIDTHS.items()}


class Side(StrEnum):
    """Which way the credits go, in the word the maker signs."""

    BUY = "buy"
    SELL = "sell"


class Action(StrEnum):
    """What a buy does with the credits on fill. A sell is always `hold`."""

    HOLD = "hold"
    RETIRE = "retire"
    DONATE = "donate"


class OrderFieldOutOfRange(InvalidInput):
    """An order field does not fit its Solidity type."""

    code = "market.field_out_of_range"

    def __init__(self, field: str, value: int | str, expected: str) -> None:
        super().__init__(f"order field {field} is {value}; expected {expected}", field=field, expected=expected)


class BeneficiaryNotMaker(InvalidInput):
    """A held order, or a sell, that names somebody else as its beneficiary."""

    code = "market.beneficiary_not_maker"

    def __init__(self, beneficiary: str, maker: str) -> None:
        super().__init__(
            f"beneficiary {beneficiary} must be the maker {maker}: only a buy that retires or donates serves another",
            beneficiary=beneficiary,
            expected=maker,
        )


class RefNotZero(InvalidInput):
    """A reference where nothing is retired or donated."""

    code = "market.ref_not_zero"

    def __init__(self, ref: bytes) -> None:
        super().__init__(
            "ref must be zero: only a buy that retires or donates carries one",
            ref=to_hex(ref),
            expected=to_hex(ZERO_REF),
        )


class SellActionNotHold(InvalidInput):
    """A sell that retires or donates."""

    code = "market.sell_action_not_hold"

    def __init__(self, action: Action) -> None:
        super().__init__(
            f"a sell's action is hold, not {action}: what is sold is the buyer's to retire or donate",
            action=action,
            expected=Action.HOLD,
        )


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """A limit order as signed. Addresses are EIP-55. `check_shape` says whether the contract could settle it."""

    maker: str
    """Who signs; pays or delivers."""
    beneficiary: str
    """For whom a buy retires or donates; the maker otherwise."""
    class_id: int
    """Credit class, the ERC-1155 id."""
    side: Side
    amount_gco2e: int
    """Grams of CO2e: a positive multiple of 1,000."""
    price_per_kg: int
    """Payment-token base units per kg: the most a buy pays, the least a sell takes, before the fee."""
    max_fee_bps: int
    """The highest fee rate the maker accepts, in basis points of cost."""
    expiry: int
    """Unix seconds; the order is dead from this second on."""
    number: int
    """A number the book handed to this maker; spent once on the chain."""
    epoch: int
    """The maker's epoch on the Exchange; raising it kills every earlier order."""
    action: Action
    ref: bytes
    """32 bytes: campaign id (donate), salted statement reference (retire), zero otherwise."""

    @property
    def lots(self) -> int:
        """The amount in kg; raises LotMisaligned."""
        return lots_of(self.amount_gco2e)

    @property
    def campaign_id(self) -> int:
        """What `ref` names in an order that donates."""
        return int.from_bytes(self.ref)

    def message(self) -> dict[str, object]:
        """The EIP-712 message for `chain.typed_data`, type "Order"."""
        return {
            "maker": self.maker,
            "beneficiary": self.beneficiary,
            "classId": self.class_id,
            "side": self.side.value,
            "amountGco2e": self.amount_gco2e,
            "pricePerKg": self.price_per_kg,
            "maxFeeBps": self.max_fee_bps,
            "expiry": self.expiry,
            "number": self.number,
            "epoch": self.epoch,
            "action": self.action.value,
            "ref": self.ref,
        }

    def wire(self) -> dict[str, Json]:
        """The JSON form, in journals and over HTTP: integers as decimal strings, `ref` as 0x and hex."""
        return {
            name: str(value) if isinstance(value, int) else to_hex(value) if isinstance(value, bytes) else str(value)
            for name, value in self.message().items()
        }

    def canonical(self) -> str:
        """The canonical JSON (RFC 8785) of `wire`: its names in order, and nothing in it that needs escaping."""
        return (
            f'{{"action":"{self.action.value}","amountGco2e":"{self.amount_gco2e}","beneficiary":"{self.beneficiary}",'
            f'"classId":"{self.class_id}","epoch":"{self.epoch}","expiry":"{self.expiry}","maker":"{self.maker}",'
            f'"maxFeeBps":"{self.max_fee_bps}","number":"{self.number}","pricePerKg":"{self.price_per_kg}",'
            f'"ref":"0x{self.ref.hex()}","side":"{self.side.value}"}}'
        )

    @classmethod
    def from_wire(cls, wire: Mapping[str, Json]) -> "SignedOrder":
        """The order of a JSON form that `wire` wrote; a form from outside goes through the route's model first."""
        text = {name: str(value) for name, value in wire.items()}
        return cls(
            maker=text["maker"],
            beneficiary=text["beneficiary"],
            class_id=int(text["classId"]),
            side=Side(text["side"]),
            amount_gco2e=int(text["amountGco2e"]),
            price_per_kg=int(text["pricePerKg"]),
            max_fee_bps=int(text["maxFeeBps"]),
            expiry=int(text["expiry"]),
            number=int(text["number"]),
            epoch=int(text["epoch"]),
            action=Action(text["action"]),
            ref=bytes.fromhex(text["ref"].removeprefix("0x")),
        )


def check_shape(order: SignedOrder) -> None:
    """What no settlement can carry, or the contract calls OrderMalformed (contracts/libraries/OrderRules.sol), said
    precisely.

    Raises OrderFieldOutOfRange, LotMisaligned, SellActionNotHold, BeneficiaryNotMaker or RefNotZero.
    """
    if not _fits(order):
        _name_fault(order)
    if order.side is Side.SELL and order.action is not Action.HOLD:
        raise SellActionNotHold(order.action)
    if order.action is Action.HOLD:
        if order.beneficiary != order.maker:
            raise BeneficiaryNotMaker(order.beneficiary, order.maker)
        if order.ref != ZERO_REF:
            raise RefNotZero(order.ref)


def _fits(order: SignedOrder) -> bool:
    """Whether `_name_fault` finds nothing: asked of every order."""
    lots, rest = divmod(order.amount_gco2e, LOT_GCO2E)
    return (
        not rest
        and 0 < lots < _BOUNDS["lots"]
        and 0 < order.price_per_kg < _BOUNDS["pricePerKg"]
        and 0 <= order.number & ~OWN_SPACE < _BOUNDS["number"]
        and 0 <= order.expiry < _BOUNDS["expiry"]
        and 0 <= order.max_fee_bps < _BOUNDS["maxFeeBps"]
        and 0 <= order.epoch < _BOUNDS["epoch"]
        and 0 <= order.class_id < _BOUNDS["classId"]
        and ZERO_ADDRESS not in (order.maker, order.beneficiary)
        and len(order.ref) == 32
    )


def _name_fault(order: SignedOrder) -> None:
    """Each field by itself: what a settlement has room for, and what the contract refuses."""
    for name, value in order.message().items():
        if value == ZERO_ADDRESS:
            raise OrderFieldOutOfRange(name, ZERO_ADDRESS, "an address that is not zero")
    if len(order.ref) != 32:
        raise OrderFieldOutOfRange("ref", to_hex(order.ref), "32 bytes")
    fields = {
        "pricePerKg": order.price_per_kg,
        "number": order.number & ~OWN_SPACE,
        "expiry": order.expiry,
        "maxFeeBps": order.max_fee_bps,
        "epoch": order.epoch,
        "classId": order.class_id,
    }
    for name, value in fields.items():
        least = 1 if name == "pricePerKg" else 0
        if not least <= value < 1 << WIDTHS[name]:
            raise OrderFieldOutOfRange(name, value, f"{least} to 2**{WIDTHS[name]} - 1")
    if lots_of(order.amount_gco2e) >= 1 << WIDTHS["lots"]:
        most = f"{LOT_GCO2E} to {LOT_GCO2E} * (2**{WIDTHS['lots']} - 1)"
        raise OrderFieldOutOfRange("amountGco2e", order.amount_gco2e, most)
