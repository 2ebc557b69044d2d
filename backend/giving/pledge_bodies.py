"""The JSON of pledges and refund wallets."""

from backend.access.wire import (
    AddressText,
    Amount,
    HexBytes32,
    Iso,
    PositiveAmount,
    Wire,
)
from backend.chain.class_id import class_code
from backend.giving.bodies import NumberBody, SignedBody
from backend.giving.kinds import NumberedContract
from backend.giving.number_use import NumberUse
from backend.giving.pledge import Pledge
from backend.giving.pledging import PledgeState, PledgeView
from backend.giving.refund import RefundTo


class PledgeBody(SignedBody):
    """A signed `Pledge` message. `start` and `expiry` in Unix seconds, as signed; `shareBps` in basis points of what
    the donor sells of the class from `start` on, 10000 for all that is left.
    """

    donor: AddressText
    campaign_id: Amount
    class_id: Amount
    share_bps: Amount
    max_amount_gco2e: PositiveAmount
    start: Amount
    expiry: Amount
    number: Amount

    def pledge(self) -> Pledge:
        """Without the signature. Raises PledgeInvalid."""
        return Pledge(
            donor=self.donor,
            campaign_id=self.campaign_id,
            class_id=self.class_id,
            share_bps=self.share_bps,
            max_amount_gco2e=self.max_amount_gco2e,
            start=self.start,
            expiry=self.expiry,
            number=self.number,
        )


class PledgeOut(Wire):
    """A pledge and how it stands: waiting, standing, drawn (its maximum is given), expired, withdrawn, or over with its
    campaign. Grams drawn, and sold of the class since its start.
    """

    pledge_hash: HexBytes32
    donor: AddressText
    campaign_id: Amount
    class_code: str
    share_bps: int
    max_amount_gco2e: Amount
    start: Amount
    expiry: Amount
    number: Amount
    state: PledgeState
    drawn_gco2e: Amount
    sold_gco2e: Amount
    kept_at: Iso

    @classmethod
    def of(cls, view: PledgeView) -> "PledgeOut":
        """As JSON."""
        pledge = view.pledge
        return cls(
            pledge_hash=pledge.struct_hash,
            donor=pledge.donor,
            campaign_id=pledge.campaign_id,
            class_code=class_code(pledge.class_id),
            share_bps=pledge.share_bps,
            max_amount_gco2e=pledge.max_amount_gco2e,
            start=pledge.start,
            expiry=pledge.expiry,
            number=pledge.number,
            state=view.state,
            drawn_gco2e=view.drawn_gco2e,
            sold_gco2e=view.sold_gco2e,
            kept_at=view.kept_at,
        )


class WithdrawalBody(NumberBody):
    """A signed `UseNumber` message of the Charity contract."""

    def act(self) -> NumberUse:
        """Without the signature."""
        return self.used_at(NumberedContract.CHARITY)


class RefundToBody(SignedBody):
    """A signed `RefundTo` message."""

    donor: AddressText
    to: AddressText
    number: Amount
    deadline: Amount

    def act(self) -> RefundTo:
        """Without the signature."""
        return RefundTo(self.donor, self.to, self.number, self.deadline)
