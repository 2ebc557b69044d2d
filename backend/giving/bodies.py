"""The JSON of giving."""

from typing import Literal

from backend.access.wire import AccountSignatureText, AddressText, Amount, HexBytes32, Iso, PositiveAmount, Wire, camel
from backend.chain.permit import Permit
from backend.giving.approval import Approve
from backend.giving.donation import Donate
from backend.giving.kinds import NumberedContract, RetirementPurpose
from backend.giving.number_use import NumberUse
from backend.giving.receipt import Receipt
from backend.giving.relay import Relayed
from backend.giving.retirement import Retire
from backend.giving.transfer import Transfer


class SignedBody(Wire):
    """A message that its account signed: with its key, or as its wallet does."""

    signature: AccountSignatureText


class RetireBody(SignedBody):
    """A signed `Retire` message. `deadline` in Unix seconds, as signed. `receiptSignature`: over the same fields as a
    `RetirementReceipt`, from who wants a receipt that cannot be moved.
    """

    account: AddressText
    beneficiary: AddressText
    class_id: Amount
    amount_gco2e: PositiveAmount
    purpose: RetirementPurpose
    ref: HexBytes32
    number: Amount
    deadline: Amount
    receipt_signature: AccountSignatureText | None = None

    def act(self) -> Retire:
        """Without the signature."""
        return Retire(
            account=self.account,
            beneficiary=self.beneficiary,
            class_id=self.class_id,
            amount_gco2e=self.amount_gco2e,
            purpose=self.purpose,
            ref=self.ref,
            number=self.number,
            deadline=self.deadline,
        )


class DonateBody(SignedBody):
    """A signed `Donate` message, with a receipt token if `receipt`. `deadline` in Unix seconds, as signed."""

    donor: AddressText
    campaign_id: Amount
    class_id: Amount
    amount_gco2e: PositiveAmount
    receipt: bool = False
    number: Amount
    deadline: Amount

    def act(self) -> Donate:
        """Without the signature."""
        return Donate(
            donor=self.donor,
            campaign_id=self.campaign_id,
            class_id=self.class_id,
            amount_gco2e=self.amount_gco2e,
            receipt=self.receipt,
            number=self.number,
            deadline=self.deadline,
        )


class ApproveBody(SignedBody):
    """A signed `Approve` message: let the Exchange or the Charity contract move credits, or take that back."""

    account: AddressText
    operator: AddressText
    approved: bool
    number: Amount
    deadline: Amount

    def act(self) -> Approve:
        """Without the signature."""
        return Approve(self.account, self.operator, self.approved, self.number, self.deadline)


class PermitBody(SignedBody):
    """A signed EIP-2612 permit: let the Exchange take `value` base units. `nonce`: the token's next for the owner."""

    owner: AddressText
    spender: AddressText
    value: Amount
    nonce: Amount
    deadline: Amount

    def act(self) -> Permit:
        """Without the signature."""
        return Permit(self.owner, self.spender, self.value, self.nonce, self.deadline)


class TransferBody(SignedBody):
    """A signed `Transfer` message. `deadline` in Unix seconds, as signed."""

    from_: AddressText
    to: AddressText
    class_id: Amount
    amount_gco2e: PositiveAmount
    number: Amount
    deadline: Amount

    model_config = Wire.model_config | {"alias_generator": lambda name: camel(name).rstrip("_")}

    def act(self) -> Transfer:
        """Without the signature."""
        return Transfer(self.from_, self.to, self.class_id, self.amount_gco2e, self.number, self.deadline)


class NumberBody(SignedBody):
    """A signed `UseNumber` message. `deadline` in Unix seconds, as signed."""

    account: AddressText
    number: Amount
    deadline: Amount

    def used_at(self, contract: NumberedContract) -> NumberUse:
        """Without the signature, for the contract it was signed for."""
        return NumberUse(contract, self.account, self.number, self.deadline)


class NumberUseBody(NumberBody):
    """A signed `UseNumber` message, and the contract it was signed for."""

    contract: NumberedContract

    def act(self) -> NumberUse:
        """Without the signature."""
        return self.used_at(self.contract)


class PaymentApprovalOut(Wire):
    """Of an account's payment tokens: what the Exchange may take, in base units, and its next permit's `nonce`."""

    allowed: Amount
    nonce: Amount


class CreditApprovalsOut(Wire):
    """Which of our contracts may move an account's credits, as far as the chain has confirmed it."""

    exchange: bool
    charity: bool


class RelayOut(Wire):
    """An act on its way to the chain. `state`: new, signed (sent), mined, confirmed, or reverted for a `reason`.
    `withoutReceipt`: somebody sent the retirement alone first; it is done, in `txHash`, and has no receipt.
    """

    kind: str
    account: AddressText
    number: Amount
    class_id: Amount | None
    amount_gco2e: Amount
    state: str
    tx_hash: HexBytes32 | None
    reason: str | None
    without_receipt: bool
    created_at: Iso

    @classmethod
    def of(cls, relayed: Relayed) -> "RelayOut":
        """As JSON."""
        return cls(
            kind=relayed.kind,
            account=relayed.account,
            number=relayed.number,
            class_id=relayed.class_id,
            amount_gco2e=relayed.amount_gco2e,
            state=relayed.state,
            tx_hash=relayed.tx_hash,
            reason=relayed.reason,
            without_receipt=relayed.without_receipt,
            created_at=relayed.created_at,
        )


class ReceiptOut(Wire):
    """What happened, recomputed from the chain's events. `final`: deep enough in the chain to count on.

    `receiptToken`: of a retirement whose account asked for it, the receipt that cannot be moved (ERC-5192). It is
    allowance surplus that was retired: not an offset, no proof of a reduction; `wordsEn` and `wordsZh` say so.
    """

    receipt_id: str
    kind: Literal["gift", "campaign-retirement", "grant", "refund", "retirement"]
    class_id: Amount
    class_code: str
    amount_gco2e: Amount
    account: AddressText | None
    beneficiary: AddressText | None
    campaign_id: Amount | None
    purpose: str | None
    ref: HexBytes32 | None
    settled_gco2e: Amount
    receipt_token: Amount | None
    at: Iso
    tx_hash: HexBytes32
    block_number: int
    log_index: int
    final: bool
    words_en: str
    words_zh: str

    @classmethod
    def of(cls, receipt: Receipt) -> "ReceiptOut":
        """As JSON."""
        return cls.model_validate({name: getattr(receipt, name) for name in cls.model_fields})
