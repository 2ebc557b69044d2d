"""What an electric car drew at home is in the home's bill already, so it is not counted again; and only then."""

from decimal import Decimal
from fractions import Fraction

from sqlmodel import Session, col, select

from backend.footprint.kind import Category
from backend.footprint.selection import Choice
from backend.footprint.span import Span
from backend.kernel.clock import unix_s
from backend.kernel.errors import InvalidInput, RuleViolated
from backend.kernel.mass import BPS
from backend.ledger.tables import ActivityRow, OdometerRow


class ChargeUnexpected(InvalidInput):
    """Only what runs on electricity is charged; and a charge names its home."""

    code = "odometer.charge_unexpected"


class ChargeNotInBill(RuleViolated):
    """The home's bills of that time do not hold what is said to have been charged there."""

    code = "odometer.charge_not_in_bill"

    def __init__(self, charged_kwh: str, billed_kwh: int) -> None:
        super().__init__(
            f"{charged_kwh} kWh are said to be in the home's bills, which hold {billed_kwh} kWh for all vehicles",
            charged_kwh=charged_kwh,
            billed_kwh=str(billed_kwh),
        )


def km_charged(choice: Choice, charged_kwh: Decimal) -> int:
    """Whole kilometres, rounded down, that some kWh drive, by the factor's upper bound of kWh per km: never more than
    were driven on them. Raises ChargeUnexpected for a factor that uses no energy of a grid.
    """
    if choice.own.factor.via is None:
        raise ChargeUnexpected(f"{choice.own.factor.kind} is not charged; leave the charge out")
    per_km = Fraction(choice.own.factor.value) * Fraction(BPS + choice.own.half_width_bps, BPS)
    given = Fraction(charged_kwh)
    return (given.numerator * per_km.denominator) // (given.denominator * per_km.numerator)


def require_billed(session: Session, activity_id: int) -> None:
    """Raises ChargeNotInBill unless the bills of the home hold what the activity left out, and what other vehicles
    left out there in that time; readings and charges pro rata by time.
    """
    reading = session.exec(select(OdometerRow).where(col(OdometerRow.activity_id) == activity_id)).one_or_none()
    if reading is None or reading.charged_premises_id is None:
        return
    home = reading.charged_premises_id
    whole = _span(session.get_one(ActivityRow, activity_id))
    billed = charged = Fraction(0)
    for row in session.exec(
        select(ActivityRow).where(
            col(ActivityRow.premises_id) == home,
            col(ActivityRow.category) == str(Category.ELECTRICITY),
            col(ActivityRow.withdrawn_at).is_(None),
        )
    ).all():
        billed += _within(row.quantity, _span(row), whole)
    for other in session.exec(select(OdometerRow).where(col(OdometerRow.charged_premises_id) == home)).all():
        if other.activity_id is not None:
            charged += _within(other.charged_kwh, _span(session.get_one(ActivityRow, other.activity_id)), whole)
    if billed < charged:
        raise ChargeNotInBill(reading.charged_kwh, billed.numerator // billed.denominator)


def _span(row: ActivityRow) -> Span:
    return Span(unix_s(row.start_at), unix_s(row.end_at))


def _within(kwh: str, span: Span, whole: Span) -> Fraction:
    return Fraction(Decimal(kwh)) * Fraction(span.meet(whole).seconds, span.seconds)
