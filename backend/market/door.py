"""The door: all that is asked of an order before the sequencer sees it, one way for placing, batches and validation.

Shape and signature cost no database; the rest (the class's rules, who may sell, campaigns) is read once for a group.
What only the sequencer can decide, because it depends on everything taken in before, is `place`'s.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias

from sqlmodel import Session, select

from backend.chain.account_signature import NotTheKeys, WalletQuestion, key_signature, wallet_signature
from backend.chain.class_id import class_named
from backend.chain.order_digest import OrderDigest
from backend.chain.typed_data import Domain
from backend.kernel.clock import Clock, unix_s
from backend.kernel.errors import Forbidden, TanyuError, Unauthenticated
from backend.market.instructions import PLAIN, Instructions, check_instructions
from backend.market.listing import rules_of
from backend.market.memory import Memory
from backend.market.order import Action, Side, SignedOrder, check_shape
from backend.market.place import Placing
from backend.market.rules import ClassRules, ClassUnknown, check_fee, check_lifetime
from backend.market.tables import OrderRow
from backend.storage.database import Database

NotSelling: TypeAlias = Callable[[Session, Collection[str]], Collection[str]]
"""Which of these accounts may not sell at all: a minor's, for one."""

OwnersOf: TypeAlias = Callable[[Session, Collection[str]], Mapping[str, str]]
"""Whose orders those of these accounts are, for self-trade prevention: accounts of one person have one name, which
tells nothing else. An account that is not named is its own owner.
"""


class SignatureNotMakers(Unauthenticated):
    """Well-formed, but not the maker's signature of this message on this Exchange and chain."""

    code = "market.signature_not_makers"

    def __init__(self, maker: str, signer: str, exchange: Domain) -> None:
        super().__init__(
            f"signed by {signer}, not by {maker}; the EIP-712 domain is chain {exchange.chain_id}, "
            f"contract {exchange.verifying_contract}",
            maker=maker,
            signer=signer,
            chain_id=exchange.chain_id,
            verifying_contract=exchange.verifying_contract,
        )


class MayNotSell(Forbidden):
    """The account is a minor's, or otherwise not one that sells."""

    code = "market.may_not_sell"

    def __init__(self, maker: str) -> None:
        super().__init__(f"{maker} may not sell: a minor's credits are kept until majority", maker=maker)


class Signed(NamedTuple):
    """An order of a good shape that its maker signed. `signature`: a key's in canonical form, a wallet's as given."""

    order: SignedOrder
    order_hash: bytes
    signature: bytes
    instructions: Instructions = PLAIN


