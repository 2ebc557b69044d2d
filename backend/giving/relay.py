"""A person's signed act on its way to the chain: checked as the chain would check it, then put in the outbox.

The person needs no gas. Nothing is trusted that the chain would not trust again: these checks only keep acts that would
revert out of the outbox, and tell the person why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_
from sqlmodel import Session, col, select

from backend.chain.account_signature import NotTheKeys, key_signature
from backend.chain.class_id import class_code, class_named
from backend.chain.contracts import Contracts
from backend.chain.settle_batch import WalletSignature
from backend.chain.typed_data import digest, typed_data
from backend.giving.kinds import RelayKind
from backend.giving.overtaken import overtaken
from backend.giving.tables import Relay
from backend.kernel.clock import unix_s
from backend.kernel.errors import Conflict, NotFound, RuleViolated, Unauthenticated
from backend.link.balances import credit_balance, credit_class, number_used
from backend.link.index import indexed, is_final
from backend.link.outbox import enqueue, intent_of
from backend.link.tables import Intent, IntentState


class ActExpired(RuleViolated):
    """The act's deadline has come."""

    code = "act.expired"

    def __init__(self, deadline: int, now_s: int) -> None:
        super().__init__(
            f"the deadline {deadline} is not later than now, {now_s} (Unix seconds)", deadline=deadline, now=now_s
        )


class ActSignerWrong(Unauthenticated):
    """Another key signed the act than the one of its account."""

    code = "act.signer_wrong"

    def __init__(self, found: str, account: str) -> None:
        super().__init__(
            f"{found} signed this message, not {account}; check chain, contract and every field",
            found=found,
            account=account,
        )


class ActNumberUsed(Conflict):
    """The account has used this number: for an act that was executed or withdrawn, or for one on its way."""

    code = "act.number_used"

    def __init__(self, account: str, number: int) -> None:
        super().__init__(f"{account} has used number {number}; sign with another", account=account, number=number)


class CreditsInsufficient(RuleViolated):
    """The account holds less than the act would move."""

    code = "act.credits_insufficient"

    def __init__(self, class_id: int, amount_gco2e: int, available_gco2e: int) -> None:
        code = class_code(class_id)
        super().__init__(
            f"{amount_gco2e} g are more than the {available_gco2e} g of {code} available",
            class_code=code,
            amount_gco2e=amount_gco2e,
            available_gco2e=available_gco2e,
        )


class ClassUnknown(NotFound):
    """No credit class has that id."""

    code = "act.class_unknown"

    def __init__(self, class_id: int) -> None:
        super().__init__(f"no credit class is {class_named(class_id)}", class_id=class_id)


@dataclass(frozen=True)
class Act:
    """A signed act. `digest`: the 32 bytes that were signed. `calldata`: of the call that carries the canonical
    signature. `amount_gco2e`: what leaves the account; `deadline` in Unix seconds.
    """

    kind: RelayKind
    contract: str
    account: str
    number: int
    deadline: int
    digest: bytes
    calldata: Callable[[bytes], bytes]
    class_id: int | None = None
    amount_gco2e: int = 0
    is_keys_only: bool = False
    """Whether the contract takes a key's signature and no wallet's."""
    through: str | None = None
    """The contract that is called, where that is not the one that checks the signature and spends the number."""


@dataclass(frozen=True)
class Relayed:
    """An act in the outbox. `state` is the intent's; `reason` says why it reverted; `tx_hash` of the attempt so far.
    `without_receipt`: the retirement was overtaken (`overtaken`); state and transaction are those of what was faster.
    """

    kind: RelayKind
    account: str
    number: int
    class_id: int | None
    amount_gco2e: int
    state: IntentState
    tx_hash: bytes | None
    reason: str | None
    created_at: datetime
    without_receipt: bool = False


def relayed_of(session: Session, relay: Relay, intent: Intent) -> Relayed:
    """A relay and where its intent stands."""
    found = Relayed(
        kind=RelayKind(relay.kind),
        account=relay.account,
        number=relay.number,
        class_id=relay.class_id,
        amount_gco2e=relay.amount_gco2e,
        state=IntentState(intent.state),
        tx_hash=intent.tx_hash,
        reason=intent.revert_reason,
        created_at=relay.created_at,
    )
    faster = overtaken(session, relay, intent)
    if faster is None:
        return found
    state = IntentState.CONFIRMED if is_final(session, faster.block_number) else IntentState.MINED
    return replace(found, state=state, tx_hash=faster.tx_hash, reason=None, without_receipt=True)


def signed_act(
    contracts: Contracts,
    kind: RelayKind,
    type_name: str,
    function: str,
    message: Mapping[str, object],
    *,
    account: str,
    class_id: int | None = None,
    amount_gco2e: int = 0,
    contract: str | None = None,
) -> Act:
    """An act whose EIP-712 message holds the arguments of its function, in order, with `number` and `deadline`. The
    contract is named where several take the message.
    """
    contract = contract or typed_data(type_name).contract
    number, deadline = message["number"], message["deadline"]
    assert isinstance(number, int)
    assert isinstance(deadline, int)
    return Act(
        kind=kind,
        contract=contract,
        account=account,
        number=number,
        deadline=deadline,
        digest=digest(type_name, contracts.deployment.domain(contract), message),
        calldata=lambda signature: contracts.encode(contract, function, [*message.values(), signature]),
        class_id=class_id,
        amount_gco2e=amount_gco2e,
    )


