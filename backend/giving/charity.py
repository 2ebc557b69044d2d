"""The registrar's allow-list of charities, and its whole history: both are on the chain, and public."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from backend.giving.charity_name import charity_names
from backend.giving.tables import CharityListing
from backend.kernel.errors import Forbidden, NotFound


class CharityUnknown(NotFound):
    """No charity was ever listed under that address."""

    code = "charity.unknown"

    def __init__(self, charity: str) -> None:
        super().__init__(f"{charity} was never listed; GET /charities lists all", charity=charity)


class CharityNotListed(Forbidden):
    """Only a charity on the registrar's allow-list may do that."""

    code = "charity.not_listed"

    def __init__(self, account: str) -> None:
        super().__init__(f"{account} is not on the registrar's allow-list of charities", account=account)


@dataclass(frozen=True)
class Charity:
    """A charity with what the registrar ever said of it, oldest first, and what it calls it."""

    address: str
    history: tuple[CharityListing, ...]
    name: str | None = None

    @property
    def is_listed(self) -> bool:
        """Whether it may open campaigns and take gifts now."""
        return self.history[-1].listed

    @property
    def second_signer(self) -> str | None:
        """Whose word its spending needs besides its own; None while it is not listed."""
        return self.history[-1].second_signer if self.is_listed else None


def charities(session: Session) -> list[Charity]:
    """Everybody who was ever listed, in the order of first listing."""
    found: dict[str, list[CharityListing]] = {}
    order = (col(CharityListing.block_number), col(CharityListing.log_index))
    for row in session.exec(select(CharityListing).order_by(*order)).all():
        found.setdefault(row.charity, []).append(row)
    names = charity_names(session)
    return [Charity(address, tuple(rows), names.get(address)) for address, rows in found.items()]


def charity_at(session: Session, address: str) -> Charity:
    """Raises CharityUnknown."""
    rows = _history(session, address)
    if not rows:
        raise CharityUnknown(address)
    return Charity(address, tuple(rows), charity_names(session).get(address))


def listed_charities(session: Session) -> set[str]:
    """The addresses of those listed now."""
    return {charity.address for charity in charities(session) if charity.is_listed}


def is_listed(session: Session, address: str) -> bool:
    """Whether a charity is listed now."""
    rows = _history(session, address)
    return bool(rows) and rows[-1].listed


def require_listed(session: Session, account: str) -> None:
    """Raises CharityNotListed."""
    if not is_listed(session, account):
        raise CharityNotListed(account)


def _history(session: Session, address: str) -> Sequence[CharityListing]:
    order = (col(CharityListing.block_number), col(CharityListing.log_index))
    return session.exec(select(CharityListing).where(CharityListing.charity == address).order_by(*order)).all()