@dataclass(frozen=True)
class Door:
    """One Exchange's door. `fee_bps` answers from memory. `check_gift` takes the campaign and the expiry of a buy that
    gives, and raises what keeps the campaign from taking it. `charge` counts an order of an account and raises if these
    are too many.
    """

    database: Database
    clock: Clock
    exchange: Domain
    digest: OrderDigest
    fee_bps: Callable[[], int]
    not_selling: NotSelling
    owners_of: OwnersOf
    check_gift: Callable[[int, int], None]
    charge: Callable[[str], None]
    wallet_accepts: WalletQuestion
    memory: Memory
    """The sequencer's: of no use to others."""

    # --- The signature ---

    def hashed(self, order: SignedOrder, instructions: Instructions = PLAIN) -> bytes:
        """The order's hash, once its shape is good. Raises what `check_shape` and `check_instructions` raise."""
        check_shape(order)
        if instructions is not PLAIN:
            check_instructions(order, instructions)
        return self.digest(order.message())

    def key_signature(self, account: str, message_digest: bytes, signature: bytes) -> bytes:
        """The canonical 65 bytes if the account's key made the signature. Raises NotTheKeys."""
        return key_signature(
            account, message_digest, signature, lambda signer: SignatureNotMakers(account, signer, self.exchange)
        )

    def signature_of(self, account: str, message_digest: bytes, signature: bytes) -> bytes:
        """The signature as it is kept, by whichever of its key and its wallet the account signed with: the key is tried
        first, as the contracts do. Asks the node if it was not the key.

        Raises SignatureMalformed, SignatureNotMakers, NodeUnavailable.
        """
        try:
            return self.key_signature(account, message_digest, signature)
        except NotTheKeys as failure:
            return bytes(wallet_signature(failure, signature, self.wallet_accepts))

    def signed(self, order: SignedOrder, signature: bytes, instructions: Instructions = PLAIN) -> Signed:
        """Shape and signature. Raises what `hashed` and `signature_of` raise."""
        order_hash = self.hashed(order, instructions)
        return Signed(order, order_hash, self.signature_of(order.maker, order_hash, signature), instructions)

    # --- What the database says ---

    def owner_of(self, maker: str) -> str:
        """Whose orders a maker's are, for self-trade prevention."""
        with self.database.read() as session:
            return self.owners_of(session, {maker}).get(maker, maker)

    def require_wish(self, specimen: SignedOrder) -> None:
        """Whether an order like this could be taken in, in a class that it fits. Raises what `check_shape`,
        `check_lifetime`, `check_fee` and `check_gift` raise.
        """
        check_shape(specimen)
        check_lifetime(specimen, unix_s(self.clock.now()))
        check_fee(specimen, self.fee_bps())
        if specimen.action is Action.DONATE:
            self.check_gift(specimen.campaign_id, specimen.expiry)

    def admit(self, group: Sequence[Signed]) -> list[Placing | TanyuError]:
        """For each order the command that takes it in, or why it may not come in. An order that is in already passes:
        its command gives the first answer again.

        The refusals: what `charge` raises, ClassUnknown, what `ClassRules.check`, `check_lifetime` and `check_fee`
        raise, MayNotSell, and what `check_gift` raises.
        """
        with self.database.read() as session:
            return self.admitted(session, group)

    def admitted(self, session: Session, group: Sequence[Signed]) -> list[Placing | TanyuError]:
        """The same in a transaction of the caller's."""
        facts, makers = self.memory.facts, {signed.order.maker for signed in group}
        sellers = {signed.order.maker for signed in group if signed.order.side is Side.SELL}
        rules = facts(session, "rules", {signed.order.class_id for signed in group}, partial(_rules, session))
        barred = facts(session, "not selling", sellers, partial(self._barred, session)) if sellers else {}
        owners = facts(session, "owner", makers, partial(self.owners_of, session))
        now_s, fee_bps = unix_s(self.clock.now()), self.fee_bps()
        found: list[Placing | TanyuError] = []
        for signed in group:
            of_class = rules.get(signed.order.class_id)
            try:
                self.charge(signed.order.maker)
                if of_class is None:
                    raise ClassUnknown(class_named(signed.order.class_id))
                refusal = self._refusal(signed.order, of_class, now_s, fee_bps, barred)
                if refusal is not None and not _is_known(session, signed.order_hash):
                    raise refusal
                owner = owners.get(signed.order.maker)
                found.append(
                    Placing(signed.order, signed.signature, signed.order_hash, of_class, signed.instructions, owner)
                )
            except TanyuError as failure:
                found.append(failure)
        return found

    def _barred(self, session: Session, sellers: Collection[str]) -> dict[str, bool]:
        return dict.fromkeys(self.not_selling(session, sellers), True)

    def _refusal(
        self, order: SignedOrder, rules: ClassRules, now_s: int, fee_bps: int, barred: Collection[str]
    ) -> TanyuError | None:
        try:
            rules.check(order)
            check_lifetime(order, now_s)
            check_fee(order, fee_bps)
            if order.side is Side.SELL and order.maker in barred:
                raise MayNotSell(order.maker)
            if order.action is Action.DONATE:
                self.check_gift(order.campaign_id, order.expiry)
        except TanyuError as refusal:
            return refusal
        return None


def _is_known(session: Session, order_hash: bytes) -> bool:
    return session.exec(select(OrderRow.id).where(OrderRow.order_hash == order_hash)).first() is not None


def _rules(session: Session, class_ids: Collection[int]) -> dict[int, ClassRules]:
    """Of those of the classes that have a market."""
    found = {}
    for class_id in class_ids:
        with suppress(ClassUnknown):
            found[class_id] = rules_of(session, class_id)
    return found
