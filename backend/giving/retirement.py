"""Retiring credits for ever, at their holder's word: for oneself, for another, for an event, or to settle a deficit.

`ref` commits to words (`dedication`), which an event needs and the others may have; or it names the deficit.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from backend.chain.class_id import unpack
from backend.chain.contracts import Contracts
from backend.chain.typed_data import digest
from backend.giving.kinds import RelayKind, RetirementPurpose
from backend.giving.relay import Act, Relayed, signed_act, submit
from backend.kernel.errors import InvalidInput, RuleViolated
from backend.ledger.debt import require_fit
from backend.ledger.deficit import DeficitUnknown, deficit_at
from backend.link.funds import ZERO_ADDRESS

NO_REF = bytes(32)
RECEIPTS = "RetirementReceipts"
"""The contract that retires and issues a receipt in one transaction."""


class BeneficiaryWrong(InvalidInput):
    """The beneficiary does not fit the purpose."""

    code = "retirement.beneficiary_wrong"

    def __init__(self, purpose: RetirementPurpose, expected: str) -> None:
        super().__init__(
            f"with purpose {purpose} the beneficiary must be {expected}", purpose=str(purpose), expected=expected
        )


class RefWrong(InvalidInput):
    """The reference does not fit the purpose."""

    code = "retirement.ref_wrong"

    def __init__(self, purpose: RetirementPurpose, expected: str) -> None:
        super().__init__(f"with purpose {purpose} ref must be {expected}", purpose=str(purpose), expected=expected)


class DeficitOverpaid(RuleViolated):
    """More than is outstanding would be retired for ever for nothing."""

    code = "deficit.overpaid"

    def __init__(self, amount_gco2e: int, outstanding_gco2e: int) -> None:
        super().__init__(
            f"{amount_gco2e} g are more than the {outstanding_gco2e} g outstanding; retire at most that",
            amount_gco2e=amount_gco2e,
            outstanding_gco2e=outstanding_gco2e,
        )


@dataclass(frozen=True)
class Retire:
    """The signed `Retire` message (contracts/eip712/retire.json). Amount in grams, deadline in Unix seconds."""

    account: str
    beneficiary: str
    class_id: int
    amount_gco2e: int
    purpose: RetirementPurpose
    ref: bytes
    number: int
    deadline: int

    def message(self) -> dict[str, object]:
        """As EIP-712 names its fields."""
        return {
            "account": self.account,
            "beneficiary": self.beneficiary,
            "classId": self.class_id,
            "amountGco2e": self.amount_gco2e,
            "purpose": str(self.purpose),
            "ref": self.ref,
            "number": self.number,
            "deadline": self.deadline,
        }


def require_sense(retire: Retire) -> None:
    """Raises BeneficiaryWrong, RefWrong: a retirement cannot be taken back, so it must say what it means."""
    purpose = retire.purpose
    if retire.beneficiary == ZERO_ADDRESS:
        raise BeneficiaryWrong(purpose, "an account, not zero")
    if purpose == RetirementPurpose.SELF and retire.beneficiary != retire.account:
        raise BeneficiaryWrong(purpose, "the account itself")
    if purpose == RetirementPurpose.ANOTHER and retire.beneficiary == retire.account:
        raise BeneficiaryWrong(purpose, "another account")
    named = purpose in {RetirementPurpose.EVENT, RetirementPurpose.DEFICIT}
    if named and retire.ref == NO_REF:
        what = "the event's dedication" if purpose == RetirementPurpose.EVENT else "the deficit's reference"
        raise RefWrong(purpose, what)


def require_no_deficit(session: Session, retire: Retire) -> None:
    """Raises RefWrong if a retirement for something else names a deficit: it serves one thing only."""
    try:
        deficit_at(session, retire.ref)
    except DeficitUnknown:
        return
    raise RefWrong(retire.purpose, "a dedication's digest or zero, not a deficit's reference")


def require_owed(session: Session, reference: bytes, class_id: int, amount_gco2e: int) -> None:
    """Raises DeficitUnknown, DeficitCreditUnfit, DeficitOverpaid."""
    deficit = deficit_at(session, reference)
    credit = unpack(class_id)
    require_fit(deficit, region=credit.region, vintage=credit.vintage)
    if amount_gco2e > deficit.outstanding_gco2e:
        raise DeficitOverpaid(amount_gco2e, deficit.outstanding_gco2e)


def receipt_digest(contracts: Contracts, retire: Retire) -> bytes:
    """What who wants a receipt of a retirement signs besides it. Raises ContractAbsent."""
    return digest("RetirementReceipt", contracts.deployment.domain(RECEIPTS), retire.message())


def relay_retirement(
    session: Session,
    contracts: Contracts,
    retire: Retire,
    signature: bytes,
    now: datetime,
    *,
    receipt_signature: bytes | None = None,
) -> Relayed:
    """Relays a retirement, with a receipt if `receipt_signature` asks for one as the chain would take it; submit's
    errors and those of require_sense, require_owed and require_no_deficit.
    """

    def rules() -> None:
        if retire.purpose == RetirementPurpose.DEFICIT:
            require_owed(session, retire.ref, retire.class_id, retire.amount_gco2e)
        else:
            require_no_deficit(session, retire)

    require_sense(retire)
    act = signed_act(
        contracts,
        RelayKind.RETIRE,
        "Retire",
        "retireBySig",
        retire.message(),
        account=retire.account,
        class_id=retire.class_id,
        amount_gco2e=retire.amount_gco2e,
    )
    if receipt_signature is not None:
        act = _with_receipt(contracts, act, retire, receipt_signature)
    return submit(session, act, signature, now, rules)


def _with_receipt(contracts: Contracts, act: Act, retire: Retire, receipt_signature: bytes) -> Act:
    """The same act through the contract that issues receipts."""
    terms = tuple(retire.message().values())

    def calldata(signature: bytes) -> bytes:
        return contracts.encode(RECEIPTS, "retireBySig", [terms, signature, receipt_signature])

    return replace(act, kind=RelayKind.RETIRE_RECEIPT, calldata=calldata, through=RECEIPTS)