def submit(
    session: Session, act: Act, signature: bytes, now: datetime, rules: Callable[[], None] = lambda: None
) -> Relayed:
    """Checks an act and puts it in the outbox; the same act again gives the first answer. `rules` are the act's own. A
    `WalletSignature` was accepted by the account's wallet before.

    Raises NotTheKeys (as SignatureMalformed or ActSignerWrong where only keys may sign), ActNumberUsed, ActExpired,
    CreditsInsufficient, ClassUnknown, or what `rules` raises; nothing is written then.
    """
    data = act.calldata(_kept(act, signature))
    known = _known(session, act, data)
    if known is not None:
        return known
    if number_used(session, act.contract, act.account, act.number):
        raise ActNumberUsed(act.account, act.number)
    if act.deadline <= unix_s(now):
        raise ActExpired(act.deadline, unix_s(now))
    if act.class_id is not None:
        require_funds(session, act.account, act.class_id, act.amount_gco2e)
    rules()
    return _send(session, act, data, now)


def _kept(act: Act, signature: bytes) -> bytes:
    """The signature as it goes to the chain."""
    if isinstance(signature, WalletSignature):
        return bytes(signature)
    try:
        return key_signature(act.account, act.digest, signature, lambda signer: ActSignerWrong(signer, act.account))
    except NotTheKeys as failure:
        if act.is_keys_only:
            raise failure.refusal from None
        raise


def require_funds(session: Session, account: str, class_id: int, amount_gco2e: int) -> None:
    """Raises ClassUnknown, CreditsInsufficient. What is on its way out already is not available a second time."""
    if credit_class(session, class_id) is None:
        raise ClassUnknown(class_id)
    available = max(0, credit_balance(session, account, class_id) - leaving_gco2e(session, account, class_id))
    if amount_gco2e > available:
        raise CreditsInsufficient(class_id, amount_gco2e, available)


def _unindexed(session: Session) -> Any:
    """Intents whose effect the index does not show yet, and may still come to show."""
    cursor = indexed(session)
    applied = -1 if cursor is None else cursor.number
    return or_(
        col(Intent.state).in_([IntentState.NEW, IntentState.SIGNED]),
        and_(col(Intent.state).in_([IntentState.MINED, IntentState.CONFIRMED]), col(Intent.block_number) > applied),
    )


def leaving_gco2e(session: Session, account: str, class_id: int) -> int:
    """Grams of a class that relayed acts will take from an account."""
    query = (
        select(Relay)
        .join(Intent, col(Intent.id) == col(Relay.intent_id))
        .where(Relay.account == account, Relay.class_id == class_id, _unindexed(session))
    )
    return sum(row.amount_gco2e for row in session.exec(query).all())


def is_relaying(session: Session, kind: RelayKind, account: str, number: int) -> bool:
    """Whether an act of this kind under this number is on its way, or not indexed yet."""
    query = (
        select(Relay)
        .join(Intent, col(Intent.id) == col(Relay.intent_id))
        .where(Relay.kind == kind, Relay.account == account, Relay.number == number, _unindexed(session))
    )
    return session.exec(query).first() is not None


def _key(act: Act) -> tuple[str, str]:
    return f"giving.{act.contract}", f"{act.account}:{act.number}"


def _known(session: Session, act: Act, data: bytes) -> Relayed | None:
    """The same act, if it was submitted before. Raises ActNumberUsed if another was, under the same number."""
    intent = intent_of(session, *_key(act))
    if intent is None:
        return None
    if intent.data != data:
        raise ActNumberUsed(act.account, act.number)
    return relayed_of(session, session.get_one(Relay, intent.id), intent)


def _send(session: Session, act: Act, data: bytes, now: datetime) -> Relayed:
    kind, reference = _key(act)
    called = act.through or act.contract
    intent = enqueue(session, kind=kind, reference=reference, contract=called, data=data, now=now)
    relay = Relay(
        intent_id=intent.id,
        kind=act.kind,
        account=act.account,
        number=act.number,
        class_id=act.class_id,
        amount_gco2e=act.amount_gco2e,
        created_at=now,
    )
    session.add(relay)
    session.flush()
    return relayed_of(session, relay, intent)


def relays_of(session: Session, account: str, limit: int) -> list[Relayed]:
    """An account's relayed acts, newest first."""
    query = (
        select(Relay, Intent)
        .join(Intent, col(Intent.id) == col(Relay.intent_id))
        .where(Relay.account == account)
        .order_by(col(Relay.intent_id).desc())
        .limit(limit)
    )
    return [relayed_of(session, relay, intent) for relay, intent in session.exec(query).all()]
